"""A trained model as two files: weights.safetensors and its description, model.json."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from mmclip.atomic_files import write_atomically
from mmclip.bilinear_network import BILINEAR, BilinearNetwork, make_bilinear
from mmclip.common_grid import on_grid
from mmclip.ensemble_network import MEMBERS, Ensemble, make_ensemble
from mmclip.errors import MmclipError
from mmclip.excluded_windows import TRAINING_SPLITS, further_labels, left_out_entry
from mmclip.leakage import ACTIONS, FURTHER
from mmclip.model import MmClip, make_model
from mmclip.model_variables import Variables, join_model, split_model
from mmclip.prepared_data import PreparedData
from mmclip.presets import settings_from_dict, settings_to_dict
from mmclip.sentences import Descriptions
from mmclip.settings import TrainingSettings
from mmclip.store import RadarStore, radar_names
from mmclip.store_axes import check_same_axes
from mmclip.text_encoders import TextEncoder
from mmclip.training_stores import describe_store, earlier_stores
from mmclip.window_corpus import WindowCorpus

FORMAT, VERSION = "mmclip-model", 1
WEIGHTS, DESCRIPTION = "weights.safetensors", "model.json"
# The trained model that is part of the package, written by mmclip.publish.
BUNDLED_MODEL = Path(__file__).with_name("bundled_model")


@dataclass(frozen=True)
class TrainedModel:
    """A trained model and its description.

    Attributes:
        network: the network with its trained weights, or a network that combines several.
        settings: settings of its training run.
        description: content of model.json.
        folder: folder that contains both files.
    """

    network: MmClip | Ensemble | BilinearNetwork
    settings: TrainingSettings
    description: dict
    folder: Path

    def check_axes(self, store: RadarStore) -> None:
        """Raise MmclipError unless a store has the axes of the model's training data."""
        store = on_grid(store, self.settings)
        try:
            check_same_axes([store], self.description["axes"])
        except MmclipError as error:
            names = " and ".join(self.description.get("radars", ()))
            own = " or ".join(radar_names([store])) or "this radar"
            known = f"the model needs the {names or 'radar'} settings of its training data"
            hint = f"{known}; to train for {own}, build a store by `radarsim dataset "
            hint += "--preset zeroshot --out own.zarr --radar RADAR`, where RADAR is its board or "
            hint += "radar file, then run radarsim pretrain"
            raise MmclipError(error.where, error.field, error.problem, hint) from None

    def check_encoder(self, encoder: TextEncoder) -> None:
        """Raise MmclipError unless the model was trained with the given text encoder."""
        trained_with = self.description["encoder"]
        if encoder.digest != trained_with["digest"]:
            problem = f"{encoder.name} ({encoder.digest[:12]}...); the model was trained with "
            problem += f"{trained_with['name']} ({trained_with['digest'][:12]}...)"
            hint = f"give --encoder {trained_with['name']}"
            raise MmclipError(self.folder, "encoder", problem, hint)


def describe_training(
    data: PreparedData, settings: TrainingSettings, base: dict | None = None
) -> dict:
    """The part of model.json that is the same for all steps of a training run.

    Args:
        data, settings: data and settings of the training run.
        base: description of the model from which training starts; its seen labels, subjects,
            takes and sentences are included. Subjects and takes are those of all people.
    """
    corpus, base = data.corpus, base or {}
    seen = sorted({*data.seen, *base.get("seen", ())})
    takes = corpus.take_digests(TRAINING_SPLITS, set(data.seen))
    actions = sorted({*corpus.actions_of(data.seen), *base.get(ACTIONS, ())})
    others = further_labels(corpus, TRAINING_SPLITS, data.seen) | {*base.get(FURTHER, ())}
    others = sorted(others - {*seen, *actions})
    return {
        "format": FORMAT,
        "version": VERSION,
        "settings": settings_to_dict(settings),
        "encoder": data.encoder,
        "axes": data.axes,
        "seen": seen,
        "unseen": [label for label in data.unseen if label not in {*seen, *others}],
        "labels": list(corpus.labels),
        "radars": sorted({*radar_names(corpus.stores), *base.get("radars", ())}),
        "takes": sorted({*takes, *base.get("takes", ())}),
        "subjects": sorted({*corpus.subjects(TRAINING_SPLITS), *base.get("subjects", ())}),
        "simulated": corpus.is_simulated or base.get("simulated", False),
        "stores": [describe_store(store) for store in corpus.stores],
        **earlier_stores(base),
        "sentences": merge_sentences(corpus.labels, corpus.sentences, base.get("sentences", {})),
        **({ACTIONS: actions} if actions else {}),
        **({FURTHER: others} if others else {}),
        **left_out_entry(corpus),
    }


