"""Recipe of a dataset: all settings that determine the bytes of a store.

A recipe contains no path, host name, time or number of workers. Two builds with equal recipes and
equal sources give equal stores; `recipe_toml.recipe_digest` identifies a recipe.
"""

import math
from dataclasses import dataclass, field, fields

from pipelines.recipe_fields import check_choice, store_number, store_range
from pipelines.recipe_keep import Detection, Keep
from pipelines.recipe_people import People
from pipelines.recipe_room import Room
from radarsim.checks import checked_count
from radarsim.errors import InputError
from radarsim.heatmaps.settings import ANGLE_WINDOWS, CLUTTERS, WINDOWS, HeatmapSettings
from radarsim.radar.radar import Radar
from radarsim.radar.receiver_profile import ReceiverProfile
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
        min_frames: minimum number of radar frames; shorter clips are dropped and counted.
    """

    length_s: float = 5.0
    stride_s: float = 5.0
    min_frames: int = 30

    def __post_init__(self):
        store_number(self, "length_s", "s", above=0, at_most=600)
        store_number(self, "stride_s", "s", above=0)
        checked_count("recipe", "clips.min_frames", self.min_frames)


@dataclass(frozen=True, kw_only=True)
class Placements:
    """Placement of subject and radar; each value is drawn uniformly between two limits.

    Attributes:
        scope: "clip": each clip gets a new placement; "sequence": the subject is placed only once,
            at the start of the take (as in the paper), and the placement of later clips follows
            from the motion.
        per_clip: number of placement variants; every take is cut into clips once for each variant.
        distance_m, lateral_m, heading_rad: limits (low, high) of the fields of
            `radarsim.scene.placement.Placement`.
        radar_height_m, radar_tilt_rad: limits (low, high) of the fields `height_m` and `tilt_rad`
            of `radarsim.scene.placement.RadarPose`.
    """

    scope: str = "clip"
    per_clip: int = 1
    distance_m: Range = (3.0, 3.0)
    lateral_m: Range = (0.0, 0.0)
    heading_rad: Range = (0.0, 0.0)
    radar_height_m: Range = (1.0, 1.0)
    radar_tilt_rad: Range = (0.0, 0.0)

    def __post_init__(self):
        check_choice(self, "scope", ("clip", "sequence"))
        checked_count("recipe", "placements.per_clip", self.per_clip)
        store_range(self, "distance_m", "m", at_least=0.3, at_most=100)
        store_range(self, "lateral_m", "m", at_least=-100, at_most=100)
        store_range(self, "heading_rad", "rad", at_least=-2 * math.pi, at_most=2 * math.pi)
        store_range(self, "radar_height_m", "m", at_least=0, at_most=20)
        store_range(self, "radar_tilt_rad", "rad", at_least=-math.pi / 2, at_most=math.pi / 2)


@dataclass(frozen=True, kw_only=True)
class Area:
    """Floor area; a clip ends when the pelvis leaves the area."""

    near_m: float = 1.0
    far_m: float = 6.0
    half_width_m: float = 3.0

    def __post_init__(self):
        store_number(self, "near_m", "m", at_least=0)
        store_number(self, "far_m", "m", above=self.near_m)
        store_number(self, "half_width_m", "m", above=0)


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
        sigma_rad: limits (low, high) of the width of the paper's quasi-specular lobe.
        extra_noise_db: limits (low, high) of the increase of the receiver's noise figure.
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
        check_choice(self, "method", ("accurate", "fast"))
        check_choice(self, "reflection", ("paper", "body"))
        check_choice(self, "visibility", ("occlusion", "hpr"))
        checked_count("recipe", "simulation.visibility_blocks", self.visibility_blocks)
        store_range(self, "sigma_rad", "rad", at_least=0.02, at_most=math.pi)
        store_range(self, "extra_noise_db", "dB", at_least=-20, at_most=60)
        if self.max_edge_m != 0:
            store_number(self, "max_edge_m", "m", at_least=0.002)


@dataclass(frozen=True, kw_only=True)
class Maps:
    """Heatmap settings, with fields as in `radarsim.heatmaps.settings.HeatmapSettings`."""

    window: str = "burst"
    clutter: str = "median"
    angle_window: str = "taylor"

    def __post_init__(self):
        check_choice(self, "window", WINDOWS)
        check_choice(self, "clutter", CLUTTERS)
        check_choice(self, "angle_window", ANGLE_WINDOWS)


@dataclass(frozen=True, kw_only=True)
class BuiltIn:
    """Takes of the built-in activities; ignored if motion is read from files.

    Attributes:
        takes: number of takes, assigned to the activities and subjects in turn.
        subjects: number of different subjects.
        grammar_hours: duration of random movements from the motion grammar [h], which replace the
            activities; if 0, the activities are used.
    """

    takes: int = 24
    subjects: int = 4
    grammar_hours: float = 0.0

    def __post_init__(self):
        store_number(self, "grammar_hours", "h", at_least=0, at_most=10_000)
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
        check_choice(self, "up", ("auto", *UP_AXES))
        if self.rate_hz != 0:
            store_number(self, "rate_hz", "Hz", at_least=MIN_RATE_HZ, at_most=MAX_RATE_HZ)


@dataclass(frozen=True, kw_only=True)
class Splits:
    """Shares of subjects in val and test; the remaining subjects are in train."""

    validation: float = 0.1
    test: float = 0.1

    def __post_init__(self):
        store_number(self, "validation", at_least=0, at_most=1)
        store_number(self, "test", at_least=0, at_most=1 - self.validation)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All settings of one dataset.

    Attributes:
        radar: the radar with all its parameters.
        seed: seed from which all random values are derived, together with the id of a clip.
        limit: maximum number of clips; later clips are dropped, and 0 keeps all clips.
        receiver: deviations from the ideal radar, whose ranges are drawn for every clip; None for
            the ideal radar.
        body: name of the body, or a string that identifies the folder of body models.
        built_in, sources, clips, placements, people, area, simulation, maps, keep, detection,
            splits, room: sections of the recipe, described in their classes.
    """

    radar: Radar
    seed: int = 0
    limit: int = 0
    receiver: ReceiverProfile | None = None
    body: str = "free"
    built_in: BuiltIn = field(default_factory=BuiltIn)
    sources: Sources = field(default_factory=Sources)
    clips: Clips = field(default_factory=Clips)
    placements: Placements = field(default_factory=Placements)
    people: People = field(default_factory=People)
    area: Area = field(default_factory=Area)
    simulation: Simulation = field(default_factory=Simulation)
    maps: Maps = field(default_factory=Maps)
    keep: Keep = field(default_factory=Keep)
    detection: Detection = field(default_factory=Detection)
    splits: Splits = field(default_factory=Splits)
    room: Room = field(default_factory=Room)

    def __post_init__(self):
        checked_count("recipe", "seed", self.seed, at_least=0)
        checked_count("recipe", "limit", self.limit, at_least=0)
        self._check_clip_length()
        self._check_range()
        self._check_doppler()

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
        """The larger of `clips.min_frames` and the number of frames in a heatmap column."""
        return max(self.clips.min_frames, self.frames_per_column)

    def _check_clip_length(self) -> None:
        """Check that a full clip has at least `min_frames` frames; no other code checks this."""
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

    def _check_range(self) -> None:
        kept = [
            name
            for name in ("points", "range_doppler", "range_azimuth")
            if getattr(self.keep, name)
        ]
        if kept and not self.radar.chirp.has_sweep:
            problem = f"needs a range axis, and {self.radar.name} is a continuous-wave radar"
            hint = f"keep no {kept[0]}, or use a radar with a sweep"
            raise InputError("recipe", f"keep.{kept[0]}", problem, hint)

    def _check_doppler(self) -> None:
        if self.keep.needs_doppler and self.radar.frame.num_chirps < 2:
            name = "points" if self.keep.points else "range_doppler"
            problem = f"needs a speed axis, and a frame of {self.radar.name} holds one loop"
            hint = f"keep no {name}, or use a radar with more loops per frame"
            raise InputError("recipe", f"keep.{name}", problem, hint)


# Sections that the text of a recipe omits if all their values are the defaults, so that a recipe
# that does not use them keeps its text and its digest.
OMITTED_SECTIONS = ("people", "room")
SECTIONS = {
    each.name: each.default_factory
    for each in fields(Recipe)
    if isinstance(each.default_factory, type)
}
