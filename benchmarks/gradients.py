"""Cost of a gradient: time and memory of the forward and backward passes from pose to IF cube.

    python -m benchmarks.gradients

The loss is a fixed random linear combination of all IF samples. Its gradient is taken with respect
to poses, shape, translation and sigma together (the gradient with respect to the radar's position
is the negative of the translation gradient); the selection of visible faces is discrete and held
fixed. The gradient is compared with finite differences before a time is printed.
"""

import argparse
import json
import sys
from pathlib import Path

# Largest permitted error relative to central differences: float32 rounds vertices to 0.06 um, 1 %
# of a step.
TOLERANCE = 0.02
# The difference steps move the surface by about 10 um, 1 % of a cycle, so the cubic term of the
# difference is below 1e-3.
STEPS = {"poses_rad": 1e-5, "betas": 5e-4, "shift_m": 1e-5, "sigma_rad": 3e-3}


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; return the exit status, which is 1 if the gradient is wrong."""
    options = make_parser().parse_args(arguments)
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
    print(report(result))
    return 0


def measure(radar, num_frames, range_m, sigma_rad, rounds, body=None) -> dict:
    """Measure the time per frame of both passes, their temporary memory, and gradient errors.

    Raises:
        accuracy_checks.WrongResult: the gradient differs from finite differences.
    """
    import jax

    from benchmarks.accuracy_checks import WrongResult
    from benchmarks.interleaved_timing import summary, time_interleaved
    from benchmarks.scenes import BenchmarkScene

    scene = BenchmarkScene(radar, num_frames, range_m, sigma_rad, body=body)
    loss, at = loss_and_parameters(scene)
    # Compiled ahead of time, because only a compiled program reports its memory.
    forward, backward = (
        jax.jit(one).lower(at).compile() for one in (loss, jax.value_and_grad(loss))
    )
    off = finite_difference_errors(forward, backward(at)[1], at)
    wrong = [f"{name} by {100 * each:.1f} %" for name, each in off.items() if not each <= TOLERANCE]
    if wrong:
        raise WrongResult(f"gradient differs from finite differences: {', '.join(wrong)}")
    methods = {"forward": lambda: forward(at), "backward": lambda: backward(at)}
    seconds, _ = time_interleaved(methods, rounds)
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


def loss_and_parameters(scene):
    """Return the loss function, and the parameters at which its gradient is taken, by name."""
    import jax
    import jax.numpy as jnp

    from benchmarks.scenes import settings_for
    from radarsim.scattering.reflection import QuasiSpecular
    from radarsim.scene.body import skin
    from radarsim.scene.mesh import BurstMesh
    from radarsim.signal.face_selection import select_faces, sizes_of_selection
    from radarsim.simulate import clip_echo

    radar, body, settings = scene.radar, scene.body, settings_for("accurate")
    faces, mesh, (subject,) = jnp.asarray(body.faces, jnp.int32), scene.mesh(), scene.posed.subjects
    selection = select_faces(radar, settings, scene.reflection, mesh, faces)
    sizes = sizes_of_selection(radar, settings, scene.reflection, selection.required)
    no_translation_m = jnp.zeros(subject.origin_high_m.shape, jnp.float32)

    def cube(at):
        vertices_m = skin(body, at["betas"], at["poses_rad"], no_translation_m, subject.scale)
        # In float32, small steps are resolved near the body's origin, but not at 3 m from it.
        moved = BurstMesh(vertices_m + at["shift_m"], mesh.origin_high_m, mesh.origin_low_m)
        reflection = QuasiSpecular(at["sigma_rad"])
        return clip_echo(radar, settings, sizes, reflection, moved, faces, selection)

    at = {
        "poses_rad": subject.poses_rad,
        "betas": subject.betas,
        "shift_m": jnp.zeros(3),
        "sigma_rad": jnp.float32(scene.sigma_rad),
    }
    array = radar.array
    shape = (radar.frame.num_chirps, array.num_tx, array.num_rx, radar.chirp.num_samples)
    mixture = jax.random.normal(jax.random.key(1), shape, jnp.complex64)
    return lambda at: jnp.sum((cube(at) * mixture).real), at


def finite_difference_errors(loss, gradient, at) -> dict[str, float]:
    """Error of each parameter's directional derivative, relative to central differences."""
    import numpy as np

    random, off = np.random.default_rng(0), {}
    for name, step in STEPS.items():
        signs = random.choice([-step, step], np.shape(at[name])).astype(np.float32)
        ahead, back = at[name] + signs, at[name] - signs
        difference = float(loss({**at, name: ahead})) - float(loss({**at, name: back}))
        # The actual size of the step, after rounding to float32.
        taken = np.asarray(ahead, np.float64) - np.asarray(back, np.float64)
        slope = float(np.sum(np.asarray(gradient[name], np.float64) * taken))
        off[name] = abs(slope / difference - 1)
    return off


def temporary_mb(program) -> float | str:
    """Temporary memory of a compiled program [MB], without arguments and results, if reported."""
    analysis = program.memory_analysis()
    return analysis.temp_size_in_bytes / 1e6 if analysis else "not reported by this device"


def report(result: dict) -> str:
    """Format the results as text."""
    lines = [
        f"free body walking, {result['range_m']:g} m, sigma {result['sigma_rad']:g} rad, "
        f"{result['frames']} frames; commit {result.get('commit', 'unknown')}"
    ]
    for name, run in result["seconds_per_frame"].items():
        memory = result["temporary_mb"][name]
        memory = memory if isinstance(memory, str) else f"{memory:.0f} MB of temporaries"
        spread = f"{run['least']:.3f} to {run['most']:.3f}"
        lines.append(f"{name:9s} {run['median']:.3f} s per frame ({spread}), {memory}")
    worst = max(result["off_finite_differences"].values())
    ratio = result["backward_over_forward"]
    return "\n".join(
        [
            *lines,
            f"value and gradient together take {ratio:.1f} times as long as the value alone; "
            f"gradients are within {100 * worst:.2f} % of finite differences",
        ]
    )


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gradients",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--frames", type=int, default=4, metavar="N", help="radar frames (%(default)s)")
    add("--rounds", type=int, default=3, metavar="N", help="timed runs of each pass (%(default)s)")
    add(
        "--range",
        type=float,
        default=2.5,
        metavar="M",
        help="mean distance (%(default)s)",
    )
    add("--sigma", type=float, default=0.35, metavar="RAD", help="lobe width (%(default)s)")
    add("--json", type=Path, metavar="FILE", help="write the results as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
