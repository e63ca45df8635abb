"""Evaluate trained models: `python -m mmclip.evaluate STORE --models RUN [RUN ...] --out DIR`.

Each model is evaluated on the test split, with the labels that the model has not seen in training
(zero-shot), with these labels and a few examples of each (few-shot), with the labels seen in
training (seen), or by finding the text of each window among the texts of all windows (retrieval). A
check for train/test leakage runs first.

evaluation.json contains mean recalls with 95 % intervals over classes, over people and over models,
top-3 recalls, and the AUROC of rejecting windows of other labels by their highest score.
classes.csv and figures are written to the same folder.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from mmclip.command_options import add_scoring_options, add_verify_option
from mmclip.exit_status import exit_status
from mmclip.output_paths import check_output_folder, output_errors
from mmclip.paths import path_argument

MODES = ("zero-shot", "few-shot", "seen", "retrieval")
CANDIDATES = ("unseen", "all")
EXAMPLES = """
examples:
  python -m mmclip.evaluate synth.zarr --models runs/g1-s0 runs/g1-s1 runs/g2-s0 --out eval
  python -m mmclip.evaluate synth.zarr --models runs/g1-s0 --mode few-shot --shots 3
  python -m mmclip.evaluate synth.zarr --models runs/g1-s0 --mode seen
  python -m mmclip.evaluate synth.zarr --models runs/g1-s0 --candidates all --scoring both
  python -m mmclip.evaluate grammar.zarr --models runs/pre --mode retrieval --split val
"""


@exit_status()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 if the input cannot be used."""
    options = make_parser().parse_args(arguments)
    result = evaluate(options, Path(options.out))
    for line in _lines(result):
        print(line)
    files = "evaluation.json" + (", classes.csv and figures" if "classes" in result else "")
    print(f"{options.out}: {files}")
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
        MmclipError: a model, a store or the folder cannot be used, or evaluated data was used in
            training.
    """
    from mmclip.confusion_causes import describe_causes, find_causes
    from mmclip.confusions import worst_confusions
    from mmclip.evaluation_report import pool_runs
    from mmclip.scoring import score_model, score_retrieval

    _check_options(options)
    check_output_folder(out)
    settings = {"mode": options.mode, "candidates": options.candidates}
    if options.mode == "retrieval":
        runs = [score_retrieval(folder, options, report) for folder in options.models]
        result = {**settings, "runs": runs}
        with output_errors(out):
            _write_result(out, result)
        return result
    scores = [score_model(folder, options, report) for folder in options.models]
    runs = [score.to_dict() for score in scores]
    shots = options.shots if options.mode == "few-shot" else 0
    result = {**settings, "shots": shots, **pool_runs(runs), "runs": runs}
    confusions = worst_confusions(scores)
    causes = [find_causes(confusion, scores) for confusion in confusions]
    result["worst_confusions"] = [
        asdict(each) | {"text": f"{each}{describe_causes(found)}", "causes": dict(found)}
        for each, found in zip(confusions, causes)
    ]
    with output_errors(out):
        _write_result(out, result)
        if find_spec("matplotlib") is None:
            report("figures need matplotlib: pip install '.[viz]'")
        else:
            _draw(out, scores, options.mode, confusions)
    return result


def _check_options(options: argparse.Namespace) -> None:
    from mmclip.errors import MmclipError

    if options.mode == "few-shot" and options.candidates == "all":
        problem = "all labels as candidates are not possible in few-shot mode"
        hint = "only the evaluated labels have examples; use --candidates unseen"
        raise MmclipError("options", "--candidates", problem, hint)
    for name, value in (("--shots", options.shots), ("--draws", options.draws)):
        if value < 1:
            raise MmclipError("options", name, f"is {value}, less than 1", "give 1 or more")


def _write_result(out: Path, result: dict) -> None:
    """Write evaluation.json and, unless texts were retrieved, classes.csv."""
    from mmclip.atomic_files import write_atomically
    from mmclip.evaluation_report import write_classes

    out.mkdir(parents=True, exist_ok=True)
    write_atomically(out / "evaluation.json", json.dumps(result, indent=1).encode())
    if "class_table" in result:
        write_classes(out / "classes.csv", result["class_table"])


def _draw(out: Path, scores, mode: str, confusions: Sequence) -> None:
    """Draw the worst confusions, and one confusion matrix and embedding map per set of labels.

    The confusion matrix is summed over all models with these labels; the embedding map shows the
    first model only.
    """
    from mmclip.confusions import draw_confusion
    from mmclip.evaluation_figures import draw_confusion_matrix, draw_embedding_map

    for number, confusion in enumerate(confusions):
        draw_confusion(out / f"worst_{number}.png", confusion, scores)
    groups = defaultdict(list)
    for score in scores:
        groups[score.labels].append(score)
    for index, (labels, group) in enumerate(groups.items()):
        first = group[0]
        kind = "simulated, " if first.is_simulated else ""
        title = f"{kind}{mode}, {len(group)} model{'s' * (len(group) > 1)}"
        counts = sum(score.counts for score in group)
        draw_confusion_matrix(out / f"confusion_{index}.png", counts, labels, title)
        vectors = first.windows.activity, first.truth, first.texts.activity
        draw_embedding_map(out / f"map_{index}.png", *vectors, labels, title)


def _lines(result: dict) -> list[str]:
    """Lines of text that summarise the result of an evaluation."""
    from mmclip.evaluation_report import result_lines, retrieval_lines

    if result["mode"] == "retrieval":
        return [line for run in result["runs"] for line in retrieval_lines(run)]
    confusions = [f"confused: {each['text']}" for each in result["worst_confusions"]]
    models = [
        f"  {run['model']}: {run['accuracy']:.1%} of {run['windows']} windows, seed {run['seed']}"
        for run in result["runs"]
    ]
    return [*result_lines(result), *confusions, *models]


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m mmclip.evaluate",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_task_options(parser)
    add_scoring_options(parser)
    _add_few_shot_options(parser)
    _add_run_options(parser)
    return parser


def _add_task_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the stores, models and labels of an evaluation."""
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
        "--mode", choices=MODES, default=MODES[0], help="labels to evaluate (default: %(default)s)"
    )
    parser.add_argument(
        "--candidates",
        choices=CANDIDATES,
        default=CANDIDATES[0],
        help="candidate labels: the evaluated labels, or all labels of the stores (default: "
        "%(default)s)",
    )
    parser.add_argument(
        "--labels",
        nargs="+",
        metavar="LABEL",
        help="labels or groups (such as G2) to evaluate, for a model trained on other labels "
        "(default: the labels that --unseen excluded from training)",
    )


def _add_few_shot_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the examples of few-shot evaluation."""
    parser.add_argument(
        "--shots",
        type=int,
        default=1,
        metavar="K",
        help="number of few-shot examples per label (default: %(default)s)",
    )
    parser.add_argument(
        "--draws",
        type=int,
        default=10,
        metavar="N",
        help="number of random draws of the few-shot examples (default: %(default)s)",
    )


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the split, the text encoder, the output and the verification."""
    parser.add_argument(
        "--split", default="test", metavar="NAME", help="split to evaluate (default: %(default)s)"
    )
    parser.add_argument(
        "--encoder",
        type=path_argument,
        metavar="NAME",
        help="text encoder (default: the model's own)",
    )
    parser.add_argument(
        "--out",
        type=path_argument,
        default="eval",
        metavar="DIR",
        help="output folder (default: %(default)s)",
    )
    add_verify_option(parser)


if __name__ == "__main__":
    sys.exit(main())
