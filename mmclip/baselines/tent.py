"""Tent: zero-shot recognition by the similarity of windows to labels with a learned soft prompt.

One Vision Transformer embeds the stacked heatmaps, and a frozen text encoder embeds the first
sentence of each label, into which a learned soft prompt is inserted. Training minimises the
cross-entropy over the seen labels. Training returns the weights with the highest accuracy on the
seen labels of the validation people. `tent_model.SMALL_TENT` contains the settings that differ from
those of mmCLIP's authors.

Source:
    Zhou et al., "Tent: Connect Language Models with IoT Sensors for Zero-Shot Activity
    Recognition", 2023, modified for heatmaps as in section 5.1.2 of the mmCLIP paper.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import jax
import numpy as np
import optax
from flax import nnx

from mmclip.baselines.fitting import Fit, fit, start_fit
from mmclip.baselines.soft_prompt import INIT_STD, PromptedEncoder
from mmclip.baselines.tent_model import Tent, TentSettings
from mmclip.baselines.window_data import BaselineData, open_data, training_batches, window_inputs
from mmclip.epochs import steps_per_epoch
from mmclip.model_variables import SplitModel, join_model, split_model
from mmclip.prepared_data import require_windows
from mmclip.sentences import Descriptions
from mmclip.settings import TrainingSettings
from mmclip.text_encoders import TextEncoder, load_encoder
from mmclip.window_corpus import WindowIndex


@dataclass(frozen=True)
class TrainedTent:
    """A trained Tent model and its text encoder.

    Attributes:
        data: corpus on which the model was trained.
        settings, tent: training settings in general, and settings of Tent.
        encoder: frozen text encoder.
        weights: variables of the network, and the prompt vectors.
    """

    data: BaselineData
    settings: TrainingSettings
    tent: TentSettings
    encoder: TextEncoder
    weights: dict

    def scores(self, data: BaselineData, windows: WindowIndex, labels: Sequence[str]) -> np.ndarray:
        """Compute the cosine similarities [window, label] for windows of any corpus."""
        prompted = _prompted(self.encoder, self.sentences(data), labels, self.tent)
        texts = np.asarray(prompted(self.weights["prompt"]))
        inputs = window_inputs(data, windows, self.settings)
        found = [np.asarray(self._embed(self.weights["network"], each)) for each in inputs]
        return np.concatenate(found)[: len(windows)] @ texts.T

    def sentences(self, data: BaselineData) -> Descriptions:
        """Sentence variants keyed by label: those of training first, then those of the data."""
        return {**data.corpus.sentences, **self.data.corpus.sentences}

    @cached_property
    def _embed(self) -> Callable:
        graph = _split_network(self.settings, self.tent, self.encoder.width).graph
        return jax.jit(lambda weights, inputs: join_model(graph, {"base": weights})(inputs))

    @property
    def num_trained(self) -> int:
        """Number of parameters that are trained."""
        return sum(each.size for each in jax.tree.leaves(self.weights))


def train_tent(
    stores: Sequence[str],
    folder: Path,
    settings: TrainingSettings,
    tent: TentSettings,
    encoder_name: str,
    report: Callable[[str], None] = print,
) -> TrainedTent:
    """Train Tent, or resume its training.

    Args:
        stores: folders of stores.
        folder: folder of the training run.
        settings: settings of data, augmentation and schedule, as for mmCLIP.
        tent: settings of the network and of the prompt.
        encoder_name: name of the text encoder.
        report: function that receives each line of progress.

    Raises:
        MmclipError: a store or a setting cannot be used, or the training diverges.
    """
    data, encoder = open_data(stores, settings, report), load_encoder(encoder_name)
    require_windows(data, ("train",), data.seen)
    prompted = _prompted(encoder, data.corpus.sentences, data.seen, tent)
    optimizer = _optimizer(data, settings)
    weights = _start_weights(settings, tent, encoder, prompted)
    opened = {name: optimizer.init(each) for name, each in weights.items()}
    windows = data.windows("val", data.seen)
    truth = data.truth(windows, data.seen)

    def validate(weights: dict) -> float:
        if not len(windows):
            return 0.0
        model = TrainedTent(data, settings, tent, encoder, weights)
        return float(np.mean(model.scores(data, windows, data.seen).argmax(axis=1) == truth))

    found = fit(
        folder,
        start_fit(weights, opened, settings.train.rate),
        steps=settings.train.steps,
        validate_every=settings.train.validate_every,
        batches=partial(training_batches, data, settings),
        update=_Updates(settings, tent, prompted, optimizer),
        validate=validate,
        report=report,
    )
    return TrainedTent(data, settings, tent, encoder, found.best)


def cross_entropy(
    windows: jax.Array, texts: jax.Array, labels: jax.Array, scale: float
) -> jax.Array:
    """Cross-entropy of the softmax of scaled cosine similarities, averaged over the windows."""
    logits = scale * windows @ texts.T
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


class _Updates:
    """Updates of the network in every step, and of the prompt in every `prompt_every`-th step.

    The text embeddings of the labels are reused until the next update of the prompt.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        tent: TentSettings,
        prompted: PromptedEncoder,
        optimizer: optax.GradientTransformation,
    ):
        self._graph = _split_network(settings, tent, prompted.width).graph
        self._tent, self._prompted, self._optimizer = tent, prompted, optimizer
        self._update, self._embed, self._texts = jax.jit(self._step), jax.jit(prompted), None

    def __call__(self, state: Fit, step: int, batch) -> Fit:
        if step % self._tent.prompt_every == 0:
            self._texts = None
            return self._update(state, None, *batch)
        if self._texts is None:
            self._texts = self._embed(state.weights["prompt"])
        return self._update(state, self._texts, *batch)

    def _step(self, state: Fit, texts, inputs, labels) -> Fit:
        gradients = jax.grad(self._loss)(state.weights, texts, inputs, labels)
        weights, opened = dict(state.weights), dict(state.optimizer)
        for name in ("network", "prompt") if texts is None else ("network",):
            change, opened[name] = self._optimizer.update(
                gradients[name], opened[name], weights[name]
            )
            weights[name] = optax.apply_updates(weights[name], change)
        return state._replace(weights=weights, optimizer=opened)

    def _loss(self, weights, texts, inputs, labels):
        texts = self._prompted(weights["prompt"]) if texts is None else texts
        windows = join_model(self._graph, {"base": weights["network"]})(inputs)
        return cross_entropy(windows, texts, labels, self._tent.scale)


