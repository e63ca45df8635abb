"""Write a trained model in a compact form: `python -m mmclip.publish RUN --out DIR`.

The published model consists of weights in half precision, the query bank, a description without the
captions of pre-training, and a model card, MODEL_CARD.md, with the results of an evaluation if
--evaluation is given. The total size of the files is limited, so that the model can be part of a
package.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from mmclip.errors import MmclipError
from mmclip.exit_status import exit_status
from mmclip.output_paths import check_output_folder
from mmclip.paths import path_argument

CARD = "MODEL_CARD.md"
LARGEST_MB = 6.0
# Result files of `benchmarks.zero_shot` and `mmclip.evaluate`, which a model card can quote.
RESULTS = ("zero_shot.json", "evaluation.json")
EXAMPLES = """
example:
  python -m mmclip.publish runs/best/G1-0 --evaluation runs/best/zero_shot.json --out box
"""


@exit_status()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 if the input cannot be used."""
    options = make_parser().parse_args(arguments)
    size_mb = publish(options.run, Path(options.out), options.evaluation)
    print(f"{options.out}: {size_mb:.1f} MB")
    return 0


def publish(run: str | Path, out: Path, evaluation: str | None = None) -> float:
    """Write the published form of a trained model.

    Args:
        run: folder of the trained model.
        out: new or empty output folder.
        evaluation: JSON file with results for the model card; default: a card without results.

    Returns:
        Total size of all files [MB].

    Raises:
        MmclipError: the model or the evaluation cannot be read, the folder has other files, is that
            of the model or cannot be written, or the files are larger than `LARGEST_MB`.
    """
    import numpy as np

    from mmclip.atomic_files import write_atomically
    from mmclip.model_card import card
    from mmclip.model_files import load_model, read_description, save_model
    from mmclip.model_variables import split_model
    from mmclip.query_bank import FILE, read_query_bank

    check_output_folder(out)
    if out.resolve() == Path(run).resolve():
        raise MmclipError(out, "--out", "is the folder of the model", "choose another folder")
    model = load_model(run)
    bank, results = read_query_bank(model), _read_results(evaluation)
    _require_free(out, (CARD, FILE))
    weights = split_model(model.network).variables["base"]
    save_model(out, weights, _shortened(model.description), np.float16)
    if bank is not None:
        shutil.copyfile(model.folder / FILE, out / FILE)
    text = card(read_description(out), results)
    write_atomically(out / CARD, text.encode())
    size_mb = sum(path.stat().st_size for path in out.iterdir()) / 1e6
    if size_mb > LARGEST_MB:
        problem = f"{size_mb:.1f} MB; at most {LARGEST_MB:g} MB are allowed"
        raise MmclipError(out, "size", problem, "train a smaller model")
    return size_mb


def _shortened(description: dict) -> dict:
    """Reduce the sentences in a description to those of the labels of the last training.

    Pre-training on captions may add thousands of sentences that no prediction needs.
    """
    sentences = description["sentences"]
    kept = description.get("labels", sentences)
    return {**description, "sentences": {k: v for k, v in sentences.items() if k in set(kept)}}


def _require_free(out: Path, own: Sequence[str]) -> None:
    """Create the folder; raise MmclipError if it contains unrelated files."""
    from mmclip.model_files import DESCRIPTION, WEIGHTS

    out.mkdir(parents=True, exist_ok=True)
    others = sorted({path.name for path in out.iterdir()} - {WEIGHTS, DESCRIPTION, *own})
    if others:
        problem = f"contains other files ({', '.join(others[:3])})"
        raise MmclipError(out, "--out", problem, "choose another folder")


def _read_results(path: str | None) -> dict:
    if path is None:
        return {}
    try:
        return json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        hint = f"give a file written as {' or '.join(RESULTS)}"
        raise MmclipError(path, "--evaluation", f"cannot be read ({error})", hint) from None


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m mmclip.publish",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", type=path_argument, metavar="RUN", help="folder of a trained model")
    parser.add_argument(
        "--out", type=path_argument, required=True, metavar="DIR", help="output folder"
    )
    parser.add_argument(
        "--evaluation",
        type=path_argument,
        metavar="FILE",
        help=f"results for the model card ({' or '.join(RESULTS)})",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
