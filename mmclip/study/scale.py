"""Sizes of the study: the presets small, paper, reduced and miniature.

The settings of a training run consist of a preset of `mmclip.presets` and overrides. The preset
`paper` takes its numbers of training steps from the mmCLIP paper and from the authors' code.
"""

from dataclasses import dataclass, field, replace

from mmclip.baselines.rfnet_model import SMALL_RFNET, RfNetSettings
from mmclip.baselines.tent_model import SMALL_TENT, TentSettings

# Overrides for training with labels only: fine-tuning, and training from scratch on the real
# domain.
LABELS = ("captions=false", "sampling=label", "select=accuracy")
CAPTIONS = ("captions=true", "sampling=clip", "select=retrieval")


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Sizes of the study.

    Attributes:
        preset: preset of the training settings.
        base: overrides of all training runs.
        pretraining: overrides of pre-training.
        real: overrides of training from scratch on the real domain.
        adaptation: overrides of fine-tuning.
        baseline: overrides of the baselines.
        tent, rfnet: network settings of the baselines.
        groups: groups of unseen labels; only figure 5 uses all of them.
        seeds, controls: number of seeds, and number of permutation controls.
        draws: number of random draws of few-shot examples.
        shots: numbers of few-shot examples per label.
        levels: number of steps between zero and all seen labels in figure 6.
        unseen: numbers of unseen labels in figure 7.
        grammar_hours: duration of the grammar corpus for pre-training [h].
        people, scene_people: number of people in the stand-in domain, and in each of its other
            scenes.
        step_s: predicted time per training step, with two runs at a time on two cores [s]; measured
            with the networks of `small` (docs/study.md).
        paper_network: whether figure 5.6 contains the network of the preset `paper`, too.
    """

    preset: str
    base: tuple[str, ...] = ()
    pretraining: tuple[str, ...] = CAPTIONS
    real: tuple[str, ...] = ()
    adaptation: tuple[str, ...] = ()
    baseline: tuple[str, ...] = ()
    tent: TentSettings = field(default_factory=TentSettings)
    rfnet: RfNetSettings = field(default_factory=RfNetSettings)
    groups: tuple[str, ...] = ("G1", "G2", "G3")
    seeds: int = 3
    controls: int = 5
    draws: int = 5
    shots: tuple[int, ...] = (1, 3, 5, 7)
    levels: int = 5
    unseen: tuple[int, ...] = (4, 7, 10, 13, 16)
    grammar_hours: float = 3.0
    people: int = 10
    scene_people: int = 4
    step_s: float = 0.11
    paper_network: bool = True


# The two network settings are those of the preset; they are stated here so that studies can be
# resumed if the preset changes.
SMALL = Scale(
    preset="small",
    base=("patch_columns=8", "aggregator=none"),
    pretraining=(*CAPTIONS, "steps=1500", "decay_every=375"),
    real=("steps=900", "decay_every=225"),
    adaptation=(*LABELS, "steps=600", "decay_every=150"),
    baseline=("steps=900", "validate_every=150"),
    tent=SMALL_TENT,
    rfnet=SMALL_RFNET,
)
# For a first study: the networks of `small`, with less motion and about half as many steps.
REDUCED = replace(
    SMALL,
    pretraining=(*CAPTIONS, "steps=600", "decay_every=150"),
    real=("steps=450", "decay_every=110"),
    adaptation=(*LABELS, "steps=300", "decay_every=75"),
    baseline=("steps=450", "validate_every=75"),
    draws=3,
    grammar_hours=0.5,
    people=6,
    scene_people=2,
)
PAPER = Scale(
    preset="paper",
    real=("steps=5000", "rate=5e-5"),
    adaptation=(*LABELS, "steps=1000", "epoch_decay=true"),
    baseline=("steps=10000", "validate_every=500"),
    grammar_hours=10.0,
    # The preset `paper` has ten times as many parameters as `small`, and half the batch size.
    step_s=1.4,
    paper_network=False,
)
_TINY_STEPS = ("steps=2", "validate_every=2", "save_every=2", "warmup=0")
MINIATURE = Scale(
    preset="small",
    base=(
        "aggregator=attention",
        "patch_columns=4",
        "size=32",
        "heatmaps=time_doppler,time_range",
        "parts=general,arms",
        "branch_width=12",
        "branch_heads=2",
        "learner_heads=6",
        "learner_depth=1",
        "min_shift=1",
        "max_shift=3",
        "batch=4",
    ),
    pretraining=(*CAPTIONS, *_TINY_STEPS),
    real=_TINY_STEPS,
    adaptation=(*LABELS, *_TINY_STEPS),
    baseline=_TINY_STEPS,
    tent=TentSettings(width=8, depth=1, heads=2, mlp_ratio=1, prompt_length=2, scale=10.0),
    rfnet=RfNetSettings(
        hidden=8, pool=4, channels=(4,), attention=4, ways=2, shots=1, tune_steps=1
    ),
    seeds=2,
    controls=1,
    draws=2,
    shots=(1, 2),
    levels=2,
    unseen=(2, 3),
    grammar_hours=0.004,
    people=3,
    scene_people=1,
    step_s=0.01,
    paper_network=False,
)
SCALES = {"small": SMALL, "paper": PAPER, "reduced": REDUCED, "miniature": MINIATURE}
