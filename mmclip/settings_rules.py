"""Permitted values of the training settings in `settings.py`."""

from collections.abc import Iterator
from typing import NamedTuple

from mmclip.errors import MmclipError

HEATMAPS = ("time_doppler", "time_range", "time_angle")
PARTS = ("general", "torso", "arms", "legs", "location")
SCORINGS = ("class", "parts", "both")
# Permitted values of each setting that selects one of several options.
CHOICES = {
    "data.sampling": ("label", "clip"),
    "data.describe": ("sentences", "label"),
    "data.sentence_vectors": ("unit", "raw"),
    "data.short_windows": ("drop", "stretch"),
    "augment.shift_direction": ("both", "farther"),
    "train.loss": ("kl", "cross_entropy", "cosine", "mse", "mse_unnormalised"),
    "train.kl_direction": ("both", "signal"),
    "train.cross_entropy_direction": ("signal", "both"),
    "train.attribute_target": ("label", "sentence", "first_sentence"),
    "train.class_target": ("label", "first_sentence"),
    "train.attribute_reduction": ("mean", "sum"),
    "train.select": ("accuracy", "retrieval"),
    "finetune.mix_schedule": ("short", "full"),
    "inference.scoring": SCORINGS,
    "model.dtype": ("auto", "float32", "bfloat16"),
}
# Settings whose lower limit is 1.
AT_LEAST_ONE = (
    "train.batch",
    "train.steps",
    "train.save_every",
    "train.validate_every",
    "train.log_every",
    "train.decay_every",
    "train.lora_rank",
    "data.crop_step",
)
# Losses that have a softmax over the texts of the batch.
CONTRASTIVE = ("kl", "cross_entropy")


class _Rule(NamedTuple):
    """A requirement on the setting `key`, and whether the setting meets this requirement."""

    key: str
    satisfied: bool
    requirement: str


def check_settings(settings) -> None:
    """Check all values of a `TrainingSettings`.

    Raises:
        MmclipError: a value is outside its limits.
    """
    model, train = settings.model, settings.train
    rules = (_choice_rules(settings), _model_rules(model), _number_rules(settings))
    for rule in (*(each for group in rules for each in group), *_loss_rules(train)):
        if not rule.satisfied:
            problem = f"is {_value(settings, rule.key)!r}"
            raise MmclipError("settings", rule.key, problem, f"it must be {rule.requirement}")


def _choice_rules(settings) -> Iterator[_Rule]:
    for key, allowed in CHOICES.items():
        yield _Rule(key, _value(settings, key) in allowed, f"one of {', '.join(allowed)}")
    for key, allowed in (("model.heatmaps", HEATMAPS), ("model.parts", PARTS)):
        chosen = _value(settings, key)
        unique = bool(chosen) and len(set(chosen)) == len(chosen)
        requirement = f"a selection of {', '.join(allowed)}, each at most once"
        yield _Rule(key, unique and set(chosen) <= set(allowed), requirement)


def _model_rules(model) -> Iterator[_Rule]:
    width = model.branch_width * len(model.heatmaps)
    for name, multiple, of in (
        ("patch_columns", model.size, "size"),
        ("branch_heads", model.branch_width, "branch_width"),
        ("learner_heads", width, str(width)),
        ("aggregator_heads", width, str(width)),
    ):
        yield _Rule(f"model.{name}", multiple % getattr(model, name) == 0, f"a divisor of {of}")
    yield _Rule("model.dropout", 0 <= model.dropout < 1, "at least 0 and below 1")


def _number_rules(settings) -> Iterator[_Rule]:
    for key in AT_LEAST_ONE:
        yield _Rule(key, _value(settings, key) >= 1, "at least 1")
    yield _Rule("data.memory_mb", settings.data.memory_mb >= 0, "at least 0")
    yield _Rule("train.rate", 0 < settings.train.rate < 1, "between 0 and 1")
    shifts = 0 <= settings.augment.min_shift <= settings.augment.max_shift
    yield _Rule("augment.min_shift", shifts, "at least 0 and at most max_shift")
    for key in (
        "data.most_actions",
        "train.patience",
        "inference.query_bank",
        "inference.seen_penalty",
    ):
        yield _Rule(key, _value(settings, key) >= 0, "at least 0")
    # Interpolation in time needs at least two columns.
    yield _Rule("data.shortest", settings.data.shortest >= 2, "at least 2")


def _loss_rules(train) -> Iterator[_Rule]:
    kl = not train.graded_targets or train.loss == "kl"
    yield _Rule("train.graded_targets", kl, "false unless train.loss is kl")
    threshold, all_kept = train.drop_negatives_above, train.drop_negatives_above == 1
    softmax = all_kept or train.loss in CONTRASTIVE
    yield _Rule("train.drop_negatives_above", 0 < threshold <= 1, "above 0 and at most 1")
    requirement = f"1 unless train.loss is {' or '.join(CONTRASTIVE)}"
    yield _Rule("train.drop_negatives_above", softmax, requirement)
    for key in ("window_pair_weight", "part_score_weight"):
        yield _Rule(f"train.{key}", getattr(train, key) >= 0, "at least 0")
    pairs = not train.window_pair_weight or train.batch % 2 == 0
    yield _Rule("train.batch", pairs, "even if train.window_pair_weight is not 0")


def _value(settings, key: str):
    section, name = key.split(".")
    return getattr(getattr(settings, section), name)
