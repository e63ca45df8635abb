"""One clip made on the spot, from a motion file or a built-in activity, as a dataset would."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from builders.sources.takes import BuiltInTake, FileTake
from pipelines.clip_selection import CUT, TOO_SHORT, select_clips
from pipelines.plan import Clip, ClipSelection
from pipelines.recipe import Recipe
from pipelines.recipe_toml import recipe_from_table
from pipelines.sources import Take
from pipelines.stages import make_clip
from radarsim.errors import InputError
from radarsim.files import MOTION_SUFFIXES
from radarsim.heatmaps.heatmaps import HeatmapSettings
from radarsim.scene.motion import Motion, cut_motion

_MIN_COLUMNS = 4  # fewer show nothing
_OTHER_STRETCH = "try another --start-seconds, --distance-m or --heading-deg"


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of a take, itself a take: see `pipelines.sources.Take`."""

    whole: Take
    start_s: float
    length_s: float
    licence: str = ""
    official_split: str = ""
    texts: tuple = ()

    @property
    def id(self) -> str:
        return self.whole.id

    @property
    def subject(self) -> str:
        return self.whole.subject

    @property
    def source(self) -> str:
        return self.whole.source

    def load(self) -> Motion:
        motion = self.whole.load()
        if self.start_s >= motion.duration_s:
            problem = f"{self.start_s:g} s, but the motion lasts {motion.duration_s:.2f} s"
            raise InputError(self.id, "--start-seconds", problem, "start earlier")
        first = round(self.start_s * motion.rate_hz)
        return cut_motion(motion, first, int(np.ceil(self.length_s * motion.rate_hz)) + 2)

    def sha256(self) -> str:
        return f"{self.whole.sha256()} from {self.start_s!r} for {self.length_s!r} s"


@dataclass(frozen=True, eq=False, kw_only=True)
class Made:
    """A clip and what it is made of.

    Attributes:
        recipe: its clips are exactly as long as this one.
        clip: the row that a store would hold.
        take: the stretch that it shows.
        arrays: heatmaps and placed poses, named as a store does.
        caption: what happens, "" where nobody said.
        note: why it is shorter than asked for, else "".
    """

    recipe: Recipe
    clip: Clip
    take: Piece
    arrays: dict[str, np.ndarray]
    caption: str
    note: str


def find_take(source: str, until_s: float) -> tuple[Take, str]:
    """A motion file, or the built-in activity of that name, and its caption.

    Args:
        source: path or name.
        until_s: how long a built-in activity is performed.

    Raises:
        InputError: neither.
    """
    path = Path(source)
    if path.suffix.lower() in MOTION_SUFFIXES or path.exists():
        take = FileTake(
            path=source, id=path.name, subject="unnamed", source="motion file", licence=""
        )
        return take, ""
    from builders.activities import ACTIVITIES

    if source not in ACTIVITIES:
        hint = f"give a store, .bvh, .npz or one of {', '.join(ACTIVITIES)}"
        raise InputError(source, "source", "no such store, file or activity", hint)
    take = BuiltInTake(activity=source, subject_number=0, repeat=0, seed=0, duration_s=until_s)
    return take, ACTIVITIES[source].label


def make(
    source: str, start_s: float, length_s: float, table: dict, body_models: str | None = None
) -> Made:
    """Simulate a stretch of a motion.

    Args:
        source: a motion file or the name of a built-in activity.
        start_s: where the stretch starts.
        length_s: how long it is at most.
        table: recipe settings beside the clip's length.
        body_models: model files; None for the free body.

    Returns:
        The clip, as long as the subject stays inside the area.

    Raises:
        InputError: the motion cannot be used.
    """
    whole, caption = find_take(source, start_s + length_s + 0.05)
    recipe = _recipe(table, length_s)
    piece = Piece(whole=whole, start_s=start_s, length_s=recipe.clips.length_s)
    piece.load()  # what is wrong with the motion is said here, with its file
    found = select_clips(recipe, piece, body_models)
    clip, note = _first(found, recipe, source), ""
    if clip.num_frames < recipe.num_frames:
        recipe = _recipe(table, clip.num_frames * recipe.radar.frame.period_s)
        note = _shortened(found, recipe, length_s)
    arrays = make_clip(recipe, clip, piece, body_models=body_models)
    return Made(recipe=recipe, clip=clip, arrays=arrays, take=piece, caption=caption, note=note)


def _recipe(table: dict, length_s: float) -> Recipe:
    clips = {"length_s": length_s, "stride_s": 2 * length_s, "min_frames": 1}
    recipe = recipe_from_table({**table, "clips": clips, "keep": {"motion": True}}, "options")
    loops = HeatmapSettings.window_chirps + _MIN_COLUMNS * HeatmapSettings.step_chirps
    min_frames = -(-loops // recipe.radar.frame.num_chirps)
    if recipe.num_frames < min_frames:
        problem = f"{length_s:g} s are {recipe.num_frames} radar frames"
        hint = f"give at least {min_frames * recipe.radar.frame.period_s:g}"
        raise InputError("options", "--seconds", problem, hint)
    return replace(recipe, clips=replace(recipe.clips, min_frames=min_frames))


def _first(found: ClipSelection, recipe: Recipe, source: str) -> Clip:
    """The clip at the very start of the stretch."""
    for clip in found.clips:
        if clip.start_s == 0:
            return clip
    least_s = recipe.clips.min_frames * recipe.radar.frame.period_s
    if any(note.cause == TOO_SHORT for note in found.notes) or not found.notes:
        problem = f"less than {least_s:.2g} s of it are left"
        raise InputError(source, "motion", problem, "start earlier or give a longer motion")
    line = next((note.line for note in found.notes if note.line), "")
    problem = line or f"not {least_s:.2g} s {_floor(recipe)}"
    raise InputError(source, "placement", problem, _OTHER_STRETCH)


def _shortened(found: ClipSelection, recipe: Recipe, wanted_s: float) -> str:
    """Why a clip is shorter than asked for."""
    drawn = f"{recipe.clips.length_s:.1f} of {wanted_s:g} s are drawn"
    if not any(note.cause == CUT for note in found.notes):
        return f"{drawn}: the motion ends there"
    return f"{drawn}: then the subject is no longer {_floor(recipe)}; {_OTHER_STRETCH}"


def _floor(recipe: Recipe) -> str:
    area = recipe.area
    sides = f"{area.half_width_m:g} m to either side"
    return f"inside the activity area ({area.near_m:g} to {area.far_m:g} m ahead, {sides})"
