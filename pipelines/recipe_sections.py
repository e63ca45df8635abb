"""Sections of a recipe that describe clips, placements, simulation, heatmaps, motion and splits.

Each setting is declared only here (see `pipelines.recipe_fields`). The import of this module must
be fast, because the help texts of the commands are generated from the declarations.
"""

import math
from dataclasses import dataclass

from pipelines.recipe_fields import Range, Section, Setting, setting, store_number
from radarsim.choices import (
    ANGLE_WINDOWS,
    CLUTTERS,
    MAX_RATE_HZ,
    MIN_RATE_HZ,
    REFLECTIONS,
    UP_AXES,
    WINDOWS,
)

RADAR = Setting(
    meaning="board name or radar file: .toml, TI .cfg, .mmwave.json, mmWave Studio log; several "
    "radars give one store each",
    flag="--radar",
    metavar="BOARD_OR_FILE",
)
RECEIVER = Setting(
    meaning="receiver profile: ideal, datasheet, or a .toml file such as receiver_profile.toml of "
    "radarsim.validate --fit; see docs/receiver.md",
    flag="--receiver",
    metavar="PROFILE_OR_FILE",
)


@dataclass(frozen=True, kw_only=True)
class General(Section):
    """General settings of a recipe, which belong to no section."""

    seed: int = setting(
        0,
        "random seed, from which all random values of a clip are derived together with its id",
        flag="--seed",
        metavar="S",
        at_least=0,
    )
    limit: int = setting(
        0, "build only the first N clips", flag="--limit", off="all clips", at_least=1
    )
    body: str = setting(
        "free", "name of the body, or a text that identifies the folder of body models"
    )


@dataclass(frozen=True, kw_only=True)
class Clips(Section):
    """Settings for cutting takes into clips."""

    length_s: float = setting(
        5.0, "length of a clip", "s", flag="--clip-seconds", above=0, at_most=600
    )
    stride_s: float = setting(
        5.0, "time between the starts of consecutive clips", "s", flag="--stride-seconds", above=0
    )
    min_frames: int = setting(
        30, "clips with fewer radar frames are discarded and counted", flag="--min-frames"
    )


@dataclass(frozen=True, kw_only=True)
class Placements(Section):
    """Placement of the subject and the radar; each value is drawn uniformly between two limits."""

    scope: str = setting(
        "clip",
        "when the placement applies: at the start of every clip (clip), or only at the start of "
        "the motion (sequence), as in the mmCLIP paper",
        flag="--place",
        choices=("clip", "sequence"),
    )
    per_clip: int = setting(
        1,
        "placement variants of each take, which is cut into clips once for each",
        flag="--placements",
    )
    distance_m: Range = setting(
        (3.0, 3.0),
        "distance from the radar to the subject",
        "m",
        flag="--distance-m",
        at_least=0.3,
        at_most=100,
    )
    lateral_m: Range = setting(
        (0.0, 0.0),
        "lateral offset of the subject, positive to the left as seen from the radar",
        "m",
        flag="--lateral-m",
        at_least=-100,
        at_most=100,
    )
    heading_rad: Range = setting(
        (0.0, 0.0),
        "heading of the subject; 0 faces the radar",
        "rad",
        flag="--heading-deg",
        at_least=-2 * math.pi,
        at_most=2 * math.pi,
    )
    radar_height_m: Range = setting(
        (1.0, 1.0),
        "height of the radar above the floor",
        "m",
        flag="--radar-height-m",
        at_least=0,
        at_most=20,
    )
    radar_tilt_rad: Range = setting(
        (0.0, 0.0),
        "tilt of the radar, positive up",
        "rad",
        flag="--radar-tilt-deg",
        at_least=-math.pi / 2,
        at_most=math.pi / 2,
    )


@dataclass(frozen=True, kw_only=True)
class Area(Section):
    """Floor area; a clip ends when the pelvis leaves the area."""

    near_m: float = setting(1.0, "smallest distance from the radar", "m", flag="--area", at_least=0)
    far_m: float = setting(6.0, "largest distance from the radar", "m", flag="--area")
    half_width_m: float = setting(
        3.0, "largest lateral offset to either side", "m", flag="--area", above=0
    )

    def _check_together(self) -> None:
        store_number(self, "far_m", "m", above=self.near_m)


