"""What does a gradient cost? Forward and backward from pose to IF cube, time and memory.

    python -m benchmarks.gradients

The loss is a fixed random mixture of all IF samples. Its gradient is taken with respect to poses,
shape, translation (that by the radar's position is its negative) and sigma at once; which faces are
seen is a choice and held. It is compared with finite differences before a time is printed.
"""

import argparse
import json
import sys
from pathlib import Path

# Of central differences: float32 rounds vertices to 0.06 um, 1 % of a step, differently for each.
TOLERANCE = 0.02
# Steps that move the surface by some 10 um: 1 % of a cycle, so the cubic term stays below 1e-3.
STEPS = {"poses_rad": 1e-5, "betas": 5e-4, "shift_m": 1e-5, "sigma_rad": 3e-3}


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit status: 1 where the gradient is wrong."""
    options = _parser().parse_args(arguments)
    from benchmarks.accuracy_checks import WrongResult
    from benchmarks.machine_info import commit
    from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

    radar = BOARDS[DEFAULT_BOARD]
    try:
        result = measure(radar, options.frames, options.range, options.sigma, options.rounds)
    except WrongResult as error:
        print(error, file=sys.stderr)
        return 1
    result["commit"] = commit()
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    print(told(result))
    return 0


def measure(radar, num_frames, range_m, sigma_rad, rounds, body=None) -> dict:
    """Seconds per frame forward and backward, temporary memory, and how right the gradient is.

    Raises:
        accuracy_checks.WrongResult: the gradient is off finite differences.
    """
    import jax

    from benchmarks.accuracy_checks import WrongResult
    from benchmarks.interleaved_timing import interleaved, summary
    from benchmarks.scenes import BenchmarkScene

    performer = BenchmarkScene(radar, num_frames, range_m, sigma_rad, body=body)
    loss, at = problem(performer)
    # Compiled by hand: a program tells its memory only then.
    forward, backward = (
        jax.jit(one).lower(at).compile() for one in (loss, jax.value_and_grad(loss))
    )
    off = off_finite_differences(forward, backward(at)[1], at)
    wrong = [f"{name} by {100 * each:.1f} %" for name, each in off.items() if not each <= TOLERANCE]
    if wrong:
        raise WrongResult(f"gradient off finite differences: {', '.join(wrong)}")
    methods = {"forward": lambda: forward(at), "backward": lambda: backward(at)}
    seconds, _ = interleaved(methods, rounds)
    runs = {name: summary(each, num_frames) for name, each in seconds.items()}
    programs = {"forward": forward, "backward": backward}
    return {
        "frames": num_frames,
        "range_m": range_m,
        "sigma_rad": sigma_rad,
        "seconds_per_frame": runs,
        "backward_over_forward": runs["backward"]["median"] / runs["forward"]["median"],
        "temporary_mb": {name: temporary_mb(one) for name, one in programs.items()},
        "off_finite_differences": off,
    }


def problem(performer):
    """The loss, and where its gradient is taken: a dictionary of all that may be fitted."""
    import jax
    import jax.numpy as jnp

    from benchmarks.scenes import settings_for
    from radarsim.scene.body import skin
    from radarsim.signal.fast_clip import choose, fast_clip
    from radarsim.signal.fast_frame import Burst

    radar, body, settings = performer.radar, performer.body, settings_for("accurate")
    faces, burst = jnp.asarray(body.faces, jnp.int32), performer.burst()
    choice = choose(radar, settings, burst, faces, performer.sigma_rad)
    still = jnp.zeros(performer.transl_m.shape, jnp.float32)

    def cube(at):
        vertices_m = skin(body, at["betas"], at["poses_rad"], still, performer.fitted.body_scale)
        # Near the body's origin float32 holds a small step; 3 m away it would not.
        moved = Burst(vertices_m + at["shift_m"], burst.origin_high_m, burst.origin_low_m)
        return fast_clip(radar, settings, choice, moved, faces, at["sigma_rad"])

    at = {
        "poses_rad": performer.poses_rad,
        "betas": performer.betas,
        "shift_m": jnp.zeros(3),
        "sigma_rad": jnp.float32(performer.sigma_rad),
    }
    array = radar.array
    shape = (radar.frame.num_chirps, array.num_tx, array.num_rx, radar.chirp.num_samples)
    mixture = jax.random.normal(jax.random.key(1), shape, jnp.complex64)
    return lambda at: jnp.sum((cube(at) * mixture).real), at


def off_finite_differences(loss, gradient, at) -> dict[str, float]:
    """By parameter: relative difference of the slope along a random direction from central's."""
    import numpy as np

    random, off = np.random.default_rng(0), {}
    for name, step in STEPS.items():
        signs = random.choice([-step, step], np.shape(at[name])).astype(np.float32)
        ahead, back = at[name] + signs, at[name] - signs
        difference = float(loss({**at, name: ahead})) - float(loss({**at, name: back}))
        # The step as float32 took it.
        taken = np.asarray(ahead, np.float64) - np.asarray(back, np.float64)
        slope = float(np.sum(np.asarray(gradient[name], np.float64) * taken))
        off[name] = abs(slope / difference - 1)
    return off


def temporary_mb(program) -> float | str:
    """What a compiled program takes beside its arguments and results [MB], where it tells."""
    analysis = program.memory_analysis()
    return analysis.temp_size_in_bytes / 1e6 if analysis else "not told by this device"


def told(result: dict) -> str:
    """The figures for a person."""
    lines = [
        f"free body walking, {result['range_m']:g} m, sigma {result['sigma_rad']:g} rad, "
        f"{result['frames']} frames; commit {result.get('commit', 'unknown')}"
    ]
    for name, run in result["seconds_per_frame"].items():
        memory = result["temporary_mb"][name]
        memory = memory if isinstance(memory, str) else f"{memory:.0f} MB of temporaries"
        spread = f"{run['least']:.3f} to {run['most']:.3f}"
        lines.append(f"{name:9s} {run['median']:.3f} s a frame ({spread}), {memory}")
    worst = max(result["off_finite_differences"].values())
    return "\n".join(
        [
            *lines,
            f"backward takes {result['backward_over_forward']:.1f} times the forward pass; "
            f"gradients are within {100 * worst:.2f} % of finite differences",
        ]
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gradients",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--frames", type=int, default=4, metavar="N", help="radar frames (%(default)s)")
    add("--rounds", type=int, default=3, metavar="N", help="runs of each (%(default)s)")
    add("--range", type=float, default=2.5, metavar="M", help="of the subject (%(default)s)")
    add("--sigma", type=float, default=0.35, metavar="RAD", help="lobe width (%(default)s)")
    add("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
