"""How fast does a moving person become an IF cube, and heatmaps, on this machine; how exactly?

One run measures every method on the same frames, in turns, so that a noisy machine disturbs all
alike; ratios are meant to be quoted, seconds are not. `python -m benchmarks.throughput --help`.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

SIGMA_RAD = 0.5
NUMPY_LOOPS = 2
ORACLE_CHIRPS = (0, 64)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table, and write JSON if asked.

    Returns:
        Exit status.
    """
    options = parse(arguments)
    os.environ.setdefault("JAX_PLATFORMS", {"gpu": "cuda", "cpu": "cpu"}[options.device])
    result = measure(options.frames, options.rounds, options.ranges)
    print(table(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
        print(f"written: {options.json}")
    return 0


def parse(arguments):
    """Command-line options."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.throughput",
        description="Frames per second from a posed body to the IF cube and from motion to "
        "heatmaps; the ratio to a NumPy sum in complex128; the error against float64 truth. "
        "The scene: the free body walking, the AWR1843BOOST of the paper, all 12 pairs.",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--frames", type=int, default=20, help="radar frames per run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each method (%(default)s)")
    parser.add_argument(
        "--ranges", type=float, nargs="+", default=[1.5, 2.5, 6.0], metavar="M",
        help="where the error is measured [m] (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    return parser.parse_args(arguments)


def measure(num_frames: int, rounds: int, ranges_m: list[float]) -> dict:
    """All figures of one run, as JSON can hold them."""
    import jax

    from radarsim.boards import BOARDS, DEFAULT_BOARD
    from radarsim.frame import Settings

    radar, settings = BOARDS[DEFAULT_BOARD], Settings(thermal_noise=False, quantise=False)
    walker = Walker(radar, num_frames, 3.0)
    methods = {
        "body_to_if": lambda: walker.cube(settings),
        "body_to_if_unculled": lambda: walker.cube(replace(settings, cull=0.0)),
        "motion_to_heatmaps": walker.heatmaps,
    }
    seconds = interleaved(methods, rounds)
    per_frame_s = {name: statistics.median(runs) / num_frames for name, runs in seconds.items()}
    numpy_s = numpy_direct_s(radar, walker, settings)
    return {
        "machine": machine(jax.devices()[0]),
        "commit": commit(),
        "settings": {
            "radar": radar.name,
            "frames": num_frames,
            "rounds": rounds,
            "sigma_rad": SIGMA_RAD,
            "simulation": asdict(settings),
            "faces": len(walker.body.faces),
        },
        "frames_per_s": {name: 1 / value for name, value in per_frame_s.items()},
        "seconds_per_frame": per_frame_s | {"numpy_direct_extrapolated": numpy_s},
        "ratio_vs_numpy_direct": numpy_s / per_frame_s["body_to_if"],
        "error_db": {f"{range_m:g} m": error_db(radar, settings, range_m) for range_m in ranges_m},
    }


class Walker:
    """The free body walking towards the radar, posed once."""

    def __init__(self, radar, num_frames, range_m):
        import jax

        from builders.activities import perform
        from radarsim.files import free_body
        from radarsim.frame import Settings
        from radarsim.placement import Placement, place
        from radarsim.retarget import fit_to_body
        from radarsim.simulate import burst_times_s

        self.radar, self.body, self.num_frames = radar, free_body(), num_frames
        duration_s = num_frames * radar.frame.period_s + 0.2
        motion = perform("walking_forward_and_backward", duration_s=max(3.0, duration_s))
        self.fitted = fit_to_body(motion, self.body)
        self.placement = Placement(distance_m=range_m)
        self.motion = place(self.fitted.motion, self.placement)
        self.times_s = burst_times_s(radar, num_frames, Settings().num_nodes)
        self.key = jax.random.key(0)
        self.vertices_m, self.origin_m = self._posed()

    def _posed(self):
        import jax.numpy as jnp

        from radarsim.body import skin
        from radarsim.motion import sample_motion
        from radarsim.placement import to_radar_frame

        poses_rad, transl_m = sample_motion(self.motion, self.times_s)
        still = jnp.zeros(transl_m.shape, jnp.float32)
        betas = jnp.asarray(self.fitted.betas, jnp.float32)
        vertices_m = skin(self.body, betas, jnp.asarray(poses_rad, jnp.float32), still)
        return vertices_m, to_radar_frame(transl_m, self.placement)

    def cube(self, settings):
        """Posed body to IF cube, visibility included."""
        from radarsim.simulate import simulate_mesh

        return simulate_mesh(
            self.radar, self.vertices_m, self.body.faces, self.key, settings,
            origin_m=self.origin_m, sigma_rad=SIGMA_RAD,
        ).block_until_ready()  # fmt: skip

    def heatmaps(self):
        """Motion to heatmaps: poses, skinning, IF cube, noise, ADC, three maps."""
        from radarsim.heatmaps import make_heatmaps
        from radarsim.simulate import simulate_motion

        cube_v = simulate_motion(
            self.radar, self.body, self.motion, self.placement, self.key,
            num_frames=self.num_frames, betas=self.fitted.betas, sigma_rad=SIGMA_RAD,
        )  # fmt: skip
        return make_heatmaps(self.radar, cube_v).time_doppler.block_until_ready()


def interleaved(methods, rounds):
    """Seconds of each method, every round runs all of them once; the first call is not counted."""
    seconds = {name: [] for name in methods}
    for run in range(rounds + 1):
        for name, method in methods.items():
            start = time.perf_counter()
            method()
            if run:
                seconds[name].append(time.perf_counter() - start)
            print(f"\r{name:24s} round {run}/{rounds}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return seconds


def visible_faces_of(radar, walker, settings, frame):
    """Face centres, normals and areas [m] of one frame's visible faces, and the scene around."""
    import jax
    import numpy as np

    from radarsim.clip import choose, make_burst

    burst = make_burst(walker.vertices_m, walker.origin_m)
    one = jax.tree.map(lambda part: part[frame : frame + 1], burst)
    choice = choose(radar, replace(settings, cull=0.0), one, walker.body.faces, SIGMA_RAD)
    corners = np.asarray(one.vertices_m[0, 1] + one.origin_high_m[0, 1], np.float64)
    return corners[np.asarray(walker.body.faces)[choice.seen[0].any(0)]]


def numpy_direct_s(radar, walker, settings) -> float:
    """Seconds per frame of the plain sum in NumPy, complex128, from a few loops of one frame.

    Stop and hop, every visible face, all pairs: what a careful programmer writes first.
    """
    import numpy as np

    from radarsim.constants import SPEED_OF_LIGHT_MPS

    corners = visible_faces_of(radar, walker, settings, 0)
    centre_m = corners.mean(1)
    area_m2 = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    chirp, t = radar.chirp, radar.chirp.sample_times_s
    start = time.perf_counter()
    for _ in range(NUMPY_LOOPS):
        for tx_m in radar.array.tx_m:
            tx_range_m = np.linalg.norm(centre_m - tx_m, axis=1)
            for rx_m in radar.array.rx_m:
                tau = (tx_range_m + np.linalg.norm(centre_m - rx_m, axis=1)) / SPEED_OF_LIGHT_MPS
                weight = area_m2 * np.exp(2j * np.pi * chirp.start_freq_hz * tau)
                np.exp(2j * np.pi * chirp.slope_hz_per_s * np.outer(t, tau)) @ weight
    return (time.perf_counter() - start) / NUMPY_LOOPS * radar.frame.num_chirps


def error_db(radar, settings, range_m) -> float:
    """Energy of the fast sum's error against the float64 oracle [dB], on some loops of a frame."""
    import numpy as np

    from radarsim.clip import choose, fast_clip, frames_of, make_burst
    from radarsim.plain import plain_frame

    walker = Walker(radar, 1, range_m)
    burst, faces = make_burst(walker.vertices_m, walker.origin_m), walker.body.faces
    choice = choose(radar, settings, burst, faces, SIGMA_RAD)
    fast = np.asarray(fast_clip(radar, settings, choice, burst, faces, SIGMA_RAD))[0]
    truth = plain_frame(radar, settings, frames_of(burst)[0], faces, SIGMA_RAD, ORACLE_CHIRPS)
    difference = np.abs(fast[list(ORACLE_CHIRPS)] - truth) ** 2
    return float(10 * np.log10(difference.sum() / (np.abs(truth) ** 2).sum()))


def machine(device) -> dict:
    """What ran this."""
    return {
        "device": f"{device.platform}: {device.device_kind}",
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "jax": __import__("jax").__version__,
    }


def processor() -> str:
    """Name of the CPU, where the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def commit() -> str:
    """The checkout's commit, with a mark when files differ from it; "unknown" outside git."""
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def table(result: dict) -> str:
    """The figures for a person."""
    lines = [
        f"{result['machine']['device']}, {result['machine']['processor']}, "
        f"{result['machine']['cores']} cores; commit {result['commit']}",
        f"{result['settings']['radar']}: 128 loops x 3 tx x 4 rx x 256 samples, free body of "
        f"{result['settings']['faces']:,} faces, walking, sigma {SIGMA_RAD} rad",
        "",
    ]
    lines += [f"{name:24s} {rate:8.1f} frames/s" for name, rate in result["frames_per_s"].items()]
    numpy_rate = 1 / result["seconds_per_frame"]["numpy_direct_extrapolated"]
    lines += [
        f"{'NumPy direct, complex128':24s} {numpy_rate:8.4f} frames/s (from {NUMPY_LOOPS} loops)",
        f"body_to_if is {result['ratio_vs_numpy_direct']:.0f} times NumPy direct",
    ]
    errors = ", ".join(f"{value:.1f} dB at {place}" for place, value in result["error_db"].items())
    return "\n".join([*lines, f"error against float64 truth: {errors}"])


if __name__ == "__main__":
    sys.exit(main())
