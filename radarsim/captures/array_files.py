"""Open a recorded array as IF cubes or heatmaps; the entry point is `files.load_recording`."""

from pathlib import Path

from radarsim.captures.array_cubes import cube_recording
from radarsim.captures.array_description import ArrayDescription
from radarsim.captures.iq_text import TEXT_SUFFIXES, open_text
from radarsim.captures.map_pictures import PICTURE_SUFFIXES, open_picture
from radarsim.captures.recorded_maps import RecordedMaps, is_recorded_map, map_recording
from radarsim.captures.recording import Recording
from radarsim.captures.settings_used import CUBE, HEATMAP, MAGNITUDES, check_settings_used
from radarsim.captures.stored_arrays import ARRAY_SUFFIXES, open_array
from radarsim.errors import InputError
from radarsim.radar.radar import Radar

ARRAY_FILE_SUFFIXES = (*ARRAY_SUFFIXES, *TEXT_SUFFIXES, *PICTURE_SUFFIXES)


def is_array_file(path: Path) -> bool:
    """Whether a file name ends like that of an array, text or picture file, not of a capture."""
    return path.suffix.lower() in ARRAY_FILE_SUFFIXES


def open_array_recording(
    path: Path, description: ArrayDescription, radar: Radar, is_real: bool = False
) -> Recording | RecordedMaps:
    """Open a recorded array; `files.load_recording` documents the result.

    Args:
        path: an existing file.
        description: meaning of the array.
        radar: radar that recorded the array.
        is_real: whether the radar has one real ADC per receiver.
    """
    if path.stat().st_size == 0:
        raise InputError(path, "file", "is empty (0 bytes)", "record it again")
    suffix = path.suffix.lower()
    if suffix in TEXT_SUFFIXES and not description.is_map:
        array = open_text(path, description.axes)
    elif suffix in PICTURE_SUFFIXES:
        array = open_picture(path, description)
    elif suffix in ARRAY_SUFFIXES:
        array = open_array(path, description.array)
    else:
        hint = f"give a file of type {', '.join(ARRAY_FILE_SUFFIXES)}"
        raise InputError(path, "file", "is not an array, text or picture", hint)
    if 0 in array.shape:
        raise InputError(path, "array", f"is empty: lengths {array.shape}", "record it again")
    if is_recorded_map(array, description):
        kind = HEATMAP if description.is_map else MAGNITUDES
        check_settings_used(description, kind, suffix in PICTURE_SUFFIXES)
        return map_recording(array, description, radar, is_real)
    check_settings_used(description, CUBE)
    return cube_recording(array, description, radar, is_real)
