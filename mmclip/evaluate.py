"""Evaluate trained models: `python -m mmclip.evaluate STORE --models RUN [RUN ...] --out DIR`.

Each model is evaluated on the test split, with the labels that the model has not seen in training
(zero-shot), with these labels and a few examples of each (few-shot), or with the labels seen in
training (seen). A check for train/test leakage runs first. evaluation.json contains the mean recall
over classes and the mean accuracy over models, with 95 % intervals; classes.csv and figures are
written to the same folder.
"""

import argparse
import csv
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from mmclip.paths import path_argument

MODES = ("zero-shot", "few-shot", "seen")
EXAMPLES = """
examples:
  python -m mmclip.evaluate synth.zarr --models runs/g1-s0 runs/g1-s1 runs/g2-s0 --out eval
  python -m mmclip.evaluate synth.zarr --models runs/g1-s0 --mode few-shot --shots 3
  python -m mmclip.evaluate synth.zarr --models runs/g1-s0 --mode seen
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 if the input cannot be used."""
    options = _parser().parse_args(arguments)
    # Imported after parsing, since these imports take seconds and --help does not need them.
    from mmclip.errors import MmclipError

    try:
        result = evaluate(options, Path(options.out))
    except MmclipError as error:
        print(error, file=sys.stderr)
        return 2
    _print_result(result)
    print(f"{options.out}: evaluation.json, classes.csv and figures")
    return 0


def evaluate(options: argparse.Namespace, out: Path, report: Callable[[str], None] = print) -> dict:
    """Evaluate every model and write the results.

    Args:
        options: parsed command line.
        out: folder for the results.
        report: function that receives each line of progress.

    Returns:
        Content of evaluation.json.

    Raises:
        MmclipError: a model or a store cannot be used, or evaluated data was used in training.
    """
    from mmclip.evaluation_metrics import interval_over_runs, mean_and_interval
    from mmclip.scoring import score_model

    scores = [score_model(folder, options, report) for folder in options.models]
    by_class: dict[str, list[float]] = defaultdict(list)
    for score in scores:
        for label, recall in score.recalls.items():
            by_class[label].append(recall)
    result = {
        "mode": options.mode,
        "shots": options.shots if options.mode == "few-shot" else 0,
        "simulated": any(score.simulated for score in scores),
        "chance": sum(1 / len(score.labels) for score in scores) / len(scores),
        "over_classes": mean_and_interval(by_class),
        "over_runs": interval_over_runs([score.accuracy for score in scores]),
        "runs": [score.to_dict() for score in scores],
        "classes": {label: sum(each) / len(each) for label, each in sorted(by_class.items())},
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "evaluation.json").write_text(json.dumps(result, indent=1))
    num_runs = {label: len(recalls) for label, recalls in by_class.items()}
    _write_classes(out / "classes.csv", result["classes"], num_runs)
    _draw(out, scores, options.mode)
    return result


def _write_classes(path: Path, recalls: dict[str, float], num_runs: dict[str, int]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("label", "recall", "runs"))
        for label, recall in recalls.items():
            writer.writerow((label, f"{recall:.4f}", num_runs[label]))


def _draw(out: Path, scores, mode: str) -> None:
    """Draw one confusion matrix and one embedding map for each set of labels.

    The confusion matrix is summed over all models with these labels; the embedding map shows the
    first model only.
    """
    try:
        from mmclip.evaluation_figures import draw_confusion_matrix, draw_embedding_map
    except ImportError:
        print("figures need matplotlib: pip install '.[viz]'", file=sys.stderr)
        return
    groups = defaultdict(list)
    for score in scores:
        groups[score.labels].append(score)
    for index, (labels, group) in enumerate(groups.items()):
        first = group[0]
        kind = "simulated, " if first.simulated else ""
        title = f"{kind}{mode}, {_count(len(group), 'model')}"
        counts = sum(score.counts for score in group)
        draw_confusion_matrix(out / f"confusion_{index}.png", counts, labels, title)
        path = out / f"map_{index}.png"
        draw_embedding_map(path, first.windows, first.truth, first.texts, labels, title)


def _print_result(result: dict) -> None:
    recall = result["over_classes"]
    kind = "SIMULATED corpus: " if result["simulated"] else ""
    models = _count(len(result["runs"]), "model")
    print(
        f"{kind}{result['mode']}, {models}, {len(result['classes'])} classes: mean recall "
        f"{recall['mean']:.1%}, {_interval(recall)} over classes; chance level "
        f"{result['chance']:.1%}"
    )
    if over_runs := result["over_runs"]:
        print(f"mean accuracy {over_runs['mean']:.1%}, {_interval(over_runs)} over models")
    for run in result["runs"]:
        accuracy = f"{run['accuracy']:.1%} of {run['windows']} windows"
        print(f"  {run['model']}: {accuracy}, seed {run['seed']}")


def _interval(values: dict[str, float]) -> str:
    return f"95 % interval {values['low']:.1%} to {values['high']:.1%}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number > 1)}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mmclip.evaluate",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "stores", type=path_argument, nargs="+", metavar="STORE", help="folders of finished stores"
    )
    parser.add_argument(
        "--models",
        type=path_argument,
        nargs="+",
        required=True,
        metavar="RUN",
        help="folders of trained models",
    )
    parser.add_argument(
        "--mode", choices=MODES, default=MODES[0], help="labels to evaluate (%(default)s)"
    )
    parser.add_argument("--shots", type=int, default=1, metavar="K", help="examples per label (1)")
    parser.add_argument(
        "--draws",
        type=int,
        default=10,
        metavar="N",
        help="number of random draws of the examples (10)",
    )
    parser.add_argument("--split", default="test", metavar="NAME", help="split to evaluate (test)")
    parser.add_argument(
        "--encoder", type=path_argument, metavar="NAME", help="text encoder (the model's own)"
    )
    parser.add_argument(
        "--out",
        type=path_argument,
        default="eval",
        metavar="DIR",
        help="output folder (%(default)s)",
    )
    parser.add_argument(
        "--no-verify",
        dest="verify",
        action="store_false",
        help="do not verify the stores' checksums",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
