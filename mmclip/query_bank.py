"""Query bank of a trained model: `python -m mmclip.query_bank STORE [STORE ...] --model RUN`.

The query bank contains the embeddings of some training windows, spread evenly over seen labels and
subjects. With the query bank, the hub correction can be applied to any labels without the training
data. mmclip.pretrain and mmclip.finetune write the query bank of a model. The command adds a query
bank to a model that was trained with an earlier version. If scoring options are given, it also
records them as the default scoring of the model.
"""

import argparse
import hashlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from mmclip.errors import MmclipError
from mmclip.exit_status import exit_status
from mmclip.output_paths import check_output_folder
from mmclip.paths import path_argument

FILE = "query_bank.safetensors"
# Number of windows of the query bank of a model that was trained without one.
WINDOWS = 256
# Key of the bank's entry in model.json.
ENTRY = "query_bank"
EXAMPLES = """
example:
  python -m mmclip.query_bank sixty.zarr --model runs/g1 --scoring both --hub-correction on
"""


@exit_status()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 if the input cannot be used."""
    options = make_parser().parse_args(arguments)
    description = add_to_run(options)
    inference = description["settings"]["inference"]
    correction = "with" if inference["hub_correction"] else "without"
    print(
        f"{options.model}: query bank of {description[ENTRY]['windows']} windows; default scoring "
        f"{inference['scoring']} {correction} hub correction"
    )
    return 0


def add_to_run(options: argparse.Namespace, report: Callable[[str], None] = print) -> dict:
    """Add the query bank and the default scoring to an existing run; return the new model.json."""
    from dataclasses import replace

    from mmclip.model_files import load_model, rewrite_description
    from mmclip.prepared_data import open_corpus, without_unseen_people
    from mmclip.presets import settings_to_dict

    model = load_model(options.model)
    check_output_folder(model.folder, "--model")
    axes, settings = model.description["axes"], model.settings
    corpus = open_corpus(options.stores, settings, axes=axes, verify=options.verify, report=report)
    corpus = without_unseen_people(corpus, settings.data.unseen)
    size = options.windows or model.settings.inference.query_bank or WINDOWS
    chosen = {"query_bank": size}
    if options.scoring:
        chosen["scoring"] = options.scoring
    if options.hub_correction:
        chosen["hub_correction"] = options.hub_correction == "on"
    if options.seen_penalty is not None:
        chosen["seen_penalty"] = options.seen_penalty
    settings = replace(settings, inference=replace(settings.inference, **chosen))
    rewrite_description(model.folder, settings=settings_to_dict(settings))
    stored = model.description.get(ENTRY, {}).get("windows")
    renew = options.windows is not None and options.windows != stored
    return add_query_bank(model.folder, corpus, report, renew=renew)


def add_query_bank(
    folder: Path, corpus, report: Callable[[str], None] = print, renew: bool = False
) -> dict:
    """Write the query bank of the model in a folder, unless the folder already contains it.

    Args:
        folder: folder of the trained model.
        corpus: `WindowCorpus` of the training data, without windows that training left out; only
            training clips of the model's seen labels are used, if all their people are subjects of
            the model's training.
        report: function that receives each line of progress.
        renew: whether to replace a query bank that the folder contains.

    Returns:
        Content of model.json.

    Raises:
        MmclipError: the corpus has no training clip of these labels and subjects.
    """
    from mmclip.model_files import load_model
    from mmclip.zero_shot_classifier import embed_corpus_windows

    model = load_model(folder)
    size = model.settings.inference.query_bank
    if not size or (_is_complete(model) and not renew):
        return model.description
    windows = bank_windows(corpus, model.description, size)
    if not len(windows):
        problem = "has no training clip of the labels and subjects that the model was trained on"
        raise MmclipError(corpus.stores[0].path, "clips", problem, "give the training stores")
    found = embed_corpus_windows(model.network, model.settings.model, corpus, windows)
    report(f"query bank: {len(windows)} training windows")
    return write_query_bank(folder, found)


def write_query_bank(folder: Path, found) -> dict:
    """Write embeddings as the query bank of the model in a folder; return the new model.json.

    The activity vectors are omitted if they are just the concatenated attribute vectors.
    """
    from mmclip.model_files import read_description, rewrite_description

    arrays = found._asdict()
    if read_description(folder)["settings"]["model"].get("aggregator") == "none":
        del arrays["activity"]
    entry = {"windows": len(found.attributes), "sha256": _write(folder / FILE, arrays)}
    return rewrite_description(folder, **{ENTRY: entry})


def bank_windows(corpus, description: dict, size: int):
    """Select the windows of a query bank.

    A permutation with a fixed seed decides between equally eligible windows, so the bank depends
    only on the corpus, the seen labels and the subjects.

    Args:
        corpus: `WindowCorpus` of the training data.
        description: content of model.json.
        size: maximum number of windows.

    Returns:
        `WindowIndex` with windows from as many labels as possible and, second, from as many
        subjects as possible.
    """
    from mmclip.batch_sampler import non_overlapping

    windows = corpus.windows(("train",), set(description["seen"]))
    windows = non_overlapping(windows, corpus.columns)
    subjects = np.array([corpus.clips[index].subject for index in windows.clip], object)
    people = [corpus.clips[index].performers for index in windows.clip]
    trained = frozenset(description["subjects"])
    eligible = np.array([trained.issuperset(each.subject for each in own) for own in people], bool)
    windows, subjects = windows.select(eligible), subjects[eligible]
    order = np.random.default_rng(0).permutation(len(windows))
    windows, subjects = windows.select(order), subjects[order]
    _, person = np.unique(subjects.astype(str), return_inverse=True)
    repeats = _occurrence(np.stack([windows.label, person]))
    # The order of subjects is rotated by one from label to label, so that small banks vary in
    # subject.
    turn = (person + windows.label) % (person.max(initial=0) + 1)
    by_subject = np.lexsort((turn, repeats))
    turn_of_label = np.empty(len(windows), np.int64)
    turn_of_label[by_subject] = _occurrence(windows.label[None, by_subject])
    return windows.select(np.argsort(turn_of_label, kind="stable")[:size])


def read_query_bank(model):
    """Read the embeddings of a model's query bank; None for a model without a query bank.

    Args:
        model: `TrainedModel`.

    Raises:
        MmclipError: the file is missing or damaged.
    """
    from safetensors.numpy import load

    from mmclip.model import Embeddings, concatenated

    if ENTRY not in model.description:
        return None
    if not _is_complete(model):
        problem = "is missing, or is not the file described in model.json"
        hint = "copy the folder again, or run radarsim query-bank"
        raise MmclipError(model.folder, FILE, problem, hint)
    arrays = load((model.folder / FILE).read_bytes())
    arrays = {name: each.astype(np.float32) for name, each in arrays.items()}
    if "activity" not in arrays:
        arrays["activity"] = np.asarray(concatenated(arrays["attributes"]))
    return Embeddings(**arrays)


def _occurrence(keys: np.ndarray) -> np.ndarray:
    """For each column of `keys` [key, element], the number of equal columns before it."""
    counts, found = {}, []
    for key in map(tuple, keys.T.tolist()):
        found.append(counts.get(key, 0))
        counts[key] = found[-1] + 1
    return np.array(found, np.int64)


def _is_complete(model) -> bool:
    path, entry = model.folder / FILE, model.description.get(ENTRY)
    if entry is None or not path.is_file():
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]


def _write(path: Path, arrays: dict) -> str:
    """Write arrays in half precision; return the SHA-256 of the file."""
    from safetensors.numpy import save

    from mmclip.atomic_files import write_atomically

    data = save({name: each.astype(np.float16) for name, each in arrays.items()})
    write_atomically(path, data)
    return hashlib.sha256(data).hexdigest()


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    from mmclip.command_options import add_scoring_options, add_verify_option, whole_number

    parser = argparse.ArgumentParser(
        prog="python -m mmclip.query_bank",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "stores", type=path_argument, nargs="+", metavar="STORE", help="stores of the training run"
    )
    parser.add_argument(
        "--model", type=path_argument, required=True, metavar="RUN", help="folder of the model"
    )
    parser.add_argument(
        "--windows",
        type=whole_number(1),
        metavar="N",
        help="maximum number of windows; a query bank of another size is replaced (default: the "
        f"model's setting, or {WINDOWS})",
    )
    add_scoring_options(parser)
    add_verify_option(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
