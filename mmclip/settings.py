"""Training settings as frozen, validated dataclasses; `presets.py` defines the presets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from mmclip.errors import MmclipError

HEATMAPS = ("time_doppler", "time_range", "time_angle")
PARTS = ("general", "torso", "arms", "legs", "location")


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """Layer sizes of the network; the defaults are the values in the paper.

    Attributes:
        heatmaps: input heatmaps, with one branch encoder each.
        parts: attributes of an activity, with one learned token each.
        size: number of bins of a heatmap after resizing; also the number of columns of a window.
        patch_columns: number of columns of a patch; a patch covers all bins.
        branch_width, branch_depth, branch_heads: width, depth and number of heads of each heatmap's
            encoder. The paper states depth 2; the authors' code uses 4.
        learner_depth, learner_heads: depth and number of heads of the attribute token learner,
            whose width is the sum of the branch widths.
        aggregator_heads: number of heads of both aggregators, which have one block each.
        mlp_ratio: hidden width of a block's MLP divided by the block's width.
        dropout: dropout rate after attention and MLP, applied during training.
        temperature: initial value of the learned softmax temperature.
        dtype: dtype of the computation: float32, bfloat16, or auto (bfloat16 on a GPU).
    """

    heatmaps: tuple[str, ...] = HEATMAPS
    parts: tuple[str, ...] = PARTS
    size: int = 224
    patch_columns: int = 4
    branch_width: int = 128
    branch_depth: int = 2
    branch_heads: int = 4
    learner_depth: int = 6
    learner_heads: int = 8
    aggregator_heads: int = 4
    mlp_ratio: int = 4
    dropout: float = 0.0
    temperature: float = 0.07
    dtype: str = "auto"


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Sampling of training windows, and the texts paired with them.

    Attributes:
        sampling: "label" (every label equally often) or "clip" (every clip equally often).
        captions: whether a window is paired with its clip's captions in addition to its label.
        describe: "sentences" (one per attribute, from the store) or "label" (the label itself).
        crop_step: number of columns between possible starts of a window.
        unseen: labels excluded from training; G1 to G3 are the groups of the paper's protocol.
        batches_ahead: number of batches that are read in advance.
        memory_mb: limit of the memory for clips that stay in memory after they have been read
            [MB]; the others are read again for every batch. The results are the same.
    """

    sampling: str = "label"
    captions: bool = False
    describe: str = "sentences"
    crop_step: int = 4
    unseen: tuple[str, ...] = ()
    batches_ahead: int = 4
    memory_mb: int = 2000


@dataclass(frozen=True, kw_only=True)
class AugmentSettings:
    """Random changes of each training window.

    Attributes:
        range_shift: fraction of windows that are shifted along the range axis.
        min_shift, max_shift: limits of the shift [bins], in either direction (paper: 8 to 15).
        level_db: largest change of the level in either direction [dB].
        noise_db: largest standard deviation of the noise added to each cell [dB].
        drop: probability that a heatmap is blanked; at least one heatmap of a window is kept.
        drop_columns: largest number of consecutive columns that are blanked, as in packet loss.
    """

    range_shift: float = 0.5
    min_shift: int = 8
    max_shift: int = 15
    level_db: float = 3.0
    noise_db: float = 1.0
    drop: float = 0.0
    drop_columns: int = 0


