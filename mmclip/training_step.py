"""One training step as a pure, compiled function of the state and a batch."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from mmclip import lora
from mmclip.augmentation import augment
from mmclip.losses import total_loss
from mmclip.model_variables import SplitModel, Variables, join_model, split_model
from mmclip.preprocessing import scaled_heatmap
from mmclip.settings import OptimizationSettings, TrainingSettings


class TrainState(NamedTuple):
    """Everything that a checkpoint stores.

    Attributes:
        trained: trained variables, keyed by path.
        frozen: frozen variables, keyed by path.
        optimizer: state of the optimizer.
        step: number of completed steps.
    """

    trained: Variables
    frozen: Variables
    optimizer: Any
    step: jax.Array


def learning_rate(settings: OptimizationSettings, step):
    """Learning rate of a step: linear warm-up times step-wise exponential decay."""
    warmup = jnp.minimum(1.0, (step + 1) / max(settings.warmup, 1))
    return settings.rate * warmup * settings.decay ** (step // settings.decay_every)


def make_optimizer(settings: OptimizationSettings) -> optax.GradientTransformation:
    """AdamW with weight decay applied only to matrices; Adam if the weight decay is 0."""
    return optax.adamw(
        lambda step: learning_rate(settings, step),
        weight_decay=settings.weight_decay,
        mask=lambda variables: jax.tree.map(lambda value: value.ndim > 1, variables),
    )


def start_state(model: SplitModel, settings: OptimizationSettings) -> TrainState:
    """State before the first step; its buffers are donated to the step function."""
    trained, frozen = model.trained_variables, model.frozen_variables
    optimizer = make_optimizer(settings).init(trained)
    return TrainState(trained, frozen, optimizer, jnp.zeros((), jnp.int32))


def model_of_state(model: SplitModel, state: TrainState):
    """Rebuild the network with the variables of a state."""
    values = {**state.trained, **state.frozen}
    variables = {
        kind: {path: values[path] for path in paths} for kind, paths in model.variables.items()
    }
    return join_model(model.graph, variables)


def merged_weights(model: SplitModel, state: TrainState) -> Variables:
    """Base weights of a state, into which a LoRA update, if any, is merged."""
    network = model_of_state(model, state)
    lora.merge(network)
    return split_model(network).variables["base"]


def make_step(model: SplitModel, vectors: jax.Array, settings: TrainingSettings) -> Callable:
    """Compile the training step.

    Args:
        model: structure of the model, and the kind of variables to train.
        vectors: embeddings of all sentences [sentence, width].
        settings: settings of the training run.

    Returns:
        step(state, maps, labels, sentences), which returns the next state and the metrics by name.
        The random key of a step is derived from the seed in the settings and the step number.
    """
    prepare, update = make_preparation(settings), make_update(model, vectors, settings)

    def step(state: TrainState, maps, labels, sentences) -> tuple[TrainState, dict]:
        return update(state, prepare(state.step, maps), labels, sentences)

    return step


def make_preparation(settings: TrainingSettings) -> Callable:
    """Compile the augmentation of a batch and its conversion to the network's input.

    Augmentation and conversion are separate programs, because in a single program on a CPU, XLA
    would repeat the augmentation for every weight of the interpolation.

    Returns:
        prepare(step, maps), where `step` is the number of completed steps and `maps` contains the
        stored heatmaps keyed by name; returns the network's inputs, one array [batch, column, bin]
        for each heatmap.
    """

    def augmented(step, maps):
        augment_key, _ = _step_keys(settings, step)
        maps = {name: map_db.astype(jnp.float32) for name, map_db in maps.items()}
        return augment(augment_key, maps, settings.augment)

    def scaled(maps):
        return tuple(scaled_heatmap(map_db, settings.model.size) for map_db in maps.values())

    augmented, scaled = jax.jit(augmented), jax.jit(scaled)
    return lambda step, maps: scaled(augmented(step, maps))


def make_update(model: SplitModel, vectors: jax.Array, settings: TrainingSettings) -> Callable:
    """Compile the update of the trained variables by one batch.

    Args:
        model, vectors, settings: arguments of `make_step`.

    Returns:
        update(state, inputs, labels, sentences), which returns the next state and the metrics by
        name; `inputs` is the result of `prepare` for this step.
    """
    optimizer = make_optimizer(settings.train)
    unit = settings.train.loss != "mse_unnormalised"

    def loss_of(trained, state, inputs, labels, sentences, key):
        network = model_of_state(model, state._replace(trained=trained))
        signal_key, text_key = jax.random.split(key)
        signal = network.signal(jnp.stack(inputs, axis=1), signal_key, unit=unit)
        text = network.text(vectors[sentences], text_key, unit=unit)
        scale = network.scale()
        loss, terms = total_loss(signal, text, labels, sentences, scale, settings.train)
        return loss, {"loss": loss, **terms, "scale": scale}

    def update(state: TrainState, inputs, labels, sentences) -> tuple[TrainState, dict]:
        _, dropout_key = _step_keys(settings, state.step)
        gradients, metrics = jax.grad(loss_of, has_aux=True)(
            state.trained, state, inputs, labels, sentences, dropout_key
        )
        updates, optimizer_state = optimizer.update(gradients, state.optimizer, state.trained)
        trained = optax.apply_updates(state.trained, updates)
        return TrainState(trained, state.frozen, optimizer_state, state.step + 1), metrics

    return jax.jit(update, donate_argnums=0)


def _step_keys(settings: TrainingSettings, step) -> jax.Array:
    """Random keys of augmentation and of dropout in the step after `step` completed steps."""
    return jax.random.split(jax.random.fold_in(jax.random.key(settings.train.seed), step))
