"""Fit a bilinear map on trained models: `python -m mmclip.bilinear STORE --model RUN --out DIR`.

The map takes the attribute vectors of a window to the sentence embeddings of its label. The map is
computed in closed form, with strong regularisation, from the training windows of all labels of the
stores except those that the first model excluded from training. The mapped vectors distinguish
unseen labels better than the attribute vectors. With several models, their vectors are
concatenated; for example, a model trained on activities and one pre-trained on captions. All
commands except mmclip.finetune, mmclip.ensemble and mmclip.bilinear accept the result in place of a
model.

Source:
    Romera-Paredes and Torr, "An embarrassingly simple approach to zero-shot learning", ICML 2015
    (ESZSL): the closed form, with one regularisation of the windows and one of the labels.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from mmclip.command_options import add_verify_option
from mmclip.errors import MmclipError
from mmclip.exit_status import exit_status
from mmclip.output_paths import check_output_folder
from mmclip.paths import path_argument

# Regularisation of the windows and of the labels, chosen on the unseen labels of group G1
# (docs/recognition.md).
WINDOW_PENALTY, LABEL_PENALTY = 100.0, 0.03
EXAMPLES = """
examples:
  python -m mmclip.bilinear sixty.zarr --model runs/g1 --out runs/g1-bilinear
  python -m mmclip.bilinear sixty.zarr --model runs/g1 runs/grammar --out runs/both
"""


@exit_status()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 if the input cannot be used."""
    options = make_parser().parse_args(arguments)

    description = fit(options.stores, options.model, Path(options.out), verify=options.verify)
    accuracy = description["validation_accuracy"]
    measured = "" if accuracy is None else f", {accuracy:.1%} of the validation windows correct"
    print(f"{options.out}: bilinear map of {description['bilinear']['windows']} windows{measured}")
    return 0


def fit(
    stores: Sequence[str],
    runs: Sequence[str | Path],
    out: Path,
    verify: bool = True,
    report: Callable[[str], None] = print,
) -> dict:
    """Fit the map on the training windows of stores, and write the resulting model.

    Args:
        stores: stores with the seen labels of the first model.
        runs: folders of trained models of the same layer sizes, axes and text encoder.
        out: output folder.
        verify: whether to verify the checksums of the stores.
        report: function that receives each line of progress.

    Returns:
        Content of model.json.

    Raises:
        MmclipError: a model, a store or the folder cannot be used, the models do not match, or the
            stores have no training clips of two labels.
    """
    from mmclip.model_files import save_model
    from mmclip.model_variables import split_model
    from mmclip.prepared_data import prepare_data
    from mmclip.query_bank import add_query_bank
    from mmclip.text_encoders import load_encoder

    check_output_folder(out)
    models = _load_models(runs)
    first = models[0]
    _require_free(out)
    encoder = load_encoder(first.description["encoder"]["name"])
    first.check_encoder(encoder)
    axes = first.description["axes"]
    data = prepare_data(
        stores,
        first.settings,
        encoder,
        axes=axes,
        verify=verify,
        skip_absent=True,
        report=report,
    )
    network, description = _fit_network(models, data, stores[0], report)
    out.mkdir(parents=True, exist_ok=True)
    save_model(out, split_model(network).variables["base"], description)
    return add_query_bank(out, data.corpus, report)


def _fit_network(models: list, data, where: str, report: Callable[[str], None]) -> tuple:
    """Fit the map on the training windows, and its scale on the validation windows.

    Args:
        models: trained models.
        data: prepared data of the stores.
        where: name of the first store, used in messages.
        report: function that receives each line of progress.

    Returns:
        The network with the map, and its description without the query bank.

    Raises:
        MmclipError: the stores have no training clips of two labels.
    """
    from mmclip.bilinear_fit import choose_scale, fit_map
    from mmclip.bilinear_network import BilinearNetwork, features

    texts = _texts_of_labels(models[0], data)
    windows, own = _windows_of_labels(data, "train")
    if len(set(own.tolist())) < 2:
        problem = "has training clips of fewer than two labels"
        raise MmclipError(where, "labels", problem, "give a store with more labels")
    report(f"bilinear map: {len(windows)} training windows of {len(data.seen)} labels")
    embed = partial(_attributes, models[0].settings.model, data.corpus)
    vectors = features([embed(model.network, windows) for model in models])
    bilinear = fit_map(vectors, own, texts, WINDOW_PENALTY, LABEL_PENALTY)
    network = BilinearNetwork([model.network for model in models], bilinear)
    description = _describe(models, data, len(windows), bilinear)
    windows, own = _windows_of_labels(data, "val")
    if not len(windows):
        report("no validation clips: probabilities of labels are almost equal")
        return network, description
    scale, description["validation_accuracy"] = choose_scale(embed(network, windows), own, texts)
    network.set_scale(scale)
    return network, description


