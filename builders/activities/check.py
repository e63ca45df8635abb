"""Judge the built-in activities as a person would: `python -m builders.activities.check`.

Every activity is performed by several subjects and measured: joints against human range, the floor,
sliding feet, limbs inside the body, balance, speeds and accelerations, and the walks against
Boulic's model. Prints the worst figures of each; the limits and their sources stand in `judge.py`.
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
range: degrees beyond a joint's range; floor: cm of the lowest vertex below it; afloat: % of
poses off the floor that do not fall; slip: cm that a
standing sole slides in one contact; inside: % of poses with one part inside another; balance: % of
poses standing still with the centre of mass beside the support; hand, foot, root: highest speed,
then highest acceleration. A * is beyond the limit.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0 if all pass, 1 if not, 2 for a wrong name."""
    options = _parser().parse_args(arguments)
    # Late: they take seconds to import, and --help need not wait.
    from builders.activities import ACTIVITIES

    unknown = sorted(set(options.activities) - set(ACTIVITIES))
    if unknown:
        print(f"no activity is called {unknown[0]!r}; see ACTIVITIES", file=sys.stderr)
        return 2
    names = options.activities or list(ACTIVITIES)
    failed = bodies(names, options.subjects, options.seed, options.seconds)
    if not options.activities:
        failed += walks(options.subjects, options.seed)
    print(f"\n{failed} beyond a limit" if failed else "\nall within the limits")
    return 1 if failed else 0


def bodies(names: Sequence[str], num_subjects: int, seed: int, duration_s: float) -> int:
    """Print a line for each activity; returns how many fail."""
    from builders.activities import ACTIVITIES, perform_and_tell
    from builders.activities.judge import LIMITS, judge

    print(LEGEND)
    print(_row("", "", [HEADINGS[name] for name in LIMITS]))
    print(_row("", "", [name.split("_")[1].replace("mps", "m/s") for name in LIMITS]))
    print(_row("", "at most", [f"{limit:g}" for limit in LIMITS.values()]))
    num_failed = 0
    for name in names:
        activity, found = ACTIVITIES[name], []
        for number in range(num_subjects):
            take = perform_and_tell(activity, number, seed=seed, duration_s=duration_s)
            found.append(judge(activity, take))
        worst = {key: max(finding.values[key] for finding in found) for key in LIMITS}
        cells = [f"{worst[key]:.1f}{'*' if worst[key] > LIMITS[key] else ''}" for key in LIMITS]
        failed = any(finding.failed for finding in found)
        words = {finding.words.get(key, "") for finding in found for key in finding.failed}
        print(_row(activity.id, name, cells), *sorted(filter(None, words)), flush=True)
        num_failed += failed
    return num_failed


def walks(num_subjects: int, seed: int) -> int:
    """Print a line for each walk; returns how many fail."""
    from builders.activities import perform_and_tell
    from builders.activities.gait import WALKS, measure_walk

    print("\nWalks, mean over subjects, and Boulic's cycle at that speed:")
    print(f"{'':34s}{'m/s':>7}{'steps/min':>11}{'stride m':>10}{'cycle s':>9}{'Boulic s':>10}"
          f"{'feet/torso':>12}")  # fmt: skip
    num_failed = 0
    for name in WALKS:
        takes = (perform_and_tell(name, n, seed=seed, duration_s=16.0) for n in range(num_subjects))
        found = [measure_walk(take) for take in takes]
        mean = {
            key: sum(getattr(walk, key) for walk in found) / len(found)
            for key in ("speed_mps", "cadence_per_min", "stride_m", "cycle_s", "expected_cycle_s",
                        "foot_ratio")
        }  # fmt: skip
        widths = (7, 11, 10, 9, 10, 12)
        cells = "".join(f"{value:{width}.2f}" for value, width in zip(mean.values(), widths))
        problems = {words for walk in found for words in walk.problems}
        print(f"{name:34s}{cells}", *(f"* {words}" for words in sorted(problems)), flush=True)
        num_failed += bool(problems)
    return num_failed


def _row(number, name, cells):
    return f"{number:>3} {name[:30]:30s}" + "".join(f"{cell:>9s}" for cell in cells)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m builders.activities.check",
        description=__doc__.split("\n\n", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("activities", nargs="*", metavar="ACTIVITY", help="some (default: all)")
    parser.add_argument("--subjects", type=int, default=4, metavar="N", help="who perform (4)")
    parser.add_argument("--seconds", type=float, default=5.0, metavar="S", help="each take (5)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the performances")
    return parser


if __name__ == "__main__":
    sys.exit(main())
