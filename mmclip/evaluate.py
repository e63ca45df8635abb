"""Score trained models: `python -m mmclip.evaluate STORE --models RUN [RUN ...] --out eval`.

Each model is scored once, on the test split and on the labels that its own training kept out
(zero-shot), with a few examples of each (few-shot), or on those it saw (seen). A leak check runs
first. Figures are means over models with 95 % intervals, in evaluation.json, beside a table of
classes and pictures.
"""

import argparse
import csv
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

MODES = ("zero-shot", "few-shot", "seen")
EXAMPLES = """
examples:
  python -m mmclip.evaluate synth.zarr --models runs/g1-s0 runs/g1-s1 runs/g2-s0 --out eval
  python -m mmclip.evaluate synth.zarr --models runs/g1-s0 --mode few-shot --shots 3
  python -m mmclip.evaluate synth.zarr --models runs/g1-s0 --mode seen
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, or 2 where nothing can be scored."""
    options = _parser().parse_args(arguments)
    # Late: they take seconds to import, and --help need not wait.
    from mmclip.errors import MmclipError

    try:
        result = evaluate(options, Path(options.out))
    except MmclipError as error:
        print(error, file=sys.stderr)
        return 2
    _tell(result)
    print(f"{options.out}: evaluation.json, classes.csv and pictures")
    return 0


def evaluate(options: argparse.Namespace, out: Path, tell=print) -> dict:
    """Score every model and write what came of it.

    Args:
        options: of the command.
        out: folder for results.
        tell: hears the progress.

    Returns:
        What evaluation.json says.

    Raises:
        MmclipError: a model or a store cannot be used, or something leaks.
    """
    from mmclip.figures_of_merit import interval_over_runs, mean_and_interval
    from mmclip.scored import score_model

    runs = [score_model(folder, options, tell) for folder in options.models]
    by_class: dict[str, list[float]] = defaultdict(list)
    for run in runs:
        for label, recall in run.recalls.items():
            by_class[label].append(recall)
    result = {
        "mode": options.mode,
        "shots": options.shots if options.mode == "few-shot" else 0,
        "simulated": any(run.simulated for run in runs),
        "chance": sum(1 / len(run.labels) for run in runs) / len(runs),
        "over_classes": mean_and_interval(by_class),
        "over_runs": interval_over_runs([run.accuracy for run in runs]),
        "runs": [run.as_table() for run in runs],
        "classes": {label: sum(each) / len(each) for label, each in sorted(by_class.items())},
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "evaluation.json").write_text(json.dumps(result, indent=1))
    with open(out / "classes.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("label", "recall", "runs"))
        for label, recall in result["classes"].items():
            writer.writerow((label, f"{recall:.4f}", len(by_class[label])))
    _draw(out, runs, options.mode)
    return result


def _draw(out: Path, runs, mode: str) -> None:
    """Models that score the same labels share a confusion matrix; a map shows one of them."""
    try:
        from mmclip.pictures import draw_confusion, draw_map
    except ImportError:
        print("pictures need matplotlib: pip install '.[viz]'", file=sys.stderr)
        return
    groups = defaultdict(list)
    for run in runs:
        groups[run.labels].append(run)
    for number, (labels, same) in enumerate(groups.items()):
        kind = "simulated, " if same[0].simulated else ""
        title = f"{kind}{mode}, {len(same)} model{'s' * (len(same) > 1)}"
        counts = sum(run.counts for run in same)
        draw_confusion(out / f"confusion_{number}.png", counts, labels, title)
        one = same[0]
        draw_map(out / f"map_{number}.png", one.windows, one.truth, one.texts, labels, title)


def _tell(result: dict) -> None:
    mean = result["over_classes"]
    kind = "SIMULATED corpus: " if result["simulated"] else ""
    models = f"{len(result['runs'])} model{'s' * (len(result['runs']) > 1)}"
    print(
        f"{kind}{result['mode']}, {models}, {len(result['classes'])} classes: "
        f"mean recall {mean['mean']:.1%}, 95 % interval over classes {mean['low']:.1%} to "
        f"{mean['high']:.1%}; chance {result['chance']:.1%}"
    )
    if over_runs := result["over_runs"]:
        print(
            f"over models: {over_runs['mean']:.1%} of the windows, 95 % interval "
            f"{over_runs['low']:.1%} to {over_runs['high']:.1%}"
        )
    for run in result["runs"]:
        share = f"{run['accuracy']:.1%} of {run['windows']} windows"
        print(f"  {run['model']}: {share}, seed {run['seed']}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mmclip.evaluate",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stores", nargs="+", metavar="STORE", help="folders of finished stores")
    parser.add_argument("--models", nargs="+", required=True, metavar="RUN", help="folders")
    parser.add_argument("--mode", choices=MODES, default=MODES[0], help="(%(default)s)")
    parser.add_argument("--shots", type=int, default=1, metavar="K", help="examples per label (1)")
    parser.add_argument("--draws", type=int, default=10, metavar="N", help="of examples (10)")
    parser.add_argument("--split", default="test", metavar="NAME", help="that is scored (test)")
    parser.add_argument("--encoder", metavar="NAME", help="of text (the model's own)")
    parser.add_argument("--out", default="eval", metavar="DIR", help="(%(default)s)")
    parser.add_argument(
        "--no-verify", dest="verify", action="store_false", help="trust the stores' files"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
