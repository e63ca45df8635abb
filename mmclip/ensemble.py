"""Combine models of several seeds: `python -m mmclip.ensemble RUN RUN [RUN ...] --out DIR`.

The models must have been trained on the same stores with the same settings, except the seed. The
attribute vectors of a window are averaged over the models, because all models use the same sentence
embeddings as text attributes. The activity vectors of the models are concatenated, so that the
similarity of two concatenated vectors is the mean of the models' similarities. All other commands
except mmclip.finetune and mmclip.bilinear accept the ensemble in place of a model.
"""

import argparse
import sys
from collections import ChainMap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mmclip.bilinear_network import BILINEAR
from mmclip.ensemble_network import MEMBERS, Ensemble, combined, describe_member
from mmclip.errors import MmclipError
from mmclip.exit_status import exit_status
from mmclip.leakage import ACTIONS, FURTHER
from mmclip.model import Embeddings
from mmclip.model_files import DESCRIPTION, load_model, read_description, save_model
from mmclip.model_variables import split_model
from mmclip.output_paths import check_output_folder
from mmclip.paths import path_argument
from mmclip.query_bank import read_query_bank, write_query_bank
from mmclip.store_axes import have_same_axes
from mmclip.training_stores import BASE_STORES

# Entries of model.json that may differ between the members of an ensemble.
OWN = ("settings", "step", "validation_accuracy", "validation_retrieval", "weights_sha256")
OWN += ("query_bank",)
EXAMPLES = """
example:
  python -m mmclip.ensemble runs/g1-0 runs/g1-1 runs/g1-2 --out runs/g1
"""


@exit_status()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 if the input cannot be used."""
    options = make_parser().parse_args(arguments)
    description = combine_runs(options.runs, Path(options.out))
    print(f"{options.out}: an ensemble of {len(description[MEMBERS])} models")
    return 0


def combine_runs(runs: Sequence[str | Path], out: Path) -> dict:
    """Write the ensemble of several trained models, including query banks if the models have any.

    Args:
        runs: folders of the models.
        out: output folder, in which an existing ensemble is replaced.

    Returns:
        Content of model.json.

    Raises:
        MmclipError: a model cannot be read, the models do not belong together, or the folder cannot
            be written or contains another model.
    """
    check_output_folder(out)
    _require_free(out)
    models = [load_model(run) for run in runs]
    for other in models[1:]:
        _check_pair(models[0], other)
    out.mkdir(parents=True, exist_ok=True)
    weights = split_model(Ensemble([model.network for model in models])).variables["base"]
    first = models[0].description
    shared = _shared([model.description for model in models])
    own = {MEMBERS: [describe_member(model) for model in models], "settings": first["settings"]}
    save_model(out, weights, {**shared, **own, "step": None, "validation_accuracy": None})
    banks = [read_query_bank(model) for model in models]
    if any(bank is None for bank in banks):
        return load_model(out).description
    aggregates = models[0].settings.model.aggregator == "attention"
    return write_query_bank(out, Embeddings(*map(np.asarray, combined(banks, aggregates))))


def _require_free(out: Path) -> None:
    """Raise MmclipError if a folder contains a model other than an ensemble."""
    if not (out / DESCRIPTION).exists():
        return
    found = read_description(out)
    if MEMBERS not in found or BILINEAR in found:
        raise MmclipError(out, "--out", "contains another model", "choose another folder")


def _check_pair(first, other) -> None:
    """Raise MmclipError unless two models differ only in the seed and the results of training."""
    for model in (first, other):
        if MEMBERS in model.description:
            problem, hint = "combines several models", "give the folders of single models"
            raise MmclipError(model.folder, "model", problem, hint)
    train = replace(other.settings.train, seed=first.settings.train.seed)
    differing = [] if replace(other.settings, train=train) == first.settings else ["settings"]
    if not have_same_axes(first.description["axes"], other.description["axes"]):
        differing.append("axes")
    one, two = (_comparable(model.description) for model in (first, other))
    # Earlier versions did not record the actions and the labels of further people, so they are
    # compared only if both models have them.
    names = sorted({*one, *two} - ({ACTIONS, FURTHER} - (one.keys() & two.keys())))
    differing += [name for name in names if one.get(name) != two.get(name)]
    differing += _differing_stores(first.description, other.description)
    if differing:
        problem = f"differs from {first.folder} in {', '.join(differing)}"
        hint = "combine models of the same stores and settings, with different seeds"
        raise MmclipError(other.folder, "model", problem, hint)
    if other.settings.train.seed == first.settings.train.seed:
        problem = f"has the seed {other.settings.train.seed}, as {first.folder}"
        raise MmclipError(other.folder, "seed", problem, "train with another --seed")


def _comparable(description: dict) -> dict:
    """Entries that must be equal in all members; axes and stores are compared separately."""
    excluded = {*OWN, "axes", "stores", BASE_STORES}
    return {name: each for name, each in description.items() if name not in excluded}


def _differing_stores(one: dict, other: dict) -> list[str]:
    """Entries about stores that differ; earlier versions did not record those of base models."""
    names = ["stores", *([BASE_STORES] if BASE_STORES in one and BASE_STORES in other else [])]
    return [name for name in names if not _same_stores(one[name], other[name])]


def _same_stores(one: Sequence[dict], other: Sequence[dict]) -> bool:
    """Whether two models have the same stores, by what the versions of both models recorded."""
    pairs = list(zip(one, other))
    same = all(each[name] == also[name] for each, also in pairs for name in each.keys() & also)
    return len(one) == len(other) and same


def _shared(descriptions: Sequence[dict]) -> dict:
    """Entries that the members share, including those that only members of this version record."""
    stores = [dict(ChainMap(*each)) for each in zip(*(each["stores"] for each in descriptions))]
    axes = dict(ChainMap(*(each["axes"] for each in descriptions)))
    shared = {**ChainMap(*descriptions), "axes": axes, "stores": stores}
    return {name: value for name, value in shared.items() if name not in OWN}


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m mmclip.ensemble",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "runs", type=path_argument, nargs="+", metavar="RUN", help="folders of trained models"
    )
    parser.add_argument(
        "--out", type=path_argument, required=True, metavar="DIR", help="output folder"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
