"""Clips from recordings: the IF cube is read from a file instead of simulated.

    capture -> labelled time spans -> windows -> IF cube -> heatmaps, points, frame maps -> arrays

All steps after the IF cube are the same as for simulated clips. `recorded_maps` makes clips from
heatmaps that were recorded without their IF samples.
"""

import hashlib
import math
import os
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from pipelines.cube_arrays import arrays_of_cube
from pipelines.plan import SEE_LINES, Clip, ClipSelection, Note, clip_seed
from pipelines.recipe import Recipe
from pipelines.sources import Text, unchanged
from radarsim.captures.array_description import ArrayDescription, parse_description
from radarsim.captures.bin_files import files_of_recording
from radarsim.captures.capture import Capture
from radarsim.captures.recorded_maps import RecordedMaps
from radarsim.captures.recording import Recording, of_capture
from radarsim.errors import InputError
from radarsim.files import load_recording, load_setup, open_capture
from radarsim.radar.radar import Radar
from radarsim.scene.motion import Motion

UNUSABLE = "captures that could not be used"
TOO_SHORT = "labelled time spans too short for a clip"
BEYOND = "labels that begin after the end of their capture"
LOST = "clips with lost packets"
_LATE = "correct start_s in the table of labels"


@dataclass(frozen=True, kw_only=True)
class RecordedTake:
    """One subject in one capture; implements `pipelines.sources.Take`.

    Attributes:
        path: path of the capture.
        setup: radar of the capture, as the name of a board or the path of a configuration file.
        iq_order: order of I and Q, as for `radarsim.files.open_capture`.
        description: description of a recorded array as TOML text; "" for a capture.
    """

    path: str
    setup: str
    id: str
    subject: str
    texts: tuple[Text, ...]
    iq_order: str = "auto"
    description: str = ""
    source: str = "recordings"
    licence: str = ""
    official_split: str = ""
    split_group: str = ""

    def load(self) -> Motion:
        """Raise InputError, because a recording has no motion."""
        raise InputError(self.path, "motion", "is a capture", "read it with RecordedTake.capture")

    def capture(self) -> Capture:
        """Open the capture; raise InputError if the capture cannot be read."""
        return open_capture(self.path, self.setup, iq_order=self.iq_order)

    def recording(self) -> Recording | RecordedMaps:
        """Open a capture or an array; raise InputError if the file cannot be read."""
        if not self.description:
            return of_capture(self.capture())
        return load_recording(self.path, self.setup, self.parsed_description)

    @property
    def parsed_description(self) -> ArrayDescription:
        """Description of the recorded array."""
        return parse_description(self.description, self.path)

    def sha256(self) -> str:
        """SHA-256 of the capture's bytes, its radar setup, and the order of I and Q."""
        try:
            of_files = []
            for part in files_of_recording(Path(self.path)):
                state = os.stat(part)
                of_files.append(_file_sha256(str(part), state.st_size, state.st_mtime_ns))
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
            raise InputError(self.path, "file", problem, "check it") from None
        made_from = (of_files, repr(load_setup(self.setup)), self.iq_order)
        made_from += (self.description,) if self.description else ()
        return hashlib.sha256(repr(made_from).encode()).hexdigest()


def select_recorded_clips(recipe: Recipe, take: RecordedTake) -> ClipSelection:
    """Cut the labelled time spans of a capture into clips.

    Args:
        recipe: recipe of the dataset, whose radar must have recorded the capture.
        take: take of the recorded subject.

    Returns:
        Clips without row, shard and split and with unknown placement (NaN); notes for the closing
        summary; and findings of the capture reader.
    """
    try:
        sha256, capture = take.sha256(), _open(take)
        _check_radar(recipe, take, capture)
    except InputError as error:
        return ClipSelection(notes=(Note(cause=UNUSABLE, line=str(error), remedy=SEE_LINES),))
    clips, notes = {}, []
    for text in take.texts:
        found = _clips_of(recipe, take, sha256, text, capture)
        late = text.start_s >= capture.duration_s
        notes += [] if found else [Note(cause=BEYOND, remedy=_LATE) if late else _too_short(recipe)]
        for clip in found:
            known = clips.setdefault(clip.id, clip)
            clips[clip.id] = max(known, clip, key=lambda each: each.num_frames)
    lost_frames = capture.lost_packets.frames if isinstance(capture, Capture) else frozenset()
    lost = sum(_touches(recipe, clip, lost_frames) for clip in clips.values())
    notes += [Note(cause=LOST, count=lost)] if lost else []
    findings = _findings(take, capture)
    return ClipSelection(clips=tuple(clips.values()), notes=tuple(notes), findings=tuple(findings))