@dataclass(frozen=True, kw_only=True)
class OptimizationSettings:
    """Loss, optimizer, schedule, and intervals of logging and checkpoints.

    Attributes:
        loss: kl, cross_entropy, cosine or mse.
        attribute_target: which pairs are positive in the attribute loss: pairs with the same
            "label", or pairs with the same "sentence".
        attribute_weight, class_weight: weights of the two losses.
        target_sharpness: logit of a positive pair in the target distribution of the KL loss.
        rate: learning rate of Adam.
        decay, decay_every: the rate is multiplied by `decay` every `decay_every` steps.
        warmup: number of steps of linear warm-up.
        weight_decay: weight decay of AdamW; 0 gives Adam.
        batch, steps: number of windows per step, and number of steps.
        seed: random seed of weights, batches and augmentation.
        save_every, validate_every, log_every: intervals [steps].
        derange: 0, or the seed of the permutation control, in which a derangement assigns every
            label the text of another label.
        lora_rank, lora_alpha, lora_dropout: rank, alpha and dropout rate for fine-tuning with LoRA.
    """

    loss: str = "kl"
    attribute_target: str = "label"
    attribute_weight: float = 1.0
    class_weight: float = 1.0
    target_sharpness: float = 10.0
    rate: float = 1e-4
    decay: float = 0.9
    decay_every: int = 1000
    warmup: int = 0
    weight_decay: float = 0.0
    batch: int = 16
    steps: int = 50_000
    seed: int = 0
    save_every: int = 1000
    validate_every: int = 1000
    log_every: int = 50
    derange: int = 0
    lora_rank: int = 16
    lora_alpha: float = 16.0
    lora_dropout: float = 0.1


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """All settings of a training run except its stores and its text encoder.

    Raises:
        MmclipError: a value is outside its limits.
    """

    model: ModelSettings = field(default_factory=ModelSettings)
    data: DataSettings = field(default_factory=DataSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    train: OptimizationSettings = field(default_factory=OptimizationSettings)

    def __post_init__(self):
        for rule in (*_choice_rules(self), *_model_rules(self.model), *_number_rules(self)):
            if not rule.satisfied:
                problem = f"is {_value(self, rule.key)!r}"
                raise MmclipError("settings", rule.key, problem, f"it must be {rule.requirement}")


class _Rule(NamedTuple):
    """A requirement on the setting `key`, and whether it is met."""

    key: str
    satisfied: bool
    requirement: str


# Permitted values of each setting that is a choice.
_CHOICES = {
    "data.sampling": ("label", "clip"),
    "data.describe": ("sentences", "label"),
    "train.loss": ("kl", "cross_entropy", "cosine", "mse"),
    "train.attribute_target": ("label", "sentence"),
    "model.dtype": ("auto", "float32", "bfloat16"),
}
# Settings whose lower limit is 1.
_AT_LEAST_ONE = (
    "train.batch",
    "train.steps",
    "train.save_every",
    "train.validate_every",
    "train.log_every",
    "train.decay_every",
    "train.lora_rank",
    "data.crop_step",
)


def _choice_rules(settings: TrainingSettings) -> Iterator[_Rule]:
    for key, allowed in _CHOICES.items():
        yield _Rule(key, _value(settings, key) in allowed, f"one of {', '.join(allowed)}")
    for key, allowed in (("model.heatmaps", HEATMAPS), ("model.parts", PARTS)):
        chosen = _value(settings, key)
        unique = bool(chosen) and len(set(chosen)) == len(chosen)
        requirement = f"a selection of {', '.join(allowed)}, each at most once"
        yield _Rule(key, unique and set(chosen) <= set(allowed), requirement)


def _model_rules(model: ModelSettings) -> Iterator[_Rule]:
    width = model.branch_width * len(model.heatmaps)
    for name, multiple, of in (
        ("patch_columns", model.size, "size"),
        ("branch_heads", model.branch_width, "branch_width"),
        ("learner_heads", width, str(width)),
        ("aggregator_heads", width, str(width)),
    ):
        yield _Rule(f"model.{name}", multiple % getattr(model, name) == 0, f"a divisor of {of}")
    yield _Rule("model.dropout", 0 <= model.dropout < 1, "at least 0 and below 1")


def _number_rules(settings: TrainingSettings) -> Iterator[_Rule]:
    for key in _AT_LEAST_ONE:
        yield _Rule(key, _value(settings, key) >= 1, "at least 1")
    yield _Rule("data.memory_mb", settings.data.memory_mb >= 0, "at least 0")
    yield _Rule("train.rate", 0 < settings.train.rate < 1, "between 0 and 1")
    shifts = 0 <= settings.augment.min_shift <= settings.augment.max_shift
    yield _Rule("augment.min_shift", shifts, "at least 0 and at most max_shift")


def _value(settings: TrainingSettings, key: str):
    section, name = key.split(".")
    return getattr(getattr(settings, section), name)
