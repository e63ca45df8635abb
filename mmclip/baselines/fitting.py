"""Training loop of the baselines: steps, validation on seen labels, checkpoints, best weights."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from mmclip.checkpoints import Checkpoints
from mmclip.errors import MmclipError
from mmclip.training_step import TrainState


class Fit(NamedTuple):
    """State of a training run.

    Attributes:
        weights: trained weights.
        optimizer: state of the optimizers.
        best: weights with the highest validation measure so far.
        measure: highest validation measure so far.
        plateau: learning rate, and number of validations since the last improvement; unused if the
            learning rate is a function of the step.
    """

    weights: Any
    optimizer: Any
    best: Any
    measure: jax.Array
    plateau: tuple[jax.Array, jax.Array]


def start_fit(weights, optimizer, rate: float) -> Fit:
    """Return the training state before the first step."""
    zero = jnp.zeros((), jnp.float32)
    plateau = (jnp.float32(rate), jnp.zeros((), jnp.int32))
    return Fit(weights, optimizer, jax.tree.map(jnp.copy, weights), zero - 1, plateau)


def fit(
    folder: Path,
    start: Fit,
    *,
    steps: int,
    validate_every: int,
    batches: Callable[[range], Iterable],
    update: Callable[[Fit, int, Any], Fit],
    validate: Callable[[Any], float],
    report: Callable[[str], None],
) -> Fit:
    """Train a model, or resume an interrupted training run with identical results.

    Args:
        folder: folder of the training run, in which checkpoints are kept.
        start: training state before the first step.
        steps: number of steps.
        validate_every: number of steps between validations; a checkpoint is saved after each
            validation.
        batches: function that returns the batches of a range of steps.
        update: function that returns the next state, given the state, the step number and the
            batch.
        validate: function that returns the validation measure of given weights.
        report: function that receives each line of progress.

    Returns:
        The state after the last step; the attribute `best` contains the weights to use.

    Raises:
        MmclipError: a weight is not finite.
    """
    checkpoints = Checkpoints(folder)
    found = checkpoints.restore_latest(_saved(start, 0))
    state, first = _restored(found), int(found.step)
    for step, batch in zip(range(first, steps), batches(range(first, steps))):
        state, number = update(state, step, batch), step + 1
        if number % validate_every == 0 or number == steps:
            measure = validate(state.weights)
            state = _keep_best(folder, state, measure)
            report(f"step {number}/{steps}: validation {measure:.1%}")
            checkpoints.save(_saved(state, number))
    checkpoints.close()
    return state


def on_plateau(
    state: Fit, improved: bool, *, patience: int = 10, factor: float = 0.1
) -> tuple[jax.Array, jax.Array]:
    """Return the updated plateau; beyond the patience, the rate is multiplied by `factor`.

    The defaults are those of torch.optim.lr_scheduler.ReduceLROnPlateau.
    """
    rate, waited = state.plateau
    waited = jnp.int32(0) if improved else waited + 1
    if int(waited) > patience:
        return rate * jnp.float32(factor), jnp.int32(0)
    return rate, waited


def _keep_best(folder: Path, state: Fit, measure: float) -> Fit:
    if not all(bool(jnp.isfinite(each).all()) for each in jax.tree.leaves(state.weights)):
        raise MmclipError(folder, "weights", "are not finite", "lower the learning rate")
    before = float(state.measure)
    plateau = on_plateau(state, improved=measure > before)
    if measure < before:
        return state._replace(plateau=plateau)
    # If measures are equal, the later weights are kept, as in the training of mmCLIP.
    best = jax.tree.map(jnp.copy, state.weights)
    return state._replace(best=best, measure=jnp.float32(measure), plateau=plateau)


def _saved(state: Fit, step: int) -> TrainState:
    others = {"best": state.best, "measure": state.measure, "plateau": list(state.plateau)}
    return TrainState(state.weights, others, state.optimizer, jnp.int32(step))


def _restored(saved: TrainState) -> Fit:
    best, measure, plateau = (saved.frozen[name] for name in ("best", "measure", "plateau"))
    return Fit(saved.trained, saved.optimizer, best, measure, tuple(plateau))
