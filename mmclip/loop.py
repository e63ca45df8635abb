"""The training loop: read, step, report, validate, keep."""

from collections.abc import Callable
from pathlib import Path

import jax

from mmclip.bank import deranged
from mmclip.checkpoints import Checkpoints
from mmclip.config import Settings, Train
from mmclip.data import Reader, Sampler
from mmclip.errors import MmclipError
from mmclip.judge import Judge
from mmclip.metrics import Metrics
from mmclip.release import ABOUT, about_training, read_about, save_release
from mmclip.session import Session, need_places
from mmclip.step import State, learning_rate, make_step, model_of, start_state
from mmclip.weights import Flat


def train(
    session: Session,
    settings: Settings,
    folder: Path,
    graph,
    variables: dict[str, Flat],
    *,
    kind: str = "base",
    finish: Callable[[State], Flat] | None = None,
    before: dict | None = None,
    tell=print,
) -> dict:
    """Train from the newest checkpoint of a folder, or from the start.

    The released weights are those of the step that recognised most windows of the validation
    split's seen labels; no unseen label is looked at.

    Args:
        session: data and texts.
        settings: of everything.
        folder: for metrics.csv, checkpoints, weights.safetensors and model.json.
        graph, variables: of the model, see `weights.take_apart`.
        kind: of the variables that are trained: "base" or "lora".
        finish: from the state to the weights that are released; None: the trained ones.
        before: model.json of the model that this training starts from.
        tell: hears the progress.

    Returns:
        What model.json says.

    Raises:
        MmclipError: there is nothing to train on, or a loss is no number.
    """
    told_as = _told_as(session, settings, tell)
    judge = Judge(session, settings, told_as, tell)
    checkpoints = Checkpoints(folder)
    state = checkpoints.newest(start_state(variables, kind, settings.train))
    first, last = int(state.step), settings.train.steps
    tell(f"going on from step {first}" if first else "training starts")
    metrics = Metrics(folder, first, last, settings.train.batch, tell)
    step = make_step(graph, jax.device_put(session.vectors), settings, kind)
    best, about = _best_so_far(folder), about_training(session, settings, before)
    batches = _batches(session, settings, told_as, first)
    for number in range(first + 1, last + 1):
        with metrics.waiting():
            maps, picks = next(batches)
        state, measures = step(state, jax.device_put(maps), picks.labels, picks.sentences)
        metrics.add(number, measures)
        due = _due(number, settings.train)
        right = judge(model_of(graph, state, kind)) if "validate" in due else None
        if due:
            metrics.report(float(learning_rate(settings.train, number - 1)), right)
        if "validate" in due and (right is None or right >= best):
            best = -1.0 if right is None else right
            weights = finish(state) if finish else state.trained
            save_release(folder, weights, {**about, "step": number, "validation_accuracy": right})
        if "save" in due:
            checkpoints.save(state)
    checkpoints.close()
    return read_about(folder)


def _told_as(session: Session, settings: Settings, tell) -> dict[str, str]:
    """The label whose text each seen label gets: its own, but for the honest zero."""
    if not settings.train.derange:
        return {}
    tell("every label is told by another's text (train.derange): nothing true can be learned")
    return deranged(session.seen, settings.train.derange)


def _batches(session: Session, settings: Settings, told_as: dict[str, str], first: int):
    """Heatmaps and what they are, from a step on."""
    places = need_places(session, ("train",), session.seen)
    batch, seed, last = settings.train.batch, settings.train.seed, settings.train.steps
    sampler = Sampler(session.corpus, places, session.bank, settings.data, batch, seed, told_as)
    reader = Reader(session.corpus, settings.model.heatmaps, settings.data.batches_ahead)
    return reader.read(sampler.picks(number) for number in range(first, last))


def _due(number: int, settings: Train) -> set[str]:
    """What follows a step: "log", "validate", "save"; everything follows the last."""
    every = {
        "log": settings.log_every,
        "validate": settings.validate_every,
        "save": settings.save_every,
    }
    return {name for name, n in every.items() if number % n == 0 or number == settings.steps}


def _best_so_far(folder: Path) -> float:
    """Of an interrupted run of the same training."""
    try:
        found = read_about(folder)["validation_accuracy"] if (folder / ABOUT).exists() else None
    except MmclipError:
        found = None
    return -1.0 if found is None else found
