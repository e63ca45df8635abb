"""Which of these labels? `python -m mmclip.predict STORE --model RUN --labels "bow" "drink water"`.

Scores every window of a store against labels that you type, trained on or not. A recording becomes
a store by builders.recordings. A label is told by the sentences that the model or the store knows
of it, by those of --sentences, or else by its own words, and that is said.
"""

import argparse
import csv
import sys
from collections.abc import Sequence

EXAMPLES = """
example:
  python -m mmclip.predict lab.zarr --model runs/pre --labels "wave hand" squat "climb a ladder"

--sentences takes a CSV file as builders.attributes does: caption, variant, part, sentence.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, or 2 where nothing can be predicted."""
    options = _parser().parse_args(arguments)
    # Late: they take seconds to import, and --help need not wait.
    from mmclip.errors import MmclipError

    try:
        rows = predict(options)
    except MmclipError as error:
        print(error, file=sys.stderr)
        return 2
    for row in rows[: options.show]:
        ranked = sorted(row["scores"].items(), key=lambda each: -each[1])[:3]
        shown = ", ".join(f"{label} {score:.0%}" for label, score in ranked)
        print(f"clip {row['clip']} at {row['start_s']:.2f} s: {shown}")
    if len(rows) > options.show:
        print(f"and {len(rows) - options.show} windows more")
    if options.csv:
        _write(options.csv, rows, options.labels)
        print(f"{options.csv}: {len(rows)} windows")
    return 0


def predict(options: argparse.Namespace, tell=print) -> list[dict]:
    """Scores of every window, those of a clip next to each other.

    Args:
        options: of the command.
        tell: hears the progress.

    Returns:
        For each window: clip (row of its store), start_s, and the labels' probabilities.

    Raises:
        MmclipError: the store, the model or the sentences cannot be used.
    """
    from dataclasses import replace

    from mmclip.data import Reader, spread_out
    from mmclip.figures_of_merit import softmax
    from mmclip.release import load_release
    from mmclip.scores import label_vectors, window_vectors
    from mmclip.session import need_labels, open_corpus, tell_texts
    from mmclip.text import load_encoder

    need_labels(options.labels)
    release = load_release(options.model)
    settings, about = release.settings, release.about
    encoder = load_encoder(options.encoder or about["encoder"]["name"])
    release.check_encoder(encoder)
    settings = replace(settings, data=replace(settings.data, crop_step=1))
    corpus = open_corpus(
        [options.store],
        settings,
        axes=about["axes"],
        verify=options.verify,
        need_labels=False,
        tell=tell,
    )
    known = {**corpus.sentences, **{k: tuple(v) for k, v in about["sentences"].items() if v}}
    known |= _sentences(options.sentences) if options.sentences else {}
    bank, vectors = tell_texts(options.labels, known, settings, encoder, tell)
    places = corpus.places(("train", "val", "test"), set(corpus.labels))
    places = spread_out(corpus, places, options.stride or corpus.columns)
    reader = Reader(corpus, settings.model.heatmaps)
    windows = window_vectors(release.model, reader, places, settings.model.size)
    labels = label_vectors(release.model, bank, vectors, options.labels)
    scores = softmax(float(release.model.scale()) * windows @ labels.T)
    time_s = corpus.stores[0].axes["column_time"]
    return [
        {
            "clip": corpus.clips[number].row,
            "start_s": float(time_s[first]),
            "scores": dict(zip(options.labels, map(float, each))),
        }
        for (number, first, _), each in zip(places, scores)
    ]


def _sentences(path: str) -> dict[str, tuple[dict[str, str], ...]]:
    """Variants by caption from a CSV file."""
    from mmclip.errors import MmclipError

    found: dict[str, dict] = {}
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                variants = found.setdefault(row["caption"], {})
                variants.setdefault(row.get("variant", "0"), {})[row["part"]] = row["sentence"]
    except (OSError, KeyError, UnicodeDecodeError) as error:
        problem = f"cannot be read ({error})"
        hint = "give columns caption, variant, part, sentence"
        raise MmclipError(path, "--sentences", problem, hint) from None
    return {caption: tuple(variants.values()) for caption, variants in found.items()}


def _write(path: str, rows: list[dict], labels: Sequence[str]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("clip", "start_s", "label", *labels))
        for row in rows:
            best = max(row["scores"], key=row["scores"].get)
            values = (f"{row['scores'][label]:.4f}" for label in labels)
            writer.writerow((row["clip"], f"{row['start_s']:.3f}", best, *values))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mmclip.predict",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("store", metavar="STORE", help="folder of a finished store")
    parser.add_argument("--model", required=True, metavar="RUN", help="folder of a trained model")
    parser.add_argument("--labels", nargs="+", required=True, metavar="LABEL", help="two or more")
    parser.add_argument("--sentences", metavar="FILE", help="CSV: what the labels look like")
    parser.add_argument("--stride", type=int, metavar="N", help="columns between windows (224)")
    parser.add_argument("--encoder", metavar="NAME", help="of text (the model's own)")
    parser.add_argument("--csv", metavar="FILE", help="write every window's scores")
    parser.add_argument("--show", type=int, default=20, metavar="N", help="windows printed (20)")
    parser.add_argument(
        "--no-verify", dest="verify", action="store_false", help="trust the store's files"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
