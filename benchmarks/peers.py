"""Run times of published simulators for comparable work on this machine.

    pip install mmWrt tqdm sionna-rt          preferably in a separate environment
    python -m benchmarks.peers

mmWrt simulates moving points with one transmitter and four receivers; its IF signal is compared
with radarsim's before a time is printed. Sionna RT traces the free body's mesh once, which yields
the paths of a single chirp but no IF signal; a moving body needs one trace per chirp. Each
simulator runs in a separate process.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

PEERS = {"mmwrt": ("mmWrt", "mmWrt tqdm"), "sionna": ("sionna", "sionna-rt")}
# In mmWrt, the amplitude is independent of range, which causes an error of 0.5 % for a displacement
# of 1.4 cm at 3 m.
MMWRT_BOUND_DB = -35.0
NUM_LOOPS, NUM_POINTS = 64, 16
# mmWrt uses 3e8 m/s as the speed of light, so radarsim's paths are scaled to equal delays.
MMWRT_LIGHT_MPS = 3e8
# Number of rays that Sionna RT traces.
RAYS = 100_000


def main(arguments: list[str] | None = None) -> int:
    """Measure the installed simulators, print the results as JSON and return the exit status."""
    options = make_parser().parse_args(arguments)
    if options.child:
        compare = {"mmwrt": compare_with_mmwrt, "sionna": compare_with_sionna}[options.child]
        print(json.dumps(compare()))
        return 0
    from benchmarks.machine_info import commit, processor

    result = {"commit": commit(), "processor": processor()}
    result |= {name: _in_own_process(name) for name in options.peers}
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


def _in_own_process(name: str) -> dict:
    """Run one simulator in a new process; return its results, or the reason why it failed."""
    module, packages = PEERS[name]
    if find_spec(module) is None:
        return {"skipped": f"{module} is not installed: pip install {packages}"}
    command = [sys.executable, "-m", "benchmarks.peers", "--child", name]
    child = subprocess.run(command, capture_output=True, text=True)
    if child.returncode:
        lines = child.stderr.strip().splitlines() or ["no error output"]
        # The first line of an LLVM abort and the last line of a Python traceback state the cause.
        line = next((each for each in lines if "LLVM ERROR" in each), lines[-1])
        return {"skipped": f"{module} ended with {child.returncode}: {line[:200]}"}
    return json.loads(child.stdout.splitlines()[-1])


def one_tx_board():
    """The paper's board with one transmitter and fewer loops."""
    from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

    board = BOARDS[DEFAULT_BOARD]
    frame = replace(board.frame, num_chirps=NUM_LOOPS, tx_order=(0,))
    return replace(board, name="one tx", array=board.array.with_tx((0,)), frame=frame)


def points_at(times_s):
    """Positions [*time, point, 3] of points that each move with a constant velocity."""
    import numpy as np

    random = np.random.default_rng(0)
    at_m = np.array([3.0, 0.0, 0.0]) + random.uniform(-0.5, 0.5, (NUM_POINTS, 3))
    velocity_mps = random.uniform(-1.0, 1.0, (NUM_POINTS, 3))
    return at_m + np.asarray(times_s)[..., None, None] * velocity_mps


def compare_with_mmwrt() -> dict:
    """Time one frame of points with mmWrt and radarsim, and compare their IF samples."""
    import numpy as np

    from benchmarks.accuracy_checks import error_db
    from benchmarks.interleaved_timing import summary, time_interleaved

    radar = one_tx_board()
    methods = {"mmwrt": mmwrt_frame(radar), "radarsim": radarsim_frame(radar)}
    seconds, cubes = time_interleaved(methods, 3)
    ours, theirs = np.asarray(cubes["radarsim"]), np.asarray(cubes["mmwrt"])
    # mmWrt yields no signal before the first echo of a chirp arrives, so sample 0 is left out.
    error = error_db(theirs[..., 1:], ours[..., 1:])
    if not error <= MMWRT_BOUND_DB:
        raise SystemExit(
            f"IF samples of mmWrt and radarsim differ by {error:.1f} dB; "
            f"the bound is {MMWRT_BOUND_DB:g} dB"
        )
    runs = {name: summary(each) for name, each in seconds.items()}
    return {
        "work": f"{NUM_POINTS} moving points, 1 tx x 4 rx, {NUM_LOOPS} chirps x 256 samples",
        "seconds_per_frame": runs,
        "ratio": runs["mmwrt"]["median"] / runs["radarsim"]["median"],
        "difference_db": error,
    }


def radarsim_frame(radar):
    """Return a function that simulates one frame [loop, rx, sample] of points with radarsim."""
    import jax
    import numpy as np

    from benchmarks.scenes import settings_for
    from radarsim.constants import SPEED_OF_LIGHT_MPS
    from radarsim.point_targets import simulate_points
    from radarsim.radar.timing import burst_times_s
    from radarsim.scattering.levels import point_area_m2, volts_per_weight

    stretch = SPEED_OF_LIGHT_MPS / MMWRT_LIGHT_MPS
    first_s = float(radar.chirp_times_s[0, 0])
    positions_m = stretch * points_at(burst_times_s(radar, 1) - first_s)
    middle_m = stretch * points_at(radar.burst_duration_s / 2)
    # The area R^2 / (volts per weight) gives each point amplitude 1 in the middle of the burst.
    area_m2 = (middle_m**2).sum(-1) / volts_per_weight(radar, 1.0)
    rcs_m2 = (area_m2 / point_area_m2(radar, 1.0)) ** 2
    settings, key = settings_for("accurate"), jax.random.key(0)
    array = radar.array
    array = replace(
        array,
        tx_positions_m=tuple(map(tuple, (stretch * array.tx_m).tolist())),
        rx_positions_m=tuple(map(tuple, (stretch * array.rx_m).tolist())),
    )
    stretched = replace(radar, array=array)
    rcs_m2 = rcs_m2.astype(np.float32)
    return lambda: simulate_points(stretched, positions_m, rcs_m2, key, settings)[0, :, 0]


