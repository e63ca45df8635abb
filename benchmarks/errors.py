"""Errors of the accurate and the fast mode on a moving body, with both reflection models.

    python -m benchmarks.errors --json errors.json
    python -m benchmarks.errors --kernels --motions walk --ranges 2 --sigmas 0.2

For each motion, distance and lobe width, some chirp loops of one frame are compared with the
float64 oracle (`radarsim/signal/exact_frames.py`). The subject does not lie down in any built-in
activity, so a body with stretched legs is tipped over backwards at 2 rad/s and measured halfway to
the floor. With --kernels, the errors are those of the GPU kernels, interpreted on this machine. The
exit status is 1 if an error exceeds the bound of its mode.
"""

import argparse
import json
import os
import sys
from pathlib import Path

# For each motion: activity, start of the measured burst [s], angular speed of tipping [rad/s].
MOTIONS = {
    "walk": ("walking_forward_and_backward", 1.2, 0.0),
    "jump": ("jump", 1.3, 0.0),
    "lie down": ("stretching_leg_to_the_side", 1.2, 2.0),
}
METHODS = ("accurate", "fast")


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table, and write JSON if requested.

    Returns:
        Exit status: 0, or 1 if an error exceeds its mode's bound.
    """
    options = make_parser().parse_args(arguments)
    if options.kernels:
        from radarsim.numerics.kernels import INTERPRET, SWITCH

        os.environ[SWITCH] = INTERPRET
    from benchmarks.accuracy_checks import WrongResult, check_errors

    results = measure(options)
    print(table(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")
        print(f"written: {options.json}")
    try:
        check_errors(
            {
                f"{scene['name']}, {method}": (scene[method]["error_db"], scene[method]["bound_db"])
                for scene in results["scenes"]
                for method in METHODS
            }
        )
    except WrongResult as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def measure(options: argparse.Namespace, radar=None, body=None) -> dict:
    """Measure the errors of all requested scenes; return them as JSON values.

    Args:
        options: parsed command line.
        radar: radar to simulate; default: the board used in the paper.
        body: body model; default: the free body.
    """
    import jax
    from tqdm import tqdm

    from benchmarks.machine_info import commit, machine
    from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

    radar = BOARDS[DEFAULT_BOARD] if radar is None else radar
    cases = [
        (motion, range_m, reflection, sigma_rad)
        for motion in options.motions
        for range_m in options.ranges
        for reflection in options.reflections
        # The size of a Gaussian facet determines its lobe width, so one run is enough.
        for sigma_rad in (options.sigmas if reflection == "paper" else options.sigmas[:1])
    ]
    scenes = [scene_errors(radar, body, *case) for case in tqdm(cases, unit="scene")]
    return {
        "machine": machine(jax.devices()[0]),
        "commit": commit(),
        "kernels": options.kernels,
        "scenes": scenes,
    }


def scene_errors(
    radar, body, motion: str, range_m: float, reflection: str, sigma_rad: float
) -> dict:
    """Errors of both modes on one frame of a scene, and the number of faces that each mode sums."""
    from benchmarks.accuracy_checks import bound_db, reference_samples
    from benchmarks.scenes import BenchmarkScene, settings_for
    from radarsim.scattering.reflection import reflection_named

    activity, start_s, tipping_rad_per_s = MOTIONS[motion]
    options = {"activity": activity, "start_s": start_s, "tipping_rad_per_s": tipping_rad_per_s}
    scene = BenchmarkScene(radar, 1, range_m, sigma_rad, body=body, **options)
    model = reflection_named(reflection, sigma_rad)
    truth = reference_samples(scene, settings_for("accurate"), reflection=model)
    lobes = f", sigma {sigma_rad:g}" if reflection == "paper" else ""
    case = {
        "name": f"{motion} at {range_m:g} m, {reflection}{lobes}",
        "motion": motion,
        "range_m": range_m,
        "reflection": reflection,
        "sigma_rad": sigma_rad,
    }
    for method in METHODS:
        error, faces = error_and_faces(scene, model, settings_for(method), truth)
        bound = bound_db(method, range_m)
        case[method] = {"error_db": error, "bound_db": bound, "faces": faces}
    return case


def error_and_faces(scene, reflection, settings, truth) -> tuple[float, int]:
    """Error [dB] of one frame relative to the oracle's samples, and the number of summed faces."""
    import numpy as np

    from benchmarks.accuracy_checks import checked_loops, error_db
    from radarsim.signal.face_selection import select_faces, sizes_of_selection
    from radarsim.simulate import clip_echo

    radar, mesh, faces = scene.radar, scene.mesh(), scene.body.faces
    selection = select_faces(radar, settings, reflection, mesh, faces)
    sizes = sizes_of_selection(radar, settings, reflection, selection.required)
    cube = clip_echo(radar, settings, sizes, reflection, mesh, faces, selection)
    samples = np.asarray(cube)[0, list(checked_loops(radar))]
    return error_db(samples, truth), int(np.sum(np.asarray(selection.order) >= 0))


def table(results: dict) -> str:
    """Format one line per scene, then the largest error of each mode."""
    lines = [f"{'scene':44s}" + "".join(f"{method + ' (faces)':>20s}" for method in METHODS)]
    for scene in results["scenes"]:
        cells = (
            f"{scene[method]['error_db']:10.1f} dB {scene[method]['faces']:6d}"
            for method in METHODS
        )
        lines.append(f"{scene['name']:44s}" + "".join(f"{cell:>20s}" for cell in cells))
    worst = (
        f"{method} {max(s[method]['error_db'] for s in results['scenes']):.1f} dB"
        for method in METHODS
    )
    return "\n".join([*lines, f"worst: {', '.join(worst)}; commit {results['commit']}"])


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    command = argparse.ArgumentParser(
        prog="python -m benchmarks.errors",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = command.add_argument
    add("--json", type=Path, metavar="FILE", help="write the results as JSON")
    add(
        "--motions",
        nargs="+",
        choices=MOTIONS,
        default=list(MOTIONS),
        metavar="NAME",
        help="motions: any of walk, jump and 'lie down' (default: all)",
    )
    add(
        "--ranges",
        type=float,
        nargs="+",
        default=[1.0, 2.0, 2.5, 6.0],
        metavar="M",
        help="mean distances (%(default)s)",
    )
    add(
        "--sigmas",
        type=float,
        nargs="+",
        default=[0.2, 0.5, 0.8],
        metavar="RAD",
        help="lobe widths of the reflection model 'paper' (%(default)s)",
    )
    add(
        "--reflections",
        nargs="+",
        choices=("paper", "body"),
        default=["paper", "body"],
        help="reflection models (default: both)",
    )
    add(
        "--kernels",
        action="store_true",
        help="run the GPU kernels in the interpreter (slow on a CPU)",
    )
    return command


if __name__ == "__main__":
    sys.exit(main())
