"""All settings of a training in one frozen, checked value; presets stand in `presets.py`."""

from dataclasses import dataclass, field

from mmclip.errors import MmclipError

HEATMAPS = ("time_doppler", "time_range", "time_angle")
PARTS = ("general", "torso", "arms", "legs", "location")


@dataclass(frozen=True, kw_only=True)
class Model:
    """Sizes of the network; the defaults are the paper's.

    Attributes:
        heatmaps: those it sees.
        parts: attributes it learns, one token each.
        size: bins of a heatmap after resizing, and columns of a window.
        patch_columns: columns of a patch, which is all bins high.
        branch_width, branch_depth, branch_heads: of the encoder of each heatmap. The paper says
            depth 2, the authors' code has 4.
        learner_depth, learner_heads: of the attribute token learner; it is as wide as all branches.
        aggregator_heads: of both aggregators, one block each.
        mlp_ratio: hidden width of a block's MLP over the block's width.
        dropout: after attention and MLP, in training.
        temperature: of the similarities at the start; it is learned.
        dtype: of computation: float32, bfloat16, or auto (bfloat16 on a GPU).
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
class Data:
    """Which windows are drawn, and what is said about them.

    Attributes:
        sampling: label (every label equally often) or clip (every clip equally often).
        captions: whether a training window is also told by its captions, not by its label alone.
        describe: sentences (one per part, from the store) or label (its words alone).
        crop_step: columns between possible starts of a window.
        unseen: labels that training never sees; G1 to G3 are the protocol's groups.
        batches_ahead: batches whose reads are in flight.
    """

    sampling: str = "label"
    captions: bool = False
    describe: str = "sentences"
    crop_step: int = 4
    unseen: tuple[str, ...] = ()
    batches_ahead: int = 4


@dataclass(frozen=True, kw_only=True)
class Augment:
    """Changes drawn for each training window.

    Attributes:
        range_shift: share of windows whose range axis is shifted.
        min_shift, max_shift: bins of the range axis, nearer or farther (paper: 8 to 15).
        level_db: the level changes by up to this, up or down.
        noise_db: standard deviation of noise added to each cell, drawn up to this.
        drop: share of heatmaps that are blanked, never all of a window.
        drop_columns: longest run of columns that is blanked, as lost packets do.
    """

    range_shift: float = 0.5
    min_shift: int = 8
    max_shift: int = 15
    level_db: float = 3.0
    noise_db: float = 1.0
    drop: float = 0.0
    drop_columns: int = 0


@dataclass(frozen=True, kw_only=True)
class Train:
    """Loss, schedule and what is written when.

    Attributes:
        loss: kl, cross_entropy, cosine or mse.
        attribute_target: what counts as the same in the attributes' loss: label or sentence.
        attribute_weight, class_weight: of the two losses.
        target_sharpness: similarity of what is the same, before the softmax, in kl.
        rate: of Adam.
        decay, decay_every: the rate is multiplied by `decay` every so many steps.
        warmup: steps over which the rate rises.
        weight_decay: of AdamW; 0 is Adam.
        batch, steps: windows per step, and steps.
        seed: of weights, batches and augmentation.
        save_every, validate_every, log_every: steps.
        derange: 0, or the seed of a derangement of the labels' texts: the honest zero.
        lora_rank, lora_alpha, lora_dropout: of fine-tuning with LoRA.
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
class Settings:
    """Everything a training depends on but its stores and its text encoder."""

    model: Model = field(default_factory=Model)
    data: Data = field(default_factory=Data)
    augment: Augment = field(default_factory=Augment)
    train: Train = field(default_factory=Train)

    def __post_init__(self):
        _check(self)


_CHOICES = {
    "data.sampling": ("label", "clip"),
    "data.describe": ("sentences", "label"),
    "train.loss": ("kl", "cross_entropy", "cosine", "mse"),
    "train.attribute_target": ("label", "sentence"),
    "model.dtype": ("auto", "float32", "bfloat16"),
}


def _check(value: Settings) -> None:
    """Raises MmclipError for a setting that no training can have."""
    model, train = value.model, value.train
    for key, allowed in _CHOICES.items():
        section, name = key.split(".")
        _need(
            getattr(getattr(value, section), name) in allowed,
            key,
            f"one of {', '.join(allowed)}",
            value,
        )
    for key, allowed in (("heatmaps", HEATMAPS), ("parts", PARTS)):
        chosen = getattr(model, key)
        fine = bool(chosen) and set(chosen) <= set(allowed) and len(set(chosen)) == len(chosen)
        _need(fine, f"model.{key}", f"some of {', '.join(allowed)}, each once", value)
    _need(model.size % model.patch_columns == 0, "model.patch_columns", "a divisor of size", value)
    _need(
        model.branch_width % model.branch_heads == 0,
        "model.branch_heads",
        "a divisor of branch_width",
        value,
    )
    width = model.branch_width * len(model.heatmaps)
    _need(width % model.learner_heads == 0, "model.learner_heads", f"a divisor of {width}", value)
    _need(
        width % model.aggregator_heads == 0,
        "model.aggregator_heads",
        f"a divisor of {width}",
        value,
    )
    for name in (
        "batch",
        "steps",
        "save_every",
        "validate_every",
        "log_every",
        "decay_every",
        "lora_rank",
    ):
        _need(getattr(train, name) >= 1, f"train.{name}", "at least 1", value)
    _need(0 < train.rate < 1, "train.rate", "between 0 and 1", value)
    _need(value.data.crop_step >= 1, "data.crop_step", "at least 1", value)
    _need(0 <= model.dropout < 1, "model.dropout", "from 0 to below 1", value)
    shifts = 0 <= value.augment.min_shift <= value.augment.max_shift
    _need(shifts, "augment.min_shift", "at least 0 and at most max_shift", value)


def _need(fine: bool, key: str, wanted: str, value: Settings) -> None:
    if not fine:
        section, name = key.split(".")
        found = getattr(getattr(value, section), name)
        raise MmclipError("settings", key, f"is {found!r}", f"it must be {wanted}")
