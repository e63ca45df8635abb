"""Classify windows by given labels: `python -m mmclip.predict STORE --labels bow jump`.

The command computes the probability of each label for every window of a store; the labels may be
unseen in training. builders.recordings converts recordings to a store. Without --model, the command
uses the trained model of the package (mmclip/bundled_model/MODEL_CARD.md); without --labels, it
uses the labels of the store or, if the store has fewer than two, the labels of the model.

The sentences that describe a label are taken from --sentences, otherwise from the model, otherwise
from the store; if none of these describes the label, the label itself is used, with a warning. The
command states which clips have people, takes or labels from the model's training data and, if the
store has labels, how many windows are classified correctly.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from mmclip.command_options import add_scoring_options, add_verify_option, whole_number
from mmclip.exit_status import exit_status
from mmclip.output_paths import check_output_file, output_errors
from mmclip.paths import path_argument
from mmclip.publish import CARD

EXAMPLES = """
examples:
  python -m mmclip.predict synth.zarr
  python -m mmclip.predict synth.zarr --labels "wave hand" squat "climb a ladder"
  python -m mmclip.predict lab.zarr --model runs/pre --labels "wave hand" squat "climb a ladder"

--sentences reads the CSV format of builders.attributes: caption, variant, part, sentence.
"""


@exit_status()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 if the input cannot be used."""
    options = make_parser().parse_args(arguments)
    if options.csv:
        check_output_file(options.csv, "--csv")
    rows = predict(options)
    from mmclip.training_overlap import hit_lines

    for row in rows[: options.show]:
        best = sorted(row["scores"].items(), key=lambda each: -each[1])[:3]
        shown = ", ".join(f"{label} {score:.0%}" for label, score in best)
        print(f"clip {row['clip']} at {row['start_s']:.2f} s: {shown}")
    if len(rows) > options.show:
        print(f"and {len(rows) - options.show} more windows")
    labels = list(rows[0]["scores"]) if rows else []
    for line in hit_lines(rows, labels):
        print(line)
    if options.csv:
        _write_csv(options.csv, rows, labels)
        print(f"{options.csv}: {len(rows)} windows")
    return 0


def predict(options: argparse.Namespace, report: Callable[[str], None] = print) -> list[dict]:
    """Label probabilities of every window, ordered by clip and time.

    Args:
        options: parsed command line.
        report: function that receives each line of progress.

    Returns:
        For each window: clip (row of the store), start_s, store_label ("" if the store has none),
        trained_on (which of person, take and label occur in the training data), and scores
        (probability by label).

    Raises:
        MmclipError: the store, the model, the labels or the sentences cannot be used.
    """
    from scipy.special import softmax

    from mmclip.batch_sampler import non_overlapping
    from mmclip.prepared_data import embed_texts
    from mmclip.scoring import choose_scorer
    from mmclip.text_encoders import load_encoder
    from mmclip.training_overlap import overlap, overlap_lines
    from mmclip.window_corpus import SPLITS
    from mmclip.zero_shot_classifier import embed_corpus_windows, embed_labels

    if options.labels is not None:
        _check_labels(options.labels)
    model = _load_model(options.model, report)
    encoder = load_encoder(options.encoder or model.description["encoder"]["name"])
    model.check_encoder(encoder)
    scorer = choose_scorer(model, options, report)
    corpus = _open_corpus(options, model, report)
    names = options.labels or _default_labels(model.description, corpus.labels)
    for line in overlap_lines(model.description, corpus, names):
        report(line)
    sentences = _known_sentences(options, model, corpus)
    bank, vectors = embed_texts(names, sentences, model.settings, encoder, report)
    windows = corpus.windows(SPLITS, set(corpus.labels))
    windows = non_overlapping(windows, options.stride or corpus.columns)
    signals = embed_corpus_windows(model.network, model.settings.model, corpus, windows)
    labels = embed_labels(model.network, bank, vectors, names)
    scores = softmax(float(model.network.scale()) * scorer(signals, labels, names), axis=1)
    time_s = corpus.stores[0].axes["column_time"]
    return [
        {
            "clip": corpus.clips[clip].row,
            "start_s": float(time_s[start]),
            "store_label": corpus.labels[label],
            "trained_on": overlap(model.description, corpus.clips[clip], corpus.labels[label]),
            "scores": dict(zip(names, map(float, row))),
        }
        for clip, start, label, row in zip(windows.clip, windows.start, windows.label, scores)
    ]


def _load_model(folder: str | None, report: Callable[[str], None]):
    """Load the given model, or the trained model that is part of the package."""
    from mmclip.model_files import BUNDLED_MODEL, load_model

    if folder is None:
        report(f"model: the trained model of the package, described in {BUNDLED_MODEL}/{CARD}")
    return load_model(folder or BUNDLED_MODEL)


