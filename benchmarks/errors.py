"""How exact are the fast sums, on a body that moves: both modes, both reflections?

    python -m benchmarks.errors --json errors.json

One frame of each motion at each distance and lobe width, some of its loops, against the float64
oracle (`radarsim/signal/exact_frames.py`). No built-in activity lies down: a body that stretches
its legs tips over backwards at 2 rad/s, half way to the floor. Exit status 1 where a mode is off
its bound.
"""

import argparse
import json
import sys
from pathlib import Path

# By motion: activity, when its burst of interest begins [s], speed at which all tips over [rad/s].
MOTIONS = {
    "walk": ("walking_forward_and_backward", 1.2, 0.0),
    "jump": ("jump", 1.3, 0.0),
    "lie down": ("stretching_leg_to_the_side", 1.2, 2.0),
}
METHODS = ("accurate", "fast")


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table, write JSON if asked.

    Returns:
        Exit status: 0, or 1 where an error exceeds its mode's bound.
    """
    options = parser().parse_args(arguments)
    from benchmarks.accuracy_checks import WrongResult, check

    results = measure(options)
    print(table(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")
        print(f"written: {options.json}")
    try:
        check(
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
    """Errors of every scene asked for, as JSON can hold them.

    Args:
        options: of the command line.
        radar: default the paper's board.
        body: default the free body.
    """
    import jax
    from tqdm import tqdm

    from benchmarks.machine_info import commit, machine
    from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

    radar = BOARDS[DEFAULT_BOARD] if radar is None else radar
    wanted = [
        (motion, range_m, reflection, sigma_rad)
        for motion in options.motions
        for range_m in options.ranges
        for reflection in options.reflections
        # The facets' lobes are those of their sizes.
        for sigma_rad in (options.sigmas if reflection == "paper" else options.sigmas[:1])
    ]
    scenes = [errors_of(radar, body, *scene) for scene in tqdm(wanted, unit="scene")]
    return {"machine": machine(jax.devices()[0]), "commit": commit(), "scenes": scenes}


def errors_of(radar, body, motion: str, range_m: float, reflection: str, sigma_rad: float) -> dict:
    """Errors of both modes on one frame of one scene, and what they summed."""
    import numpy as np

    from benchmarks.accuracy_checks import bound_db, error_db, loops_of, truth_of
    from benchmarks.scenes import BenchmarkScene, settings_for
    from radarsim.signal.fast_clip import choose, fast_clip

    activity, start_s, tipping_rad_per_s = MOTIONS[motion]
    performer = BenchmarkScene(radar, 1, range_m, sigma_rad, body=body, activity=activity,
                          start_s=start_s, tipping_rad_per_s=tipping_rad_per_s)  # fmt: skip
    settings = settings_for("accurate", reflection=reflection)
    truth, loops = truth_of(performer, settings), list(loops_of(radar))
    scene = {
        "name": f"{motion} at {range_m:g} m, {reflection}"
        + (f", sigma {sigma_rad:g}" if reflection == "paper" else ""),
        "motion": motion, "range_m": range_m, "reflection": reflection, "sigma_rad": sigma_rad,
    }  # fmt: skip
    for method in METHODS:
        settings = settings_for(method, reflection=reflection)
        choice = choose(radar, settings, performer.burst(), performer.body.faces, sigma_rad)
        cube = fast_clip(
            radar, settings, choice, performer.burst(), performer.body.faces, sigma_rad
        )
        scene[method] = {
            "error_db": error_db(np.asarray(cube)[0, loops], truth),
            "bound_db": bound_db(method, range_m),
            "faces": int(np.sum(np.asarray(choice.order) >= 0)),
        }
    return scene


def table(results: dict) -> str:
    """One line per scene, the worst of each mode at last."""
    lines = [f"{'scene':44s}" + "".join(f"{method + ' (faces)':>20s}" for method in METHODS)]
    for scene in results["scenes"]:
        told = (
            f"{scene[method]['error_db']:10.1f} dB {scene[method]['faces']:6d}"
            for method in METHODS
        )
        lines.append(f"{scene['name']:44s}" + "".join(f"{one:>20s}" for one in told))
    worst = (
        f"{method} {max(s[method]['error_db'] for s in results['scenes']):.1f} dB"
        for method in METHODS
    )
    return "\n".join([*lines, f"worst: {', '.join(worst)}; commit {results['commit']}"])


def parser() -> argparse.ArgumentParser:
    """Command-line options."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.errors",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = made.add_argument
    add("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    add("--motions", nargs="+", choices=MOTIONS, default=list(MOTIONS), metavar="NAME",
        help="of walk, jump and 'lie down' (all)")  # fmt: skip
    add("--ranges", type=float, nargs="+", default=[1.0, 2.0, 2.5, 6.0], metavar="M",
        help="mean distances (%(default)s)")  # fmt: skip
    add("--sigmas", type=float, nargs="+", default=[0.2, 0.5, 0.8], metavar="RAD",
        help="lobe widths of the reflection 'paper' (%(default)s)")  # fmt: skip
    add("--reflections", nargs="+", choices=("paper", "body"), default=["paper", "body"],
        help="(both)")  # fmt: skip
    return made


if __name__ == "__main__":
    sys.exit(main())