def mmwrt_frame(radar):
    """Return a function that simulates one frame [loop, rx, sample] of points with mmWrt."""
    from mmWrt import Scene
    from mmWrt.Raytracing import rt_points

    chirp = radar.chirp
    start_m, next_m = points_at(0.0), points_at(1.0)

    def trajectory(start, speed):
        return lambda t: start + speed * t

    def antennas(positions_m):
        return tuple(Scene.Antenna(*map(float, at_m)) for at_m in positions_m)

    scatterers = []
    for first_m, second_m in zip(start_m, next_m, strict=True):
        axes = map(trajectory, first_m, second_m - first_m)
        scatterers.append(Scene.Scatterer(**dict(zip(("xt", "yt", "zt"), axes, strict=True))))
    transmitter = Scene.Transmitter(
        chirp_start_freq=chirp.start_freq_hz,
        chirp_slope=chirp.slope_hz_per_s,
        chirp_end_time=chirp.ramp_end_time_s - chirp.adc_start_time_s,
        chirp_period=radar.loop_period_s,
        chirp_count=radar.frame.num_chirps,
        frame_period=radar.frame.period_s,
        antennas=antennas(radar.array.tx_m),
    )
    receiver = Scene.Receiver(
        adc_sample_rate=chirp.sample_rate_hz,
        adc_sample_count=chirp.num_samples,
        antennas=antennas(radar.array.rx_m),
    )
    mmwrt_radar = Scene.Radar(transmitter=transmitter, receiver=receiver)
    radars = [mmwrt_radar]
    return lambda: rt_points(radars, scatterers, mmwrt_radar, datatype=complex)["adc_cube"][0]


def compare_with_sionna() -> dict:
    """Time one trace of the body with Sionna RT, and one whole frame with radarsim."""
    import numpy as np

    from benchmarks.interleaved_timing import summary, time_interleaved
    from benchmarks.scenes import BenchmarkScene, settings_for
    from radarsim.constants import SPEED_OF_LIGHT_MPS
    from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

    radar = BOARDS[DEFAULT_BOARD]
    scene = BenchmarkScene(radar, 1, 2.5, 0.35)
    mesh = scene.mesh()
    vertices_m = np.asarray(mesh.vertices_m)[0, 0] + np.asarray(mesh.origin_high_m)[0, 0]
    trace = sionna_trace(vertices_m, np.asarray(scene.body.faces), radar)
    settings = settings_for("accurate")
    methods = {"sionna_trace": trace, "radarsim_frame": lambda: scene.body_to_if(settings)}
    seconds, results = time_interleaved(methods, 5)
    range_m = results["sionna_trace"] * SPEED_OF_LIGHT_MPS / 2
    distance_m = np.linalg.norm(vertices_m, axis=-1)
    near_m, far_m = distance_m.min(), distance_m.max()
    if not (near_m - 0.01 < range_m.min() and range_m.max() < far_m + 0.01):
        raise SystemExit(
            f"Sionna RT finds paths of {range_m.min():.2f} to {range_m.max():.2f} m, but the body "
            f"is at {near_m:.2f} to {far_m:.2f} m"
        )
    runs = {name: summary(each) for name, each in seconds.items()}
    chirps = radar.frame.num_chirps * radar.array.num_tx
    return {
        "work": f"the body's mesh, {RAYS:,} rays, one bounce, one pair: paths of one chirp",
        "paths": len(range_m),
        "seconds_per_trace": runs["sionna_trace"],
        "seconds_per_frame_if_traced_per_chirp": chirps * runs["sionna_trace"]["median"],
        "radarsim_seconds_per_frame": runs["radarsim_frame"],
    }


def sionna_trace(vertices_m, faces, radar):
    """Return a function that traces a mesh and returns the delays of the paths [s]."""
    import numpy as np
    import sionna.rt as rt
    import trimesh

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "body.ply"
        trimesh.Trimesh(vertices_m, faces, process=False).export(path)
        scene = rt.load_scene()
        scene.frequency = radar.chirp.centre_freq_hz
        metal = rt.ITURadioMaterial("skin", "metal", thickness=0.01, scattering_coefficient=1.0)
        scene.edit(add=[rt.SceneObject(fname=str(path), name="body", radio_material=metal)])
    isotropic = {"num_rows": 1, "num_cols": 1, "pattern": "iso", "polarization": "V"}
    scene.tx_array, scene.rx_array = rt.PlanarArray(**isotropic), rt.PlanarArray(**isotropic)
    scene.add(rt.Transmitter("tx", position=list(map(float, radar.array.tx_m[0]))))
    scene.add(rt.Receiver("rx", position=list(map(float, radar.array.rx_m[0]))))
    solver = rt.PathSolver()

    def trace():
        paths = solver(
            scene,
            max_depth=1,
            los=False,
            specular_reflection=False,
            diffuse_reflection=True,
            refraction=False,
            samples_per_src=RAYS,
            seed=1,
        )
        tau_s = np.ravel(paths.cir(normalize_delays=False, out_type="numpy")[1])
        return tau_s[tau_s > 0]

    return trace


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--peers",
        nargs="+",
        choices=PEERS,
        default=list(PEERS),
        help="simulators to run (%(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    parser.add_argument("--child", choices=PEERS, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
