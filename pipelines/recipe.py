"""Recipe of a dataset: all settings that determine the bytes of a store.

A recipe contains no path, host name, time or number of workers. Two builds with equal recipes and
equal sources give equal stores; `recipe_toml.recipe_digest` identifies a recipe.
"""

import math
from dataclasses import dataclass, field, fields

from radarsim.checks import checked_count, checked_number
from radarsim.errors import InputError
from radarsim.heatmaps.settings import ANGLE_WINDOWS, CLUTTERS, WINDOWS, HeatmapSettings
from radarsim.radar.radar import Radar
from radarsim.scene.motion import MAX_RATE_HZ, MIN_RATE_HZ
from radarsim.scene.world_up import UP_AXES

Range = tuple[float, float]
IF_CUBES_LIMIT_BYTES = 2_000_000_000


@dataclass(frozen=True, kw_only=True)
class Clips:
    """Settings for cutting takes into clips.

    Attributes:
        length_s: length of a clip; the number of frames follows from the radar's frame period.
        stride_s: time from the start of one clip to the start of the next.
        min_frames: minimum number of radar frames; clips with fewer frames are dropped and counted.
    """

    length_s: float = 5.0
    stride_s: float = 5.0
    min_frames: int = 30

    def __post_init__(self):
        _number(self, "length_s", "s", above=0, at_most=600)
        _number(self, "stride_s", "s", above=0)
        checked_count("recipe", "clips.min_frames", self.min_frames)


@dataclass(frozen=True, kw_only=True)
class Placements:
    """Placement of subject and radar; each value is drawn uniformly between two limits.

    Attributes:
        scope: "clip": each clip gets a new placement; "sequence": the subject is placed only once,
            at the start of the take (as in the paper), and later clips continue from there.
        per_clip: number of placements per clip.
        distance_m, lateral_m, heading_rad, radar_height_m, radar_tilt_rad: as in
            `radarsim.scene.placement.Placement`, each as a pair (low, high).
    """

    scope: str = "clip"
    per_clip: int = 1
    distance_m: Range = (3.0, 3.0)
    lateral_m: Range = (0.0, 0.0)
    heading_rad: Range = (0.0, 0.0)
    radar_height_m: Range = (1.0, 1.0)
    radar_tilt_rad: Range = (0.0, 0.0)

    def __post_init__(self):
        _choice(self, "scope", ("clip", "sequence"))
        checked_count("recipe", "placements.per_clip", self.per_clip)
        _range(self, "distance_m", "m", at_least=0.3, at_most=100)
        _range(self, "lateral_m", "m", at_least=-100, at_most=100)
        _range(self, "heading_rad", "rad", at_least=-2 * math.pi, at_most=2 * math.pi)
        _range(self, "radar_height_m", "m", at_least=0, at_most=20)
        _range(self, "radar_tilt_rad", "rad", at_least=-math.pi / 2, at_most=math.pi / 2)


@dataclass(frozen=True, kw_only=True)
class Area:
    """Floor area; a clip ends when the pelvis leaves the area."""

    near_m: float = 1.0
    far_m: float = 6.0
    half_width_m: float = 3.0

    def __post_init__(self):
        _number(self, "near_m", "m", at_least=0)
        _number(self, "far_m", "m", above=self.near_m)
        _number(self, "half_width_m", "m", above=0)


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """Settings for the simulation of the IF signal.

    Attributes:
        method: "accurate" or "fast"; selects the accuracy, as described in
            `radarsim.signal.settings`.
        reflection: "paper": quasi-specular model, anchored to a mean radar cross-section; "body":
            smooth bare skin, which needs no anchor.
        visibility: "occlusion", or "hpr" (hidden point removal) as in the paper.
        visibility_blocks: number of visibility evaluations per burst.
        sigma_rad: width of the paper's quasi-specular lobe, (low, high).
        extra_noise_db: increase of the receiver's noise figure, (low, high).
        max_edge_m: maximum edge length of the body mesh; faces with longer edges are subdivided. 0
            keeps the mesh unchanged.
        noise: whether thermal noise is added to I and Q.
        quantise: whether samples are rounded to the ADC's steps.
    """

    method: str = "accurate"
    reflection: str = "paper"
    visibility: str = "occlusion"
    visibility_blocks: int = 1
    sigma_rad: Range = (0.5, 0.5)
    extra_noise_db: Range = (0.0, 0.0)
    max_edge_m: float = 0.0
    noise: bool = True
    quantise: bool = True

    def __post_init__(self):
        _choice(self, "method", ("accurate", "fast"))
        _choice(self, "reflection", ("paper", "body"))
        _choice(self, "visibility", ("occlusion", "hpr"))
        checked_count("recipe", "simulation.visibility_blocks", self.visibility_blocks)
        _range(self, "sigma_rad", "rad", at_least=0.02, at_most=math.pi)
        _range(self, "extra_noise_db", "dB", at_least=-20, at_most=60)
        if self.max_edge_m != 0:
            _number(self, "max_edge_m", "m", at_least=0.002)


