"""Length of an epoch, for learning rates that decay once per epoch."""

from dataclasses import replace

import numpy as np

from mmclip.prepared_data import PreparedData, require_windows
from mmclip.settings import TrainingSettings


def with_epoch_decay(data: PreparedData, settings: TrainingSettings) -> TrainingSettings:
    """Set `train.decay_every` to the length of an epoch if the learning rate decays once per epoch.

    Args:
        data: data of the training run.
        settings: settings of the training run.

    Raises:
        MmclipError: there is no window to train on.
    """
    if not settings.train.decay_per_epoch:
        return settings
    windows = require_windows(data, ("train",), data.seen)
    steps = steps_per_epoch(len(np.unique(windows.clip)), settings.train.batch)
    return replace(settings, train=replace(settings.train, decay_every=steps))


def steps_per_epoch(clips: int, batch: int) -> int:
    """Number of full batches in an epoch, which draws one window per clip; at least 1."""
    return max(clips // batch, 1)
