"""Settings of a training run that takes a few seconds on the stores of `labelled_stores`."""

from mmclip.presets import load_preset
from mmclip.settings import TrainingSettings
from tests.helpers.labelled_stores import WINDOW

OVERRIDES = (
    f"size={WINDOW}",
    "heatmaps=time_range,time_angle",
    "parts=general,arms",
    "branch_width=16",
    "branch_heads=2",
    "learner_heads=4",
    "learner_depth=1",
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
    """Return the preset `small`, with layers as small as possible."""
    return load_preset("small", [*OVERRIDES, *overrides])
