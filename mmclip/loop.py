"""The training loop: read, step, report, validate, keep."""

import time
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np

from mmclip.bank import deranged
from mmclip.checkpoints import Checkpoints
from mmclip.config import Settings
from mmclip.data import Reader, Sampler, spread_out
from mmclip.errors import MmclipError
from mmclip.metrics import Metrics
from mmclip.release import ABOUT, about_training, read_about, save_release
from mmclip.scores import accuracy, label_vectors, window_vectors
from mmclip.session import Session, need_places
from mmclip.step import State, learning_rate, make_step, model_of, start_state
from mmclip.weights import Flat

MOST_VALIDATED = 1000


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
    train_settings, told_as = settings.train, None
    places = need_places(session, ("train",), session.seen)
    if train_settings.derange:
        told_as = deranged(session.seen, train_settings.derange)
        tell("every label is told by another's text (train.derange): nothing true can be learned")
    sampler = Sampler(
        session.corpus,
        places,
        session.bank,
        settings.data,
        train_settings.batch,
        train_settings.seed,
        told_as,
    )
    judge = _Judge(session, settings, told_as, tell)
    checkpoints = Checkpoints(folder)
    state = start_state(variables, kind, train_settings)
    state = checkpoints.newest(state) or state
    first, last = int(state.step), train_settings.steps
    if first:
        tell(f"going on from step {first}")
    metrics = Metrics(folder, first, last, train_settings.batch, tell)
    step_of = make_step(graph, jax.device_put(session.vectors), settings, kind)
    finish = finish or (lambda state: state.trained)
    about = about_training(session, settings, before)
    best = _best_so_far(folder)
    reader = Reader(session.corpus, settings.model.heatmaps, settings.data.batches_ahead)
    batches = reader.read(sampler.picks(number) for number in range(first, last))
    for number in range(first + 1, last + 1):
        asked_s = time.monotonic()
        maps, picks = next(batches)
        metrics.wait(time.monotonic() - asked_s)
        labels, sentences = picks.places[:, 2].astype(np.int32), picks.sentences.astype(np.int32)
        state, measures = step_of(state, jax.device_put(maps), labels, sentences)
        metrics.add(number, measures)
        saves = number % train_settings.save_every == 0 or number == last
        validates = number % train_settings.validate_every == 0 or number == last
        if not (saves or validates or number % train_settings.log_every == 0):
            continue
        right = judge(model_of(graph, state, kind)) if validates else None
        metrics.report(float(learning_rate(train_settings, number - 1)), right)
        if validates and (right is None or right >= best):
            best = -1.0 if right is None else right
            save_release(
                folder, finish(state), {**about, "step": number, "validation_accuracy": right}
            )
        if saves:
            checkpoints.save(state)
    checkpoints.close()
    return read_about(folder)


class _Judge:
    """Share of the validation split's windows of seen labels that a model recognises.

    None where there is no such window; then the last step is as good as any.
    """

    def __init__(self, session: Session, settings: Settings, told_as: dict | None, tell):
        places = session.corpus.places(("val",), set(session.seen))
        places = spread_out(session.corpus, places, session.corpus.columns)
        if len(places) > MOST_VALIDATED:
            chosen = np.linspace(0, len(places) - 1, MOST_VALIDATED).round().astype(int)
            places = places[chosen]
        if not len(places):
            tell("no clip of the split val shows a seen label: the last step will be released")
        words = session.corpus.labels
        self._told = [(told_as or {}).get(label, label) for label in session.seen]
        self._truth = np.array([session.seen.index(words[label]) for label in places[:, 2]])
        self._reader = Reader(session.corpus, settings.model.heatmaps)
        self._session, self._size, self._places = session, settings.model.size, places

    def __call__(self, model) -> float | None:
        if not len(self._places):
            return None
        labels = label_vectors(model, self._session.bank, self._session.vectors, self._told)
        windows = window_vectors(model, self._reader, self._places, self._size)
        return accuracy(windows, labels, self._truth)


def _best_so_far(folder: Path) -> float:
    """Of an interrupted run of the same training."""
    try:
        found = read_about(folder)["validation_accuracy"] if (folder / ABOUT).exists() else None
    except MmclipError:
        found = None
    return -1.0 if found is None else found
