"""The training loop: read a batch, take a step, log, validate and save."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jax

from mmclip.batch_sampler import BatchSampler
from mmclip.checkpoints import Checkpoints
from mmclip.model_files import describe_training, read_description
from mmclip.model_selection import BestModel, Validator
from mmclip.model_variables import SplitModel
from mmclip.prepared_data import PreparedData, require_windows
from mmclip.sentences import permute_label_texts
from mmclip.settings import OptimizationSettings, TrainingSettings
from mmclip.training_log import TrainingLog
from mmclip.training_step import (
    learning_rate,
    make_preparation,
    make_update,
    merged_weights,
    model_of_state,
    start_state,
)
from mmclip.window_reader import WindowReader


def train(
    data: PreparedData,
    settings: TrainingSettings,
    folder: Path,
    model: SplitModel,
    *,
    base: dict | None = None,
    report: Callable[[str], None] = print,
) -> dict:
    """Train from the latest checkpoint of a folder, or from the start.

    The released weights are those of the step with the best validation measure (`train.select`) on
    seen labels; unseen labels are not used.

    Args:
        data: windows and sentences.
        settings: settings of the training run.
        folder: output folder for metrics.csv, checkpoints, weights.safetensors and model.json.
        model: initial variables, and the kind of variables to train.
        base: description of the model from which training starts.
        report: function that receives each line of progress.

    Returns:
        Content of model.json.

    Raises:
        MmclipError: there is no window to train on, or a loss is not finite.
    """
    text_of = _label_texts(data, settings, report)
    validate = Validator(data, settings, text_of, report)
    checkpoints = Checkpoints(folder)
    state = checkpoints.restore_latest(start_state(model, settings.train))
    first, last = int(state.step), settings.train.steps
    report(f"resuming from step {first}" if first else "training starts")
    log = TrainingLog(folder, first, last, settings.train.batch, report)
    description = describe_training(data, settings, base)
    best = BestModel(folder, description, settings.train, resumed=first > 0)
    prepare = make_preparation(settings)
    update = _announced(make_update(model, jax.device_put(data.vectors), settings), report)
    batches = _batches(data, settings, text_of, range(first, last))
    for number in range(first + 1, last + 1):
        if best.is_final(number - 1):
            report(f"training ends early (train.patience = {settings.train.patience})")
            break
        with log.waiting():
            maps, batch = next(batches)
        # The step number is given by the host, so that the device can prepare this batch during
        # the previous update.
        inputs = prepare(number - 1, maps)
        state, metrics = update(state, inputs, batch.labels, batch.sentences)
        log.add(number, metrics)
        due = _due_actions(number, settings.train)
        found = validate(model_of_state(model, state)) if "validate" in due else None
        if due:
            log.write(float(learning_rate(settings.train, number - 1)), found)
        if "validate" in due:
            best.update(number, found, lambda state=state: merged_weights(model, state))
        if "save" in due:
            checkpoints.save(state)
    checkpoints.close()
    return read_description(folder)


def _announced(step: Callable, report: Callable[[str], None]) -> Callable:
    """Wrap the step function to report its first call, which includes the slow compilation."""
    compiled = False

    def run(*arguments):
        nonlocal compiled
        if compiled:
            return step(*arguments)
        report("compiling the training step: up to two minutes on a CPU")
        start_s, result, compiled = time.monotonic(), step(*arguments), True
        report(f"compiled in {time.monotonic() - start_s:.0f} s")
        return result

    return run


def _label_texts(
    data: PreparedData, settings: TrainingSettings, report: Callable[[str], None]
) -> dict[str, str]:
    """Map each label or caption to another, which replaces its text in permutation controls."""
    seed = settings.train.derange
    if not seed:
        return {}
    report("permutation control (train.derange): every label has the text of another label")
    captions = {text for clip in data.corpus.clips for text in clip.captions}
    permuted = len(captions) > 1 and settings.data.captions
    of_captions = permute_label_texts(captions, seed) if permuted else {}
    return of_captions | permute_label_texts(data.seen, seed)


def _batches(
    data: PreparedData, settings: TrainingSettings, text_of: dict[str, str], steps: range
) -> Iterator:
    """Iterate over the heatmaps and indices of the batch of each step."""
    windows = require_windows(data, ("train",), data.seen)
    sampler = BatchSampler(data.corpus, windows, data.bank, settings, text_of)
    ahead, memory_mb = settings.data.batches_ahead, settings.data.memory_mb
    reader = WindowReader(data.corpus, settings.model.heatmaps, ahead, memory_mb)
    return reader.read(sampler.batch(step) for step in steps)


def _due_actions(step: int, settings: OptimizationSettings) -> set[str]:
    """Which of "log", "validate" and "save" are due after a step; after the last step, all are."""
    intervals = {
        "log": settings.log_every,
        "validate": settings.validate_every,
        "save": settings.save_every,
    }
    return {name for name, n in intervals.items() if step % n == 0 or step == settings.steps}
