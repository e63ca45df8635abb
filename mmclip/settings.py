"""Training settings as frozen, validated dataclasses; `presets.py` defines the presets.

Where the paper and the authors' code differ, the description of the setting names both choices.
The documentation takes the text of each setting from the docstring of the class
(`setting_texts.py`). The choices or the limits of a setting are declared together with the
default. "Authors" refers to the code that the authors of the paper published,
https://github.com/QM20/mmCLIP.
"""

from dataclasses import dataclass, field

from mmclip.settings_rules import (
    HEATMAPS,
    PARTS,
    SCORINGS,
    at_least,
    check_use,
    number,
    one_of,
)


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """Layer sizes of the network; the defaults are the values in the paper.

    Attributes:
        heatmaps: input heatmaps, with one branch encoder each.
        parts: attributes of an activity, with one learned token each.
        size: number of bins of a heatmap after resizing; also the number of columns of a window.
        patch_columns: number of columns of a patch; a patch covers all bins.
        branch_width, branch_depth, branch_heads: width, depth and number of heads of each heatmap's
            encoder. Paper: depth 2. Authors: depth 4.
        branch_norm: whether a layer norm follows the last block of each heatmap's encoder. Paper:
            not stated. Authors: false.
        learner_depth, learner_heads: depth and number of heads of the attribute token learner,
            whose width is the sum of the branch widths.
        aggregator: how the attribute vectors of a window or text are combined into the activity
            vector: "attention" (a transformer block with a learned token, as in the paper) or
            "none" (the attribute vectors are concatenated, so the similarity of two activities is
            the mean similarity of their attributes; this saves two thirds of the parameters of a
            network as narrow as that of the preset `small`).
        aggregator_heads: number of heads of both aggregators, which have one block each.
        aggregator_position: whether the tokens of both aggregators have a learned position
            embedding; without it, the order of the attributes does not matter. Paper: not stated.
            Authors: true.
        mlp_ratio: hidden width of a block's MLP divided by the block's width.
        dropout: dropout rate after attention and MLP, applied during training.
        temperature: initial value of the learned softmax temperature.
        dtype: dtype of the computation: float32, bfloat16, or auto (bfloat16 on a GPU).
    """

    heatmaps: tuple[str, ...] = HEATMAPS
    parts: tuple[str, ...] = PARTS
    size: int = at_least(1, 224)
    patch_columns: int = at_least(1, 4)
    branch_width: int = at_least(1, 128)
    branch_depth: int = at_least(0, 2)
    branch_heads: int = at_least(1, 4)
    branch_norm: bool = True
    learner_depth: int = at_least(1, 6)
    learner_heads: int = at_least(1, 8)
    aggregator: str = one_of("attention", "none")
    aggregator_heads: int = at_least(1, 4)
    aggregator_position: bool = False
    mlp_ratio: int = at_least(1, 4)
    dropout: float = number(0.0, at_least=0, below=1)
    temperature: float = number(0.07, above=0)
    dtype: str = one_of("auto", "float32", "bfloat16")


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Sampling of training windows, and the texts paired with them.

    Attributes:
        sampling: how windows are drawn: "label" (every label equally often) or "clip" (every clip
            equally often). Paper: not stated. Authors: "clip".
        captions: whether a window is paired with its clip's captions in addition to its label. A
            clip that has only captions is labelled by the first of those with the longest overlap,
            which is the authors' choice for HumanML3D.
        describe: texts that describe a label: "sentences" (one per attribute, from the store) or
            "label" (the label itself).
        sentence_vectors: scaling of sentence vectors at the input of the text aggregator: "unit"
            (unit length) or "raw" (as the encoder returns them). Paper: not stated. Authors: "raw".
        crop_step: number of columns between possible starts of a window.
        short_windows: what happens to a clip that is shorter than a window: "drop", or "stretch"
            along time to the length of a window. Paper: not stated. Authors: "stretch".
        shortest: minimum number of measured columns of a clip that is stretched.
        most_actions: maximum number of successive actions in a clip; clips with more actions are
            excluded, and 0 keeps all clips. Paper: not stated. Authors: 3 (BABEL).
        unseen: labels excluded from training; G1 to G3 are the groups of the paper's protocol. A
            label that joins several actions is excluded if one of its actions is named.
        grid: common grid of stores of different radars (`common_grid`): speed:first:last:bins
            [m/s], range:first:last:bins [m] and column:period [s]; empty: equal axes are needed.
        batches_ahead: number of batches that are read in advance.
        memory_mb: limit of the memory in which clips are kept after they have been read [MB]; all
            other clips are read again for every batch. The limit does not affect the results.
    """

    sampling: str = one_of("label", "clip")
    captions: bool = False
    describe: str = one_of("sentences", "label")
    sentence_vectors: str = one_of("unit", "raw")
    crop_step: int = at_least(1, 4)
    short_windows: str = one_of("drop", "stretch")
    shortest: int = at_least(2, 56)
    most_actions: int = at_least(0, 0)
    unseen: tuple[str, ...] = ()
    grid: tuple[str, ...] = ()
    batches_ahead: int = at_least(0, 4)
    memory_mb: int = at_least(0, 2000)


@dataclass(frozen=True, kw_only=True)
class AugmentSettings:
    """Strength of the random augmentation of each training window.

    Attributes:
        range_shift: fraction of windows that are shifted along the range axis. Paper: not stated.
            Authors: 1.
        shift_direction: direction of range shifts: "both" (nearer or farther) or "farther". Paper:
            not stated. Authors: "farther".
        min_shift, max_shift: limits of the shift [bins]. Paper and authors: 8 to 15.
        level_db: largest change of the level in either direction [dB].
        noise_db: largest standard deviation of the noise added to each cell [dB].
        drop: probability that a heatmap is blanked; at least one heatmap of each window is kept.
        drop_columns: largest number of consecutive columns that are blanked, as in packet loss.
    """

    range_shift: float = number(0.5, at_least=0, at_most=1)
    shift_direction: str = one_of("both", "farther")
    min_shift: int = at_least(0, 8)
    max_shift: int = at_least(0, 15)
    level_db: float = at_least(0, 3.0)
    noise_db: float = at_least(0, 1.0)
    drop: float = number(0.0, at_least=0, at_most=1)
    drop_columns: int = at_least(0, 0)


@dataclass(frozen=True, kw_only=True)
class OptimizationSettings:
    """Loss, optimizer, schedule, and intervals of logging and checkpoints.

    Attributes:
        loss: loss function: kl, cross_entropy, cosine, mse (of unit vectors, proportional to
            cosine) or mse_unnormalised (of vectors before scaling to unit length; authors' choice
            for MSE).
        kl_direction, cross_entropy_direction: "both", or "signal" to compare each signal with all
            texts but not each text with all signals. Paper: KL "both" (equation 7), cross-entropy
            "signal" (equations 3 and 4). Authors: KL "signal", cross-entropy "both".
        attribute_target: which pairs are positive in the attribute loss: pairs with the same
            "label", pairs with the same "sentence" of the attribute, or pairs with the same
            "first_sentence", which is the general description. Paper: "label". Authors:
            "first_sentence".
        class_target: which pairs are positive in the class loss: "label" or "first_sentence".
            Paper: "label". Authors: "first_sentence".
        attribute_reduction: "mean" or "sum" of the losses of the attributes. Paper: not stated.
            Authors: "sum", so that five attributes weigh five times as much as the class.
        attribute_weight, class_weight: weights of the attribute loss and of the class loss. Paper
            and authors: 1 and 1.
        target_sharpness: logit of a positive pair in the target distribution of the KL loss.
        graded_targets: whether the target logit of a negative pair in the KL loss is
            target_sharpness times the cosine similarity of the two texts, instead of 0.
        drop_negatives_above: negative pairs whose texts have a larger cosine similarity are left
            out of the softmax of the KL and cross-entropy losses; 1 keeps all. With MiniLM, 0.8
            leaves out 1 % (general) to 17 % (location) of the pairs of built-in activities; a batch
            of which all negative pairs are left out contributes nothing to training.
        window_pair_weight: weight of one minus the cosine similarity of two windows of one clip; if
            this weight is not 0, the second half of a batch consists of windows from the clips of
            the first half.
        part_score_weight: weight of a class loss whose score is the mean similarity over the
            attributes.
        rate: learning rate of Adam.
        decay, decay_every: the rate is multiplied by `decay` every `decay_every` steps.
        decay_per_epoch: whether the rate is multiplied by `decay` once per epoch instead; an epoch
            is the number of steps that draw as many windows as there are training clips. Paper:
            true. Authors: false in pre-training.
        warmup: number of steps of linear warm-up.
        weight_decay: weight decay of AdamW; 0 gives Adam.
        batch, steps: number of windows per step, and number of steps.
        seed: random seed of weights, batches and augmentation; it is below 2^32, because JAX uses
            only the lowest 32 bits of larger seeds.
        select: which validation measure selects the released step: "accuracy" among seen labels, or
            "retrieval" of the windows' own texts (R@1 + R@5).
        patience: number of successive validations below the best measure after which training ends;
            0: training never ends early.
        save_every, validate_every, log_every: intervals of saving, validating and logging [steps].
        derange: 0, or the seed of the permutation control, in which a derangement assigns every
            label the text of another label.
        lora_rank, lora_alpha, lora_dropout: rank, alpha and dropout rate for fine-tuning with LoRA.
        lora_projection: whether fine-tuning with LoRA also trains the projection to the width of
            the text and the temperature. Paper: false (section 2.2). Authors: true.
    """

    loss: str = one_of("kl", "cross_entropy", "cosine", "mse", "mse_unnormalised")
    kl_direction: str = one_of("both", "signal")
    cross_entropy_direction: str = one_of("signal", "both")
    attribute_target: str = one_of("label", "sentence", "first_sentence")
    class_target: str = one_of("label", "first_sentence")
    attribute_reduction: str = one_of("mean", "sum")
    attribute_weight: float = at_least(0, 1.0)
    class_weight: float = at_least(0, 1.0)
    target_sharpness: float = at_least(0, 10.0)
    graded_targets: bool = False
    drop_negatives_above: float = number(1.0, above=0, at_most=1)
    window_pair_weight: float = at_least(0, 0.0)
    part_score_weight: float = at_least(0, 0.0)
    rate: float = number(1e-4, above=0, below=1)
    decay: float = number(0.9, above=0, at_most=1)
    decay_every: int = at_least(1, 1000)
    decay_per_epoch: bool = False
    warmup: int = at_least(0, 0)
    weight_decay: float = at_least(0, 0.0)
    batch: int = at_least(1, 16)
    steps: int = at_least(1, 50_000)
    seed: int = number(0, at_least=0, below=2**32)
    select: str = one_of("accuracy", "retrieval")
    patience: int = at_least(0, 0)
    save_every: int = at_least(1, 1000)
    validate_every: int = at_least(1, 1000)
    log_every: int = at_least(1, 50)
    derange: int = at_least(0, 0)
    lora_rank: int = at_least(1, 16)
    lora_alpha: float = number(16.0, above=0)
    lora_dropout: float = number(0.1, at_least=0, below=1)
    lora_projection: bool = False


@dataclass(frozen=True, kw_only=True)
class FinetuneSettings:
    """Changes that `mmclip.finetune` makes to the settings of the adapted model.

    Attributes:
        augmentation: whether training windows are augmented as in pre-training. Paper: not stated.
            Authors: false.
        epoch_decay: whether the learning rate decays once per epoch (`train.decay_per_epoch`) in
            fine-tuning, even if not in pre-training. Paper and authors: true.
        mix_schedule: "short" (1,000 steps) or "full" (the schedule of pre-training) for training
            from scratch on mixed stores. Paper and authors: "full".
    """

    augmentation: bool = True
    epoch_decay: bool = False
    mix_schedule: str = one_of("short", "full")


@dataclass(frozen=True, kw_only=True)
class InferenceSettings:
    """Default scoring of labels by a trained model; options of the commands take precedence.

    Attributes:
        scoring: similarity by the "class" vector, by the mean over the attributes ("parts"), or by
            "both".
        hub_correction: whether each label's similarity is standardised by its mean and standard
            deviation over training windows of seen labels.
        seen_penalty: number subtracted from the scores of labels used in training if other labels
            are also candidates; as a multiple of the labels' mean standard deviation over training
            windows. 0: all labels are treated alike.
        query_bank: number of training windows whose embeddings are stored with the model for the
            hub correction; 0: none.
    """

    scoring: str = one_of(*SCORINGS)
    hub_correction: bool = False
    seen_penalty: float = at_least(0, 0.0)
    query_bank: int = at_least(0, 256)


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """All settings of a training run except its stores and its text encoder.

    `settings_rules.check_settings` checks the limits of the other sections before training.

    Raises:
        MmclipError: a choice, or a value in the sections `model` and `inference`, is not permitted.
    """

    model: ModelSettings = field(default_factory=ModelSettings)
    data: DataSettings = field(default_factory=DataSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    train: OptimizationSettings = field(default_factory=OptimizationSettings)
    finetune: FinetuneSettings = field(default_factory=FinetuneSettings)
    inference: InferenceSettings = field(default_factory=InferenceSettings)

    def __post_init__(self):
        check_use(self)
