"""Check that the built-in activities are plausible motion: `python -m builders.activities.check`.

Every activity is performed by several synthetic people. The checks cover joint angles relative to
the human range of motion, floor penetration, foot slip, self-intersection, balance, speeds and
accelerations. Walks are compared with Boulic's model. The worst value of each check is printed. The
limits and their sources are in `motion_checks.py` and `gait_analysis.py`.
"""

import argparse
import sys
from collections.abc import Sequence

HEADINGS = {
    "range_deg": "range",
    "floor_cm": "floor",
    "afloat_pct": "afloat",
    "slip_cm": "slip",
    "inside_pct": "inside",
    "unbalanced_pct": "balance",
    "hand_mps": "hand",
    "foot_mps": "foot",
    "root_mps": "root",
    "hand_mps2": "hand",
    "foot_mps2": "foot",
    "root_mps2": "root",
}
LEGEND = """
range: degrees beyond the joint's range of motion; floor: depth of the lowest vertex below the floor
in cm; afloat: % of poses off the floor but not in free fall; slip: distance in cm a sole slides in
one contact; inside: % of poses with one body part inside another; balance: % of poses that
stand still with the centre of mass outside the base of support; hand, foot, root: highest speed,
then highest acceleration. An asterisk (*) marks a value beyond its limit.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if all activities pass, 1 if any fails, 2 for an unknown name."""
    options = make_parser().parse_args(arguments)
    # Imported late: the import takes seconds and is not needed for --help.
    from builders.activities import ACTIVITIES

    unknown = sorted(set(options.activities) - set(ACTIVITIES))
    if unknown:
        print(
            f"unknown activity {unknown[0]!r}; choose from {', '.join(ACTIVITIES)}",
            file=sys.stderr,
        )
        return 2
    names = options.activities or list(ACTIVITIES)
    failed = check_activities(names, options.subjects, options.seed, options.seconds)
    if not options.activities:
        failed += check_walks(options.subjects, options.seed)
    print(f"\n{failed} beyond a limit" if failed else "\nall within the limits")
    return 1 if failed else 0


def check_activities(names: Sequence[str], num_people: int, seed: int, duration_s: float) -> int:
    """Print one line per activity; return the number of activities that fail."""
    from builders.activities.motion_checks import LIMITS

    print(LEGEND)
    print(_row("", "", [HEADINGS[name] for name in LIMITS]))
    print(_row("", "", [name.split("_")[1].replace("mps", "m/s") for name in LIMITS]))
    print(_row("", "at most", [f"{limit:g}" for limit in LIMITS.values()]))
    return sum(_check_activity(name, num_people, seed, duration_s) for name in names)


def _check_activity(name, num_people, seed, duration_s) -> bool:
    """Print the worst values over all performers; return whether any value exceeds its limit."""
    from builders.activities import ACTIVITIES, perform_annotated
    from builders.activities.motion_checks import LIMITS, check_performance

    activity, results = ACTIVITIES[name], []
    for number in range(num_people):
        take = perform_annotated(activity, number, seed=seed, duration_s=duration_s)
        results.append(check_performance(activity, take))
    worst = {key: max(result.values[key] for result in results) for key in LIMITS}
    cells = [f"{worst[key]:.1f}{'*' if worst[key] > LIMITS[key] else ''}" for key in LIMITS]
    joints = {result.worst.get(key, "") for result in results for key in result.failed}
    print(_row(activity.id, name, cells), *sorted(filter(None, joints)), flush=True)
    return any(result.failed for result in results)


def check_walks(num_people: int, seed: int) -> int:
    """Print one line per walk; return the number of walks that fail."""
    from builders.activities.gait_analysis import WALKS

    print("\nWalks: mean over all people, and Boulic's cycle at the same speed:")
    print(f"{'':34s}" + "".join(f"{heading:>{width}}" for heading, width in WALK_COLUMNS.values()))
    return sum(_check_walk(name, num_people, seed) for name in WALKS)


# Column heading and width for each printed attribute of `GaitParameters`.
WALK_COLUMNS = {
    "speed_mps": ("m/s", 7),
    "cadence_per_min": ("steps/min", 11),
    "stride_m": ("stride m", 10),
    "cycle_s": ("cycle s", 9),
    "expected_cycle_s": ("Boulic s", 10),
    "foot_ratio": ("feet/torso", 12),
}


def _check_walk(name, num_people, seed) -> bool:
    """Print the mean gait parameters of a walk; return whether any person's gait is abnormal."""
    from builders.activities import perform_annotated
    from builders.activities.gait_analysis import measure_gait

    takes = (perform_annotated(name, n, seed=seed, duration_s=16.0) for n in range(num_people))
    gaits = [measure_gait(take) for take in takes]
    cells = "".join(
        f"{sum(getattr(gait, key) for gait in gaits) / len(gaits):{width}.2f}"
        for key, (_, width) in WALK_COLUMNS.items()
    )
    problems = sorted({problem for gait in gaits for problem in gait.problems})
    print(f"{name:34s}{cells}", *(f"* {problem}" for problem in problems), flush=True)
    return bool(problems)


def _row(number, name, cells):
    return f"{number:>3} {name[:30]:30s}" + "".join(f"{cell:>9s}" for cell in cells)


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.activities.check",
        description=__doc__.split("\n\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("activities", nargs="*", metavar="ACTIVITY", help="activities to check (default: all)")
    add(
        "--subjects",
        type=int,
        default=4,
        metavar="N",
        help="number of performers (default: %(default)s)",
    )
    add(
        "--seconds",
        type=float,
        default=5.0,
        metavar="S",
        help="seconds per take (default: %(default)g)",
    )
    add("--seed", type=int, default=0, metavar="S", help="random seed of the performances")
    return parser


if __name__ == "__main__":
    sys.exit(main())
