"""Simulate a single clip from a motion file or a built-in activity, as in a dataset build."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from builders.sources.takes import AS_STATED, BuiltInTake, FileTake
from pipelines.clip_selection import CUT, TOO_SHORT, select_clips
from pipelines.clip_simulation import make_clip
from pipelines.plan import Clip, ClipSelection
from pipelines.recipe import Recipe, Sources
from pipelines.recipe_people import check_further_people
from pipelines.recipe_toml import radar_board_guess, recipe_from_table
from pipelines.sources import Take
from radarsim.errors import InputError
from radarsim.files import MOTION_SUFFIXES, TRACKER_SUFFIXES
from radarsim.heatmaps.heatmaps import HeatmapSettings
from radarsim.radar.boards import DEFAULT_BOARD
from radarsim.scene.motion import Motion, cut_motion

_MIN_COLUMNS = 4  # minimum number of heatmap columns with which a figure shows motion
_OTHER_SEGMENT_HINT = "try another --start-seconds, --distance-m or --heading-deg"


@dataclass(frozen=True, kw_only=True)
class TakeSegment:
    """A time segment of a take, with the interface of a take (`pipelines.sources.Take`)."""

    take: Take
    start_s: float
    length_s: float
    licence: str = ""
    official_split: str = ""
    split_group: str = ""
    texts: tuple = ()

    @property
    def id(self) -> str:
        return self.take.id

    @property
    def subject(self) -> str:
        return self.take.subject

    @property
    def source(self) -> str:
        return self.take.source

    def load(self) -> Motion:
        motion = self.take.load()
        if self.start_s >= motion.duration_s:
            problem = f"{self.start_s:g} s, but the motion lasts {motion.duration_s:.2f} s"
            raise InputError(self.id, "--start-seconds", problem, "choose an earlier start")
        first = round(self.start_s * motion.rate_hz)
        return cut_motion(motion, first, int(np.ceil(self.length_s * motion.rate_hz)) + 2)

    def sha256(self) -> str:
        return f"{self.take.sha256()} from {self.start_s!r} for {self.length_s!r} s"


@dataclass(frozen=True, eq=False, kw_only=True)
class SimulatedClip:
    """A simulated clip with its recipe and source.

    Attributes:
        recipe: recipe whose clip length equals the length of this clip.
        clip: record of the clip, with the fields of a clip in a store.
        take: segment of the motion.
        arrays: heatmaps and placed poses, named as in a store.
        caption: label of the activity; "" for a motion file.
        note: reason why the clip is shorter than requested; "" if it is not shorter.
    """

    recipe: Recipe
    clip: Clip
    take: TakeSegment
    arrays: dict[str, np.ndarray]
    caption: str
    note: str

    @property
    def cube_v(self) -> np.ndarray:
        """The IF cube [V], if the arrays contain the cube."""
        stored, radar = self.arrays["if_cube"], self.recipe.radar
        scale_v = radar.receiver.adc_step_v if stored.dtype == np.int16 else 1.0
        parts = stored.astype(np.float32) * np.float32(scale_v)
        return parts[..., 0] + 1j * parts[..., 1]


def open_source(
    source: str, duration_s: float, sources: Sources = AS_STATED, person: str = ""
) -> tuple[Take, str]:
    """Return the take of a motion file or of a built-in activity, and its caption.

    Args:
        source: path of the file, or name of the activity.
        duration_s: duration of a built-in activity [s].
        sources: settings for reading the file.
        person: person in the file; "" if there is only one.

    Raises:
        InputError: there is neither a file nor an activity of this name.
    """
    path = Path(source)
    suffixes = (*MOTION_SUFFIXES, *TRACKER_SUFFIXES)
    if path.suffix.lower() in suffixes or path.exists():
        take = FileTake(
            path=source,
            id=path.name,
            subject="unnamed",
            source="motion file",
            licence="",
            person=person,
            up=sources.up,
            rate_hz=sources.rate_hz or None,
        )
        return take, ""
    from builders.activities import ACTIVITIES

    if source not in ACTIVITIES:
        hint = f"give a store, a .bvh or .npz file, or one of {', '.join(ACTIVITIES)}"
        raise InputError(source, "source", "no such store, file or activity", hint)
    take = BuiltInTake(activity=source, subject_number=0, repeat=0, seed=0, duration_s=duration_s)
    return take, ACTIVITIES[source].label


def simulate_segment(
    source: str,
    start_s: float,
    length_s: float,
    table: dict,
    body_models: str | None = None,
    person: str = "",
    keep_cube: bool = False,
) -> SimulatedClip:
    """Simulate a segment of a motion.

    Args:
        source: motion file, or name of a built-in activity.
        start_s: start of the segment [s].
        length_s: maximum duration of the segment [s].
        table: recipe table, without the clip length.
        body_models: path of the body models; None for the bundled model.
        person: person in the motion file; "" if there is only one.
        keep_cube: whether the arrays contain the IF cube.

    Returns:
        The clip, which ends when the subject leaves the activity area.

    Raises:
        InputError: the motion, its placement or the requested time span cannot be used.
    """
    recipe = _recipe(table, length_s)
    take, caption = open_source(source, start_s + length_s + 0.05, recipe.sources, person)
    segment = TakeSegment(take=take, start_s=start_s, length_s=recipe.clips.length_s)
    # Read the motion here, so that an error message names the motion file.
    inferred = segment.load().notes
    found = select_clips(recipe, segment, body_models)
    clip, note = _first_clip(found, recipe, source), ""
    if clip.num_frames < recipe.num_frames:
        recipe = _recipe(table, clip.num_frames * recipe.radar.frame.period_s)
        note = _reason_shortened(found, recipe, length_s)
    seconds = clip.num_frames * recipe.radar.frame.period_s
    print(f"simulating {seconds:.1f} s of {source}; compiling comes first ...", file=sys.stderr)
    for line in inferred:
        print(f"note: {source}: {line}")
    guess = radar_board_guess(table.get("radar", DEFAULT_BOARD), "options")
    if guess:
        print(f"radar: {guess}")
    arrays = make_clip(recipe, clip, segment, body_models=body_models, keep_cubes=keep_cube)
    return SimulatedClip(
        recipe=recipe, clip=clip, arrays=arrays, take=segment, caption=caption, note=note
    )


def _recipe(table: dict, length_s: float) -> Recipe:
    radar = recipe_from_table({**table, "clips": {"length_s": 600.0}}, "options").radar
    loops = HeatmapSettings.window_chirps + _MIN_COLUMNS * HeatmapSettings.step_chirps
    num_frames = round(length_s / radar.frame.period_s)
    min_frames = -(-loops // radar.frame.num_chirps)
    if num_frames < min_frames:
        problem = f"{length_s:g} s are only {num_frames} radar frames"
        hint = f"give at least {min_frames * radar.frame.period_s:g} s"
        raise InputError("options", "--seconds", problem, hint)
    clips = {"length_s": length_s, "stride_s": 2 * length_s, "min_frames": min_frames}
    recipe = recipe_from_table({**table, "clips": clips, "keep": {"motion": True}}, "options")
    check_further_people(recipe.people)
    return recipe


def _first_clip(found: ClipSelection, recipe: Recipe, source: str) -> Clip:
    """The clip that begins at the start of the segment."""
    for clip in found.clips:
        if clip.start_s == 0:
            return clip
    least_s = recipe.clips.min_frames * recipe.radar.frame.period_s
    if any(note.cause == TOO_SHORT for note in found.notes) or not found.notes:
        problem = f"less than {least_s:.2g} s remain after the start"
        raise InputError(source, "motion", problem, "start earlier, or give a longer motion")
    line = next((note.line for note in found.notes if note.line), "")
    problem = line or f"less than {least_s:.2g} s are {_area_text(recipe)}"
    raise InputError(source, "placement", problem, _OTHER_SEGMENT_HINT)


def _reason_shortened(found: ClipSelection, recipe: Recipe, requested_s: float) -> str:
    """Reason why a clip is shorter than requested."""
    drawn = f"{recipe.clips.length_s:.1f} of {requested_s:g} s are drawn"
    if not any(note.cause == CUT for note in found.notes):
        return f"{drawn}: the motion ends there"
    return f"{drawn}: the subject is then no longer {_area_text(recipe)}; {_OTHER_SEGMENT_HINT}"


def _area_text(recipe: Recipe) -> str:
    area = recipe.area
    sides = f"{area.half_width_m:g} m to either side"
    return f"inside the activity area ({area.near_m:g} to {area.far_m:g} m ahead, {sides})"