def _default_labels(description: dict, of_store: Sequence[str]) -> list[str]:
    """The store's labels or, if it has fewer than two, the labels of the model's last training."""
    found = sorted({label for label in of_store if label})
    if len(found) > 1:
        return found
    own = description.get("labels") or [*description["seen"], *description["unseen"]]
    return sorted({*own, *found})


def _check_labels(labels: Sequence[str]) -> None:
    """Raise MmclipError unless there are at least two labels, all different and none blank."""
    from mmclip.errors import MmclipError

    different = set(labels)
    if len(different) < max(2, len(labels)) or not all(label.strip() for label in labels):
        problem = f"{len(different)} different labels: {', '.join(labels)}"
        hint = "give two or more labels, none twice and none blank"
        raise MmclipError("options", "--labels", problem, hint)


def _open_corpus(options: argparse.Namespace, model, report):
    """Open all windows of the store, at any start column, with or without labels."""
    from dataclasses import replace

    from mmclip.prepared_data import open_corpus
    from mmclip.store import open_store

    model.check_axes(open_store(options.store))
    return open_corpus(
        [options.store],
        replace(model.settings, data=replace(model.settings.data, crop_step=1)),
        axes=model.description["axes"],
        verify=options.verify,
        need_labels=False,
        report=report,
    )


def _known_sentences(options: argparse.Namespace, model, corpus) -> dict:
    """Sentences keyed by label: from --sentences, else from the model, else from the store."""
    from mmclip.model_files import sentences_for

    known = sentences_for(model.description, corpus)
    return known | (_read_sentences(options.sentences) if options.sentences else {})


def _read_sentences(path: str) -> dict[str, tuple[dict[str, str], ...]]:
    """Read the sentence variants of each caption from a CSV file."""
    from mmclip.errors import MmclipError

    found: dict[str, dict] = {}
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            for row in reader:
                values = [row[name] for name in ("caption", "part", "sentence")]
                _check_values(f"{path}, line {reader.line_num}", values)
                caption, part, sentence = values
                variants = found.setdefault(caption, {})
                variants.setdefault(row.get("variant") or "0", {})[part] = sentence
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        problem = f"cannot be read ({error})"
        hint = "give a file with the columns caption, variant, part, sentence"
        raise MmclipError(path, "--sentences", problem, hint) from None
    return {caption: tuple(variants.values()) for caption, variants in found.items()}


def _check_values(where: str, values: Sequence[str | None]) -> None:
    """Raise MmclipError if the caption, the part or the sentence of a row is missing or blank."""
    from mmclip.errors import MmclipError

    for name, value in zip(("caption", "part", "sentence"), values):
        if not (value or "").strip():
            hint = "give every row a caption, a part and a sentence"
            raise MmclipError(where, "--sentences", f"has no {name}", hint)


def _write_csv(path: str, rows: list[dict], labels: Sequence[str]) -> None:
    from mmclip.training_overlap import best_label

    table = [("clip", "start_s", "label", "store_label", "trained_on", *labels)]
    for row in rows:
        values = (f"{row['scores'][label]:.4f}" for label in labels)
        own = best_label(row), row["store_label"], " ".join(row["trained_on"])
        table.append((row["clip"], f"{row['start_s']:.3f}", *own, *values))
    with output_errors(path, "--csv"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(table)


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m mmclip.predict",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "store", type=path_argument, metavar="STORE", help="folder of a finished store"
    )
    parser.add_argument(
        "--model",
        type=path_argument,
        metavar="RUN",
        help="folder of a trained model (default: the trained model of the package)",
    )
    parser.add_argument(
        "--labels",
        nargs="+",
        metavar="LABEL",
        help="two or more labels (default: the labels of the store or of the model)",
    )
    add_scoring_options(parser)
    parser.add_argument(
        "--sentences",
        type=path_argument,
        metavar="FILE",
        help="CSV file with sentences that describe the labels",
    )
    parser.add_argument(
        "--stride",
        type=whole_number(1),
        metavar="N",
        help="number of columns between the starts of windows (default: the length of a window)",
    )
    parser.add_argument(
        "--encoder",
        type=path_argument,
        metavar="NAME",
        help="text encoder (default: the model's own)",
    )
    parser.add_argument(
        "--csv",
        type=path_argument,
        metavar="FILE",
        help="write the label probabilities of every window",
    )
    parser.add_argument(
        "--show",
        type=whole_number(0),
        default=20,
        metavar="N",
        help="number of windows to print (default: %(default)s)",
    )
    add_verify_option(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