def sentences_for(description: Mapping, corpus: WindowCorpus) -> Descriptions:
    """Sentence variants keyed by label: those of a model's training first, then those of a corpus.

    Args:
        description: content of model.json.
        corpus: windows that the model embeds.
    """
    of_model = description["sentences"].items()
    return {**corpus.sentences, **{label: tuple(each) for label, each in of_model if each}}


def merge_sentences(
    labels: Iterable[str], own: Descriptions, base: Mapping[str, Sequence[dict[str, str]]]
) -> dict[str, list[dict[str, str]]]:
    """Sentences of the labels of a corpus and of its base model; those of the corpus come first.

    A label without sentences in the corpus keeps those of the base model.

    Args:
        labels: labels of the corpus.
        own: sentences of the corpus, keyed by label.
        base: sentences of the base model, keyed by label or caption.
    """
    found = {label: list(own.get(label, ())) for label in labels}
    return {**found, **base, **{label: each for label, each in found.items() if each}}


def save_model(
    folder: Path, weights: Variables, description: dict, dtype: type = np.float32
) -> None:
    """Write weights.safetensors and model.json atomically, in this order.

    Args:
        folder: folder of both files.
        weights: weights keyed by name.
        description: content of model.json, to which the digest of the weights is added.
        dtype: dtype of the stored weights.
    """
    from safetensors.numpy import save

    data = save({name: np.asarray(value, dtype) for name, value in weights.items()})
    write_atomically(folder / WEIGHTS, data)
    description = {**description, "weights_sha256": hashlib.sha256(data).hexdigest()}
    write_atomically(folder / DESCRIPTION, json.dumps(description, indent=1).encode())


def read_description(folder: str | Path) -> dict:
    """Read model.json from a folder.

    Raises:
        MmclipError: the file cannot be read, is not valid JSON, or has another format or version.
    """
    try:
        description = json.loads((Path(folder) / DESCRIPTION).read_bytes())
    except (OSError, ValueError) as error:
        hint = "give a folder written by radarsim pretrain or radarsim finetune"
        raise MmclipError(folder, DESCRIPTION, f"cannot be read ({error})", hint) from None
    found = (description.get("format"), description.get("version"))
    if found != (FORMAT, VERSION):
        problem = f"{found[0]!r} {found[1]!r}, not {FORMAT!r} {VERSION}"
        raise MmclipError(folder, DESCRIPTION, problem, "use the version that wrote it")
    return description


def load_model(folder: str | Path) -> TrainedModel:
    """Load a trained model.

    Args:
        folder: folder that contains both files.

    Raises:
        MmclipError: a file is missing, damaged or of another version, or the two files do not
            belong together.
    """
    from safetensors.numpy import load

    folder, description = Path(folder), read_description(folder)
    settings = settings_from_dict(description["settings"])
    try:
        data = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        hint = f"copy the file to the folder of {DESCRIPTION}"
        raise MmclipError(folder, WEIGHTS, f"cannot be read ({error.strerror})", hint) from None
    if hashlib.sha256(data).hexdigest() != description["weights_sha256"]:
        problem = f"is not the file described in {DESCRIPTION}"
        raise MmclipError(folder, WEIGHTS, problem, "copy both files again")
    initial = split_model(_initial_network(settings, description))
    # The weights of a published model have half precision and are converted to the dtype of
    # training.
    types = {name: value.dtype for name, value in initial.variables["base"].items()}
    weights = {name: jnp.asarray(value, types.get(name)) for name, value in load(data).items()}
    network = join_model(initial.graph, {**initial.variables, "base": weights})
    return TrainedModel(network, settings, description, folder)


def _initial_network(
    settings: TrainingSettings, description: dict
) -> MmClip | Ensemble | BilinearNetwork:
    width, members = description["encoder"]["width"], description.get(MEMBERS)
    if bilinear := description.get(BILINEAR):
        return make_bilinear(settings.model, width, len(members), bilinear["rank"])
    if members:
        return make_ensemble(settings.model, width, len(members))
    return make_model(settings.model, width, 0)


def rewrite_description(folder: Path, **entries) -> dict:
    """Replace entries of model.json; return the new content of the file."""
    description = {**read_description(folder), **entries}
    write_atomically(folder / DESCRIPTION, json.dumps(description, indent=1).encode())
    return description
