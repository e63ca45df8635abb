"""Permitted values of the training settings in `settings.py`."""

import math
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, fields
from itertools import chain
from typing import NamedTuple

from mmclip.errors import MmclipError

HEATMAPS = ("time_doppler", "time_range", "time_angle")
PARTS = ("general", "torso", "arms", "legs", "location")
SCORINGS = ("class", "parts", "both")
# Losses that have a softmax over the texts of the batch.
CONTRASTIVE = ("kl", "cross_entropy")
COMPARISONS = {
    "at_least": operator.ge,
    "above": operator.gt,
    "at_most": operator.le,
    "below": operator.lt,
}


def one_of(*choices: str):
    """Declare a setting with several permitted values, of which the first is the default."""
    return field(default=choices[0], metadata={"choices": choices})


def at_least(limit: float, default: float):
    """Declare a numeric setting with a lower limit."""
    return number(default, at_least=limit)


def number(default: float, **limits: float):
    """Declare a numeric setting with limits, whose names are the keys of `COMPARISONS`."""
    return field(default=default, metadata={"limits": limits})


def limits_text(limits: Mapping[str, float]) -> str:
    """Limits in words, for example "at least 0 and below 1"."""
    if set(limits) == {"above", "below"}:
        return f"between {limits['above']:g} and {limits['below']:g}"
    return " and ".join(f"{kind.replace('_', ' ')} {each:.10g}" for kind, each in limits.items())


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
    check_use(settings)
    shifts = settings.augment.min_shift <= settings.augment.max_shift
    order = _Rule("augment.min_shift", shifts, "at most max_shift")
    _check(settings, chain(_number_rules(settings), [order], _loss_rules(settings.train)))


def check_use(settings) -> None:
    """Check the values of a `TrainingSettings` that matter for the use of a trained model.

    These are all choices, and the sections `model` and `inference`. The limits of other numbers are
    not checked, so that models that earlier versions trained outside these limits can be used.

    Raises:
        MmclipError: a value is outside its limits.
    """
    numbers = _number_rules(settings, ("model", "inference"))
    # The rules of the model divide by numbers, so the limits of the numbers are checked first.
    _check(settings, chain(_choice_rules(settings), numbers, _model_rules(settings.model)))


def _check(settings, rules: Iterable[_Rule]) -> None:
    for rule in rules:
        if not rule.satisfied:
            problem = f"is {_value(settings, rule.key)!r}"
            raise MmclipError("settings", rule.key, problem, f"it must be {rule.requirement}")


def _choice_rules(settings) -> Iterator[_Rule]:
    for key, allowed in _declared(settings, "choices"):
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


def _number_rules(settings, sections: Sequence[str] | None = None) -> Iterator[_Rule]:
    """Limits of the numbers in the given sections; by default, in all sections."""
    for key, limits in _declared(settings, "limits"):
        if sections and key.partition(".")[0] not in sections:
            continue
        value = _value(settings, key)
        finite = isinstance(value, int | float) and math.isfinite(value)
        yield _Rule(key, finite, "a finite number")
        within = all(COMPARISONS[kind](value, limit) for kind, limit in limits.items())
        yield _Rule(key, within, limits_text(limits))


def _loss_rules(train) -> Iterator[_Rule]:
    kl = not train.graded_targets or train.loss == "kl"
    yield _Rule("train.graded_targets", kl, "false unless train.loss is kl")
    softmax = train.drop_negatives_above == 1 or train.loss in CONTRASTIVE
    requirement = f"1 unless train.loss is {' or '.join(CONTRASTIVE)}"
    yield _Rule("train.drop_negatives_above", softmax, requirement)
    pairs = not train.window_pair_weight or train.batch % 2 == 0
    yield _Rule("train.batch", pairs, "even if train.window_pair_weight is not 0")


def _declared(settings, kind: str) -> Iterator[tuple[str, object]]:
    """Yield the key and the declared limit of each setting that has a limit of this kind."""
    for section in fields(settings):
        for each in fields(getattr(settings, section.name)):
            if kind in each.metadata:
                yield f"{section.name}.{each.name}", each.metadata[kind]


def _value(settings, key: str):
    section, name = key.split(".")
    return getattr(getattr(settings, section), name)
