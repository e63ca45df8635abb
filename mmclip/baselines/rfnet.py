"""RF-Net: few-shot classification by a learned relation between windows and the label's examples.

Training on the seen labels alternates two updates: the encoder and its classifier by cross-entropy,
and the relation module by few-shot episodes, in which the encoder is frozen. In an episode, the
logits of a window are the relation scores plus the classifier's logits for the episode's labels. As
in section 5.4 of the mmCLIP paper, the episodes are drawn from the seen labels, and the model is
then fine-tuned on the examples of the unseen labels, with a new classifier.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from mmclip.baselines.episodes import draw_episode
from mmclip.baselines.fitting import Fit, fit, start_fit
from mmclip.baselines.rfnet_model import RfNet, RfNetSettings, relation_scores, similarities
from mmclip.baselines.window_data import (
    BaselineData,
    open_data,
    prepared_inputs,
    training_batches,
    window_inputs,
)
from mmclip.batch_sampler import BatchIndices
from mmclip.model_variables import SplitModel, join_model, split_model
from mmclip.prepared_data import require_windows
from mmclip.settings import TrainingSettings
from mmclip.window_corpus import WindowIndex

# Prefix of the names of the weights that are trained by episodes only.
RELATION = "relation/"
CLASSIFIER = ("classifier/kernel", "classifier/bias")


class Batch(NamedTuple):
    """Windows of one training step.

    Attributes:
        inputs, labels: windows for the cross-entropy, and indices of their seen labels.
        support, queries: example windows and query windows of an episode, ordered by label.
        ways: indices of the seen labels in the episode.
    """

    inputs: jax.Array
    labels: np.ndarray
    support: jax.Array
    queries: jax.Array
    ways: np.ndarray


@dataclass(frozen=True)
class TrainedRfNet:
    """A trained RF-Net model.

    Attributes:
        data: corpus on which the model was trained.
        settings, rfnet: training settings in general, and settings of RF-Net.
        weights: variables of the network.
    """

    data: BaselineData
    settings: TrainingSettings
    rfnet: RfNetSettings
    weights: dict

    def few_shot_scores(
        self, support: np.ndarray, queries: np.ndarray, ways: int, seed: int
    ) -> np.ndarray:
        """Compute scores [query, label] after fine-tuning on the examples.

        Args:
            support: inputs of the examples, ordered by label, with the same number for each label.
            queries: inputs of the windows to classify.
            ways: number of labels.
            seed: random seed of the fine-tuning batches.
        """
        split = _split_network(self.settings, self.rfnet, ways)
        fresh = {name: jnp.zeros_like(split.variables["base"][name]) for name in CLASSIFIER}
        weights = {**self.weights, **fresh}
        labels = np.repeat(np.arange(ways), len(support) // ways)
        rate, rng = self.rfnet.tune_rate, np.random.default_rng(seed)
        state = optax.adam(rate).init(weights)
        for _ in range(self.rfnet.tune_steps):
            drawn = rng.integers(len(support), size=self.settings.train.batch)
            batch = support[drawn], labels[drawn]
            weights, state = _tune(split.graph, rate, weights, state, *batch)
        return np.asarray(_few_shot_logits(split.graph, weights, support, queries))

    def classify(self, windows: WindowIndex) -> np.ndarray:
        """Compute the logits of the classifier [window, seen label]."""
        graph = _split_network(self.settings, self.rfnet, len(self.data.seen)).graph
        inputs = window_inputs(self.data, windows, self.settings)
        found = [np.asarray(_classify(graph, self.weights, each)) for each in inputs]
        return np.concatenate(found)[: len(windows)]

    @property
    def num_trained(self) -> int:
        """Number of parameters that are trained."""
        return sum(each.size for each in self.weights.values())


def train_rfnet(
    stores: Sequence[str],
    folder: Path,
    settings: TrainingSettings,
    rfnet: RfNetSettings,
    report: Callable[[str], None] = print,
) -> TrainedRfNet:
    """Train RF-Net on the seen labels, or resume its training.

    Args:
        stores: folders of stores.
        folder: folder of the training run.
        settings: settings of the data, the augmentation and the schedule; `rfnet.rate` replaces the
            learning rate.
        rfnet: settings of the network and of the episodes.
        report: function that receives each line of progress.

    Raises:
        MmclipError: a store or a setting cannot be used, or the training diverges.
    """
    data = open_data(stores, settings, report)
    require_windows(data, ("train",), data.seen)
    split = _split_network(settings, rfnet, len(data.seen))
    windows = data.windows("val", data.seen)
    truth = data.truth(windows, data.seen)

    def validate(weights: dict) -> float:
        if not len(windows):
            return 0.0
        found = TrainedRfNet(data, settings, rfnet, weights).classify(windows)
        return float(np.mean(found.argmax(axis=1) == truth))

    start, adam = split.variables["base"], optax.scale_by_adam()
    found = fit(
        folder,
        start_fit(start, {"encoder": adam.init(start), "relation": adam.init(start)}, rfnet.rate),
        steps=settings.train.steps,
        validate_every=settings.train.validate_every,
        batches=partial(_batches, data, settings, rfnet),
        update=_make_update(split.graph, adam),
        validate=validate,
        report=report,
    )
    return TrainedRfNet(data, settings, rfnet, found.best)


def _make_update(graph, adam: optax.GradientTransformation) -> Callable:
    """Compile the two updates of a training step: cross-entropy and episode."""

    def encoder_loss(weights, batch: Batch):
        return _cross_entropy(graph, weights, batch.inputs, batch.labels)

    def relation_loss(weights, batch: Batch):
        network = join_model(graph, {"base": weights})
        logits = _episode_logits(network, batch.support, batch.queries, batch.ways)
        labels = jnp.repeat(jnp.arange(len(batch.ways)), len(batch.queries) // len(batch.ways))
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    def update(state: Fit, batch: Batch) -> Fit:
        weights, opened = state.weights, dict(state.optimizer)
        for name, loss in (("encoder", encoder_loss), ("relation", relation_loss)):
            gradients = jax.grad(loss)(weights, batch)
            change, opened[name] = adam.update(gradients, opened[name])
            rate = state.plateau[0]
            weights = {
                key: value - rate * change[key] * _is_trained(key, name)
                for key, value in weights.items()
            }
        return state._replace(weights=weights, optimizer=opened)

    update = jax.jit(update)
    return lambda state, step, batch: update(state, batch)


def _is_trained(key: str, name: str) -> bool:
    return key.startswith(RELATION) == (name == "relation")


def _episode_logits(network: RfNet, support, queries, ways) -> jax.Array:
    """Relation scores plus the classifier's logits for the labels of the episode [query, way]."""
    features = network.features(jnp.concatenate([support, queries]))
    examples, asked = (
        jax.tree.map(lambda x: x[: len(support)], features),
        jax.tree.map(lambda x: x[len(support) :], features),
    )
    labels = jnp.repeat(jnp.arange(len(ways)), len(support) // len(ways))
    found = similarities(asked, examples)
    relation = relation_scores(network.relation, found, labels, len(ways))
    return relation + network.classifier(asked.fused)[:, ways]


def _cross_entropy(graph, weights, inputs, labels):
    network = join_model(graph, {"base": weights})
    logits = network.classifier(network.features(inputs).fused)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


@partial(jax.jit, static_argnums=(0, 1))
def _tune(graph, rate, weights, state, inputs, labels):
    gradients = jax.grad(partial(_cross_entropy, graph))(weights, inputs, labels)
    change, state = optax.adam(rate).update(gradients, state)
    return optax.apply_updates(weights, change), state


@partial(jax.jit, static_argnums=0)
def _few_shot_logits(graph, weights, support, queries):
    network = join_model(graph, {"base": weights})
    ways = jnp.arange(weights[CLASSIFIER[0]].shape[1])
    return _episode_logits(network, support, queries, ways)


@partial(jax.jit, static_argnums=0)
def _classify(graph, weights, inputs):
    network = join_model(graph, {"base": weights})
    return network.classifier(network.features(inputs).fused)


def _batches(
    data: BaselineData, settings: TrainingSettings, rfnet: RfNetSettings, steps: range
) -> Iterator[Batch]:
    """Yield the batch of each step; a batch depends only on the settings and the step number."""
    windows = data.windows("train", data.seen)
    labels = data.truth(windows, data.seen)
    sizes = (rfnet.ways, rfnet.shots, rfnet.queries)
    episodes = [
        draw_episode(labels, windows.clip, *sizes, (settings.train.seed, step)) for step in steps
    ]
    orders = [np.concatenate([each.support, each.queries]) for each in episodes]
    inputs = read_inputs(data, windows, orders, settings)
    for batch, episode, both in zip(training_batches(data, settings, steps), episodes, inputs):
        size = len(episode.support)
        yield Batch(*batch, both[:size], both[size:], episode.labels)


def read_inputs(
    data: BaselineData,
    windows: WindowIndex,
    orders: Sequence[np.ndarray],
    settings: TrainingSettings,
) -> Iterator[jax.Array]:
    """Yield the network inputs for each selection of windows."""
    selected = (windows.select(order) for order in orders)
    batches = (BatchIndices(each, np.zeros((len(each), 0), np.int64)) for each in selected)
    yield from prepared_inputs(data, batches, settings, settings.data.memory_mb)


def _split_network(settings: TrainingSettings, rfnet: RfNetSettings, labels: int) -> SplitModel:
    bins = settings.model.size * len(settings.model.heatmaps)
    return split_model(RfNet(rfnet, bins, labels, rngs=nnx.Rngs(params=settings.train.seed)))
