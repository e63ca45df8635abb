"""Recipe of a dataset: all settings that determine the bytes of a store.

A recipe contains no path, host name, time or number of workers. Builds with the same recipe and
the same sources give identical stores; `recipe_toml.recipe_digest` identifies a recipe.
"""

from dataclasses import dataclass, field, fields

from pipelines.clip_rooms import check_room
from pipelines.recipe_keep import Detection, Keep
from pipelines.recipe_people import People
from pipelines.recipe_room import Room
from pipelines.recipe_sections import (
    RADAR,
    RECEIVER,
    Area,
    BuiltIn,
    Clips,
    General,
    Maps,
    Placements,
    Simulation,
    Sources,
    Splits,
)
from pipelines.recipe_surface import Surface, check_surface
from radarsim.errors import InputError
from radarsim.heatmaps.settings import HeatmapSettings
from radarsim.radar.radar import Radar
from radarsim.radar.receiver_profile import ReceiverProfile

IF_CUBES_LIMIT_BYTES = 2_000_000_000


@dataclass(frozen=True, kw_only=True)
class Recipe(General):
    """All settings of one dataset.

    Attributes:
        radar: the radar with all its parameters.
        receiver: deviations from the ideal radar; values given as ranges are drawn for every clip.
            None for the ideal radar.
        seed, limit, body: general settings, described in `General`.
        built_in, sources, clips, placements, people, area, simulation, maps, keep, detection,
            splits, room, surface: sections of the recipe, described in their classes.
    """

    radar: Radar = field(metadata={"setting": RADAR})
    receiver: ReceiverProfile | None = field(default=None, metadata={"setting": RECEIVER})
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
    surface: Surface = field(default_factory=Surface)

    def __post_init__(self):
        super().__post_init__()
        freq_hz = self.radar.chirp.centre_freq_hz
        check_room(self.room, freq_hz, self.placements.radar_height_m)
        check_surface(self.surface, self.simulation)
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
OMITTED_SECTIONS = ("people", "room", "surface")
SECTIONS = {
    each.name: each.default_factory
    for each in fields(Recipe)
    if isinstance(each.default_factory, type)
}
