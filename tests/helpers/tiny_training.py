"""Settings of a training that takes seconds on the stores of `labelled_stores`."""

import jax

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
    """The small preset with the smallest layers."""
    return load_preset("small", [*OVERRIDES, *overrides])


def fast_compilation(tmp_path_factory):
    """Fixture: compile without optimisation and cache the programs, which all trainings share."""
    changes = {
        "jax_disable_most_optimizations": True,
        "jax_compilation_cache_dir": str(tmp_path_factory.mktemp("programs")),
        "jax_persistent_cache_min_compile_time_secs": 0.2,
    }
    before = {name: jax.config.values[name] for name in changes}
    for name, value in changes.items():
        jax.config.update(name, value)
    yield
    for name, value in before.items():
        jax.config.update(name, value)