def _load_models(runs: Sequence[str | Path]) -> list:
    """Load the models; raise MmclipError unless they have equal layers, axes and text encoders."""
    from mmclip.bilinear_network import BILINEAR
    from mmclip.ensemble_network import MEMBERS
    from mmclip.model_files import load_model
    from mmclip.store_axes import have_same_axes

    models = [load_model(run) for run in runs]
    first = models[0]
    for model in models:
        if MEMBERS in model.description or BILINEAR in model.description:
            problem = "combines several models"
            raise MmclipError(model.folder, "model", problem, "give the folders of single models")
        own, other = model.description, first.description
        for name, is_equal in (
            ("layer sizes", model.settings.model == first.settings.model),
            ("axes", have_same_axes(own["axes"], other["axes"])),
            ("text encoder", own["encoder"] == other["encoder"]),
        ):
            if not is_equal:
                problem = f"differs from {first.folder} in its {name}"
                hint = "give models that were trained with the same settings of the section model"
                raise MmclipError(model.folder, "model", problem, hint)
    return models


def _texts_of_labels(first, data):
    """Return the mean sentence embeddings of the seen labels [label, attribute, width].

    In a permutation control, a label has the text of another label, as in training.
    """
    from mmclip.sentences import permute_label_texts
    from mmclip.zero_shot_classifier import embed_labels

    seed = first.settings.train.derange
    text_of = permute_label_texts(data.seen, seed) if seed else {}
    names = [text_of.get(label, label) for label in data.seen]
    return embed_labels(first.network, data.bank, data.vectors, names).attributes


def _windows_of_labels(data, split: str):
    """Return the windows of the seen labels in a split, and the index of each window's label."""
    import numpy as np

    windows = data.corpus.windows((split,), set(data.seen))
    index = {label: place for place, label in enumerate(data.seen)}
    return windows, np.array([index[data.corpus.labels[label]] for label in windows.label], int)


def _attributes(settings, corpus, network, windows):
    """Return the attribute vectors of windows [window, attribute, width]."""
    from mmclip.zero_shot_classifier import embed_corpus_windows

    return embed_corpus_windows(network, settings, corpus, windows).attributes


def _require_free(out: Path) -> None:
    """Raise MmclipError if a folder contains a model without a bilinear map."""
    from mmclip.bilinear_network import BILINEAR
    from mmclip.model_files import DESCRIPTION, read_description

    if (out / DESCRIPTION).exists() and BILINEAR not in read_description(out):
        raise MmclipError(out, "--out", "contains another model", "choose another folder")


def _describe(models: Sequence, data, windows: int, bilinear) -> dict:
    """Content of model.json, which combines what the models and the map were trained on."""
    from dataclasses import replace

    from mmclip.bilinear_network import BILINEAR, LABELS
    from mmclip.ensemble_network import MEMBERS, describe_member
    from mmclip.leakage import ACTIONS, FURTHER
    from mmclip.model_files import describe_training
    from mmclip.training_stores import BASE_STORES, unique_stores

    first = models[0].settings
    has_bank = first.inference.query_bank > 0
    inference = replace(first.inference, scoring="parts", hub_correction=has_bank)
    settings = replace(first, inference=inference)
    every = [model.description for model in models]
    united = {
        name: sorted({each for description in every for each in description.get(name, ())})
        for name in ("seen", ACTIONS, FURTHER, "takes", "subjects", "radars")
    }
    united[BASE_STORES] = [store for each in every for store in each.get(BASE_STORES, ())]
    united["simulated"] = any(description["simulated"] for description in every)
    united["sentences"] = {k: v for each in reversed(every) for k, v in each["sentences"].items()}
    trained = describe_training(data, settings, united)
    stores = trained["stores"] + [store for each in every for store in each["stores"]]
    return {
        **trained,
        "stores": unique_stores(stores),
        "step": None,
        "validation_accuracy": None,
        MEMBERS: [describe_member(model) for model in models],
        BILINEAR: {
            "windows": windows,
            "rank": int(bilinear.left[...].shape[1]),
            LABELS: list(data.seen),
            "window_penalty": WINDOW_PENALTY,
            "label_penalty": LABEL_PENALTY,
        },
    }


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m mmclip.bilinear",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "stores", type=path_argument, nargs="+", metavar="STORE", help="stores with seen labels"
    )
    parser.add_argument(
        "--model",
        type=path_argument,
        nargs="+",
        required=True,
        metavar="RUN",
        help="folders of trained models; the first determines the labels of the fit",
    )
    parser.add_argument(
        "--out", type=path_argument, required=True, metavar="DIR", help="output folder"
    )
    add_verify_option(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