@dataclass(frozen=True, kw_only=True)
class Maps:
    """Heatmap settings, with fields as in `radarsim.heatmaps.settings.HeatmapSettings`."""

    window: str = "burst"
    clutter: str = "median"
    angle_window: str = "taylor"

    def __post_init__(self):
        _choice(self, "window", WINDOWS)
        _choice(self, "clutter", CLUTTERS)
        _choice(self, "angle_window", ANGLE_WINDOWS)


@dataclass(frozen=True, kw_only=True)
class Keep:
    """Optional arrays of the store, in addition to the heatmaps.

    Attributes:
        if_cubes: "on", "off", or "auto": IF cubes are saved if they take less than 2 GB.
        motion: whether the placed poses are saved, at the rate `motion_rate_hz`.
        motion_rate_hz: number of saved poses per second.
    """

    if_cubes: str = "auto"
    motion: bool = False
    motion_rate_hz: float = 60.0

    def __post_init__(self):
        _choice(self, "if_cubes", ("auto", "on", "off"))
        _number(self, "motion_rate_hz", "Hz", at_least=5, at_most=1000)


@dataclass(frozen=True, kw_only=True)
class BuiltIn:
    """Takes of the built-in activities; ignored if motion is read from files.

    Attributes:
        takes: number of takes, assigned to the activities and subjects in turn.
        subjects: number of different subjects.
    """

    takes: int = 24
    subjects: int = 4

    def __post_init__(self):
        checked_count("recipe", "built_in.takes", self.takes)
        checked_count("recipe", "built_in.subjects", self.subjects)


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Settings for reading motion files.

    Attributes:
        up: upward axis of the files' coordinate system: "x", "y", "z", "-x", "-y" or "-z"; "auto":
            inferred from each motion. The axis is always inferred for `.bvh` files.
        rate_hz: poses per second in files that do not state the rate; if 0, such files are refused.
    """

    up: str = "auto"
    rate_hz: float = 0.0

    def __post_init__(self):
        _choice(self, "up", ("auto", *UP_AXES))
        if self.rate_hz != 0:
            _number(self, "rate_hz", "Hz", at_least=MIN_RATE_HZ, at_most=MAX_RATE_HZ)


@dataclass(frozen=True, kw_only=True)
class Splits:
    """Shares of subjects in val and test; the remaining subjects are in train."""

    validation: float = 0.1
    test: float = 0.1

    def __post_init__(self):
        _number(self, "validation", at_least=0, at_most=1)
        _number(self, "test", at_least=0, at_most=1 - self.validation)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All settings of one dataset.

    Attributes:
        radar: the radar with all its parameters.
        seed: seed from which all random values are derived, together with the id of a clip.
        limit: maximum number of clips; later clips are dropped, and 0 keeps all clips.
        body: name of the body, or a string that identifies the folder of body models.
        built_in, sources, clips, placements, area, simulation, maps, keep, splits: sections of the
            recipe, described in their classes.
    """

    radar: Radar
    seed: int = 0
    limit: int = 0
    body: str = "free"
    built_in: BuiltIn = field(default_factory=BuiltIn)
    sources: Sources = field(default_factory=Sources)
    clips: Clips = field(default_factory=Clips)
    placements: Placements = field(default_factory=Placements)
    area: Area = field(default_factory=Area)
    simulation: Simulation = field(default_factory=Simulation)
    maps: Maps = field(default_factory=Maps)
    keep: Keep = field(default_factory=Keep)
    splits: Splits = field(default_factory=Splits)

    def __post_init__(self):
        checked_count("recipe", "seed", self.seed, at_least=0)
        checked_count("recipe", "limit", self.limit, at_least=0)
        self._check_clip_length()

    @property
    def num_frames(self) -> int:
        """Number of radar frames in a full clip."""
        return round(self.clips.length_s / self.radar.frame.period_s)

    @property
    def heatmap_settings(self) -> HeatmapSettings:
        """Heatmap settings of this recipe."""
        maps = self.maps
        return HeatmapSettings(
            window=maps.window, clutter=maps.clutter, angle_window=maps.angle_window
        )

    @property
    def frames_per_column(self) -> int:
        """Number of frames in one heatmap column, rounded up."""
        return -(-self.heatmap_settings.window_chirps // self.radar.frame.num_chirps)

    @property
    def min_frames(self) -> int:
        """Minimum number of frames per clip: `clips.min_frames`, or a heatmap column if longer."""
        return max(self.clips.min_frames, self.frames_per_column)

    def _check_clip_length(self) -> None:
        """Check that a full clip has `min_frames` frames; no other code checks this."""
        if self.num_frames >= self.min_frames:
            return
        frame, least_s = self.radar.frame, self.min_frames * self.radar.frame.period_s
        problem = (
            f"is {self.clips.length_s:g} s, {self.num_frames} frames of {frame.period_s * 1e3:g} ms"
        )
        hint = f"give clips of at least {least_s:g} s (--clip-seconds {least_s:g})"
        if self.frames_per_column > self.num_frames:
            window = self.heatmap_settings.window_chirps
            problem += f" and {frame.num_chirps} loops; a heatmap column needs {window} loops"
        else:
            problem += f"; clips need {self.clips.min_frames}"
            hint += ", or fewer frames (--min-frames)"
        raise InputError("recipe", "clips.length_s", problem, hint)


SECTIONS = {
    each.name: each.default_factory
    for each in fields(Recipe)
    if isinstance(each.default_factory, type)
}


def _where(owner: object, name: str) -> str:
    return f"{type(owner).__name__.lower()}.{name}"


def _number(owner: object, name: str, unit: str = "", **limits: float) -> None:
    limits = {kind: float(limit) for kind, limit in limits.items()}
    value = checked_number("recipe", _where(owner, name), getattr(owner, name), unit, **limits)
    object.__setattr__(owner, name, value)


def _choice(owner: object, name: str, choices: tuple[str, ...]) -> None:
    value = getattr(owner, name)
    if value not in choices:
        raise InputError(
            "recipe", _where(owner, name), f"is {value!r}", f"choose {' or '.join(choices)}"
        )


def _range(owner: object, name: str, unit: str, **limits: float) -> None:
    """Convert the field to (low, high); a single number is used for both limits."""
    given = getattr(owner, name)
    ends = tuple(given) if isinstance(given, (tuple, list)) else (given, given)
    where = _where(owner, name)
    if len(ends) != 2:
        hint = "give one value, or low and high"
        raise InputError("recipe", where, f"has {len(ends)} values", hint)
    limits = {kind: float(limit) for kind, limit in limits.items()}
    low, high = (checked_number("recipe", where, end, unit, **limits) for end in ends)
    if low > high:
        problem = f"has low {low:g} above high {high:g} {unit}".rstrip()
        raise InputError("recipe", where, problem, "give the lower limit first")
    object.__setattr__(owner, name, (low, high))
