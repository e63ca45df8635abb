"""Settings of a training run that takes a few seconds on the stores of `labelled_stores`."""

import os
from pathlib import Path
from unittest.mock import patch

from mmclip.presets import load_preset
from mmclip.settings import TrainingSettings
from tests.helpers.labelled_stores import WINDOW
from tests.helpers.shared_folders import copy_shared

OVERRIDES = (
    f"size={WINDOW}",
    "heatmaps=time_range,time_angle",
    "parts=general,arms",
    "branch_width=16",
    "branch_heads=2",
    "learner_heads=4",
    "learner_depth=1",
    "aggregator=attention",
    "patch_columns=4",
    "mlp_ratio=2",
    "batch=12",
    "warmup=0",
    "rate=3e-3",
    "min_shift=1",
    "max_shift=3",
    "drop=0",
    "drop_columns=0",
)
UNSEEN = ("bow", "kick")


def tiny_settings(*overrides: str) -> TrainingSettings:
    """Return the preset `small`, with aggregators and with layers as small as possible."""
    return load_preset("small", [*OVERRIDES, *overrides])


def copy_tiny_model(path: Path, store: Path, seed: int) -> None:
    """Copy a model with a query bank, trained for two steps without the labels `UNSEEN`.

    Each model is trained once in a test run.

    Args:
        path: path of the copy, which does not exist.
        store: store written by `build_labelled_store` without options.
        seed: seed of the training.
    """

    def train(folder: Path) -> None:
        from mmclip import pretrain  # needs the extra train

        command = [str(store), "--out", str(folder), "--encoder", "hash", "--seed", str(seed)]
        command += ["--unseen", *UNSEEN, "--steps", "2", "--set", *OVERRIDES, "query_bank=20"]
        with patch.dict(os.environ, MMCLIP_CACHE=f"{folder}-cache"):
            assert pretrain.main([*command, "validate_every=2", "save_every=2"]) == 0

    copy_shared(f"tiny-model-{seed}", path, train)
