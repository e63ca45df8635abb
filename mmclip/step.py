"""One step of training as a pure function of its state, a batch and a key."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from mmclip.augment import augment
from mmclip.config import Settings, Train
from mmclip.losses import total_loss
from mmclip.maps import network_input
from mmclip.weights import Flat, put_together


class State(NamedTuple):
    """Everything that a step changes, and what it needs unchanged.

    Attributes:
        trained: variables that are trained, by path.
        frozen: those of the other kind.
        optimizer: the optimizer's own.
        step: steps done.
    """

    trained: Flat
    frozen: Flat
    optimizer: Any
    step: jax.Array


def learning_rate(settings: Train, step):
    """Rises over the warm-up, then falls by a factor every so many steps."""
    risen = jnp.minimum(1.0, (step + 1) / max(settings.warmup, 1))
    return settings.rate * risen * settings.decay ** (step // settings.decay_every)


def make_optimizer(settings: Train) -> optax.GradientTransformation:
    """Adam, or AdamW where matrices decay."""
    return optax.adamw(
        lambda step: learning_rate(settings, step),
        weight_decay=settings.weight_decay,
        mask=lambda variables: jax.tree.map(lambda each: each.ndim > 1, variables),
    )


def start_state(variables: dict[str, Flat], kind: str, settings: Train) -> State:
    """Before the first step.

    Args:
        variables: of the model, "base" and "lora".
        kind: which of them are trained.
        settings: of the optimizer.
    """
    other = {"base": "lora", "lora": "base"}[kind]
    trained = variables[kind]
    optimizer = make_optimizer(settings).init(trained)
    return State(trained, variables[other], optimizer, jnp.zeros((), jnp.int32))


def model_of(graph, state: State, kind: str):
    """The model with the state's variables."""
    if kind == "base":
        return put_together(graph, {"base": state.trained, "lora": state.frozen})
    return put_together(graph, {"base": state.frozen, "lora": state.trained})


def make_step(graph, vectors: jax.Array, settings: Settings, kind: str = "base") -> Callable:
    """The compiled step.

    Args:
        graph: structure of the model.
        vectors: of all sentences [sentence, width].
        settings: of everything.
        kind: of the variables that are trained.

    Returns:
        step(state, maps, labels, sentences) to the next state and measures by name. Its randomness
        follows from the settings' seed and the state's step.
    """
    optimizer = make_optimizer(settings.train)

    def loss_of(trained, state, inputs, labels, sentences, key):
        model = model_of(graph, state._replace(trained=trained), kind)
        signal_key, text_key = jax.random.split(key)
        signal = model.signal(inputs, signal_key)
        text = model.text(vectors[sentences], text_key)
        scale = model.scale()
        loss, terms = total_loss(signal, text, labels, sentences, scale, settings.train)
        return loss, {"loss": loss, **terms, "scale": scale}

    def step(state: State, maps, labels, sentences) -> tuple[State, dict[str, jax.Array]]:
        key = jax.random.fold_in(jax.random.key(settings.train.seed), state.step)
        change_key, drop_key = jax.random.split(key)
        maps = {name: each.astype(jnp.float32) for name, each in maps.items()}
        inputs = network_input(augment(change_key, maps, settings.augment), settings.model.size)
        gradients, measures = jax.grad(loss_of, has_aux=True)(
            state.trained, state, inputs, labels, sentences, drop_key
        )
        updates, new = optimizer.update(gradients, state.optimizer, state.trained)
        trained = optax.apply_updates(state.trained, updates)
        return State(trained, state.frozen, new, state.step + 1), measures

    return jax.jit(step, donate_argnums=0)