def make_recorded_clip(
    recipe: Recipe, clip: Clip, take: RecordedTake, *, keep_cubes: bool = False
) -> dict[str, np.ndarray]:
    """Read one clip of a capture and compute its arrays, specified by `schema.store_arrays`.

    Args:
        recipe: recipe of the dataset.
        clip: a clip of the plan.
        take: take from which the clip is cut.
        keep_cubes: whether IF cubes are saved in the store.

    Returns:
        Values of the arrays, keyed by array name.

    Raises:
        TakeChanged: the capture has changed since the plan was made, or can no longer be read.
    """
    with unchanged(take, clip.take_sha256):
        first = first_frame(recipe, clip)
        cube_v = take.recording().read(first, first + clip.num_frames)
    full = np.zeros((recipe.num_frames, *cube_v.shape[1:]), np.complex64)
    full[: clip.num_frames] = cube_v
    return arrays_of_cube(recipe, clip, jnp.asarray(full), keep_cubes=keep_cubes)


def _open(take: RecordedTake) -> Capture | Recording | RecordedMaps:
    return take.recording() if take.description else take.capture()


def _findings(take: RecordedTake, capture: Capture | Recording | RecordedMaps) -> list[str]:
    """Inferences of the reader; the last line is the same for all recordings of one radar."""
    if not isinstance(capture, Capture):
        unknown = take.parsed_description.unknowns
        lines = [f"{take.setup}: not known: {', '.join(unknown)}"] if unknown else []
        return [*(f"{take.id}: {note}" for note in capture.notes), *lines]
    guess = capture.capture_format.guess_line(capture.radar.board)
    lines = [f"{take.id}: I and Q: {capture.iq_evidence}"]
    lines += [f"{take.id}: {note}" for note in capture.findings]
    return lines + ([f"{take.setup}: {guess}"] if guess else [])


def _too_short(recipe: Recipe) -> Note:
    least_s = recipe.min_frames * recipe.radar.frame.period_s
    remedy = f"a clip needs {least_s:g} s: label longer spans"
    if recipe.clips.min_frames > recipe.frames_per_column:
        remedy += ", or lower --min-frames"
    return Note(cause=TOO_SHORT, remedy=remedy)


def first_frame(recipe: Recipe, clip: Clip) -> int:
    """Index of the first radar frame of a clip in its capture."""
    return round(clip.start_s / recipe.radar.frame.period_s)


def same_signal(one: Radar, other: Radar) -> bool:
    """Whether two radars are equal except for their names."""
    return replace(one, name="") == replace(other, name="")


def _check_radar(
    recipe: Recipe, take: RecordedTake, capture: Capture | Recording | RecordedMaps
) -> None:
    if not same_signal(recipe.radar, capture.radar):
        problem = f"is from {capture.radar.name}, but the store is for {recipe.radar.name}"
        hint = "a store has the axes of one radar: build one store per radar"
        raise InputError(take.path, "radar", problem, hint)


def _clips_of(
    recipe: Recipe,
    take: RecordedTake,
    sha256: str,
    text: Text,
    capture: Capture | Recording | RecordedMaps,
) -> list[Clip]:
    """Windows of one labelled time span, aligned to radar frames."""
    period_s = recipe.radar.frame.period_s
    end_s = capture.duration_s if text.end_s is None else min(text.end_s, capture.duration_s)
    stop = math.floor(end_s / period_s + 1e-6)
    start = math.ceil(text.start_s / period_s - 1e-6)
    stride = max(1, round(recipe.clips.stride_s / period_s))
    clips = []
    while stop - start >= recipe.min_frames:
        num_frames = min(recipe.num_frames, stop - start)
        clips.append(_unplaced_clip(recipe, take, sha256, start * period_s, num_frames))
        start += stride
    return clips


def _unplaced_clip(
    recipe: Recipe, take: RecordedTake, sha256: str, start_s: float, num_frames: int
) -> Clip:
    """A clip whose placement is unknown (NaN)."""
    clip_id = f"{take.id}@{start_s:.2f}s.0"
    unknown = float("nan")
    return Clip(
        id=clip_id,
        take=take.id,
        source=take.source,
        licence=take.licence,
        subject=take.subject,
        official_split=take.official_split,
        take_sha256=sha256,
        start_s=start_s,
        num_frames=num_frames,
        seed=clip_seed(recipe, clip_id),
        distance_m=unknown,
        lateral_m=unknown,
        heading_rad=unknown,
        radar_height_m=unknown,
        radar_tilt_rad=unknown,
        sigma_rad=unknown,
    )


def _touches(recipe: Recipe, clip: Clip, frames: frozenset[int]) -> bool:
    first = first_frame(recipe, clip)
    return any(first <= frame < first + clip.num_frames for frame in frames)


@lru_cache(maxsize=256)
def _file_sha256(path: str, size: int, mtime_ns: int) -> str:
    """Hash a large capture only once per worker and file state, as every clip needs the hash."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