def _optimizer(data: BaselineData, settings: TrainingSettings) -> optax.GradientTransformation:
    """Create Adam with a learning rate that is multiplied by `train.decay` after every epoch."""
    clips = len(np.unique(data.corpus.windows(("train",), set(data.seen)).clip))
    epoch = steps_per_epoch(clips, settings.train.batch)
    rate, decay = settings.train.rate, settings.train.decay
    return optax.adam(lambda step: rate * decay ** (step // epoch))


def _start_weights(
    settings: TrainingSettings, tent: TentSettings, encoder: TextEncoder, prompted: PromptedEncoder
) -> dict:
    network = _split_network(settings, tent, encoder.width).variables["base"]
    key = jax.random.fold_in(jax.random.key(settings.train.seed), 1)
    shape = (tent.prompt_length, prompted.word_width)
    return {"network": network, "prompt": INIT_STD * jax.random.normal(key, shape)}


def _split_network(settings: TrainingSettings, tent: TentSettings, text_width: int) -> SplitModel:
    bins = settings.model.size * len(settings.model.heatmaps)
    rngs = nnx.Rngs(params=settings.train.seed)
    return split_model(Tent(tent, settings.model.size, bins, text_width, rngs=rngs))


def _prompted(
    encoder: TextEncoder, known: Descriptions, labels: Sequence[str], tent: TentSettings
) -> PromptedEncoder:
    sentences = [first_sentence(known, label) or label for label in labels]
    return PromptedEncoder(encoder, sentences, tent.prompt_length)


def first_sentence(known: Descriptions, label: str) -> str:
    """First variant of a label's general description; "" if the label has no such sentence."""
    variants = known.get(label, ())
    return variants[0].get("general", "") if variants else ""