@dataclass(frozen=True, kw_only=True)
class Simulation(Section):
    """Settings for the simulation of the IF signal."""

    method: str = setting(
        "accurate",
        "relative error of the echo sum: -80 dB (accurate) or -60 dB (fast)",
        flag="--method",
        choices=("accurate", "fast"),
    )
    reflection: str = setting(
        "paper",
        "reflection model: quasi-specular lobes calibrated to the RCS of people (paper), or "
        "coherent Gaussian facets of smooth bare skin, uncalibrated (body)",
        flag="--reflection",
        choices=REFLECTIONS,
    )
    visibility: str = setting(
        "occlusion",
        "visible faces: occlusion test (occlusion), or hidden point removal as in the paper (hpr)",
        flag="--visibility",
        choices=("occlusion", "hpr"),
    )
    visibility_blocks: int = setting(1, "visibility tests per burst", flag="--visibility-blocks")
    sigma_rad: Range = setting(
        (0.5, 0.5),
        "width of the quasi-specular lobe",
        "rad",
        flag="--sigma",
        at_least=0.02,
        at_most=math.pi,
    )
    extra_noise_db: Range = setting(
        (0.0, 0.0),
        "noise added to the noise figure",
        "dB",
        flag="--extra-noise-db",
        at_least=-20,
        at_most=60,
    )
    max_edge_m: float = setting(
        0.0,
        "maximum length of mesh edges; faces with longer edges are subdivided",
        "m",
        flag="--max-edge-m",
        off="off",
        at_least=0.002,
    )
    noise: bool = setting(True, "simulate with thermal noise", flag="--no-noise")
    quantise: bool = setting(True, "simulate with ADC quantisation", flag="--no-quantise")


@dataclass(frozen=True, kw_only=True)
class Maps(Section):
    """Heatmap settings, with fields as in `radarsim.heatmaps.settings.HeatmapSettings`."""

    window: str = setting(
        "burst",
        "Doppler window: each burst separately (burst), or 256 chirps across bursts, as in the "
        "paper (paper); the gaps between bursts then cause fringes at all speeds: see "
        "docs/heatmaps.md",
        flag="--window",
        choices=WINDOWS,
    )
    clutter: str = setting(
        "median",
        "clutter removal: subtract the median over the clip (median), the mean, which leaves a "
        "line at the range of people who pause (clip), the mean of each window (window), or "
        "nothing (none): see docs/heatmaps.md",
        flag="--clutter",
        choices=CLUTTERS,
    )
    angle_window: str = setting(
        "taylor",
        "taper of the antenna array: Taylor (sidelobes at -28 dB, main lobe 1.27 times as wide), "
        "or none (uniform; sidelobes at -13 dB)",
        flag="--angle-window",
        choices=ANGLE_WINDOWS,
    )


@dataclass(frozen=True, kw_only=True)
class BuiltIn(Section):
    """Settings for takes of built-in activities; ignored if motion is read from files."""

    takes: int = setting(
        24,
        "number of built-in performances, which cycle through activities and subjects",
        flag="--takes",
    )
    subjects: int = setting(4, "number of built-in subjects", flag="--subjects")
    grammar_hours: float = setting(
        0.0,
        "hours of random movements from the motion grammar, instead of the activities",
        "h",
        flag="--grammar-hours",
        off="none",
        at_least=0,
        at_most=10_000,
    )


@dataclass(frozen=True, kw_only=True)
class Sources(Section):
    """Settings for reading motion files."""

    up: str = setting(
        "auto",
        "axis that points up in all motion files; auto infers the axis of each file from the "
        "body (write --source-up=-y for a negative axis)",
        flag="--source-up",
        choices=("auto", *UP_AXES),
    )
    rate_hz: float = setting(
        0.0,
        "poses per second of motion files that do not state the rate, such as files of body "
        "trackers: the frame rate of the video",
        "Hz",
        flag="--source-rate-hz",
        off="files without a rate are refused",
        at_least=MIN_RATE_HZ,
        at_most=MAX_RATE_HZ,
    )


@dataclass(frozen=True, kw_only=True)
class Splits(Section):
    """Shares of the subjects in the validation and test splits; all other subjects are in train."""

    validation: float = setting(
        0.1,
        "fraction of subjects in the validation split",
        flag="--validation-share",
        at_least=0,
        at_most=1,
    )
    test: float = setting(
        0.1, "fraction of subjects in the test split", flag="--test-share", at_least=0, at_most=1
    )

    def _check_together(self) -> None:
        # In binary, 1 - 0.8 is less than 0.2; the margin is far above such rounding errors.
        store_number(self, "test", at_least=0, at_most=1 - self.validation + 1e-9)
