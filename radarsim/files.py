"""Read and write files: motions, meshes, body models, radars and captures.

This module is the entry point for every file that radarsim reads; a file that cannot be used raises
an `InputError`. Parsers of text formats receive the text and open no files. Readers of binary
formats (in `scene/formats` and `captures`) receive the path, because they read parts of large
files. Each reader is imported when its file type is first used.
"""

from pathlib import Path

import numpy as np

from radarsim.checks import check_choice, check_path, check_type
from radarsim.errors import InputError
from radarsim.motion_files import MOTION_SUFFIXES as MOTION_SUFFIXES
from radarsim.motion_files import TRACKER_SUFFIXES as TRACKER_SUFFIXES
from radarsim.motion_files import MotionFiles as MotionFiles
from radarsim.motion_files import find_motions as find_motions
from radarsim.motion_files import motion_people as motion_people
from radarsim.motion_files import open_motion as open_motion
from radarsim.motion_files import read_motion as read_motion
from radarsim.paths import existing_path, local_path, read_text
from radarsim.receiver_files import load_receiver as load_receiver
from radarsim.receiver_files import with_receiver
from radarsim.scene.skeleton import NUM_JOINTS

# Maximum size of a radar configuration file; it is large because mmWave Studio appends to its log
# file in every session.
MAX_SETUP_BYTES = 64 << 20


def read_arrays(path: str | Path, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Read arrays from an `.npz` file by name; nothing is ever unpickled.

    Args:
        path: the file.
        keys: names of the arrays to read; other arrays are not read.

    Returns:
        Arrays keyed by name; names that are not in the file are omitted.

    Raises:
        InputError: the file is not an npz file, is truncated, or has an array of Python objects.
    """
    from radarsim.scene.formats import npz

    check_path("read_arrays", "path", path)
    return npz.read_arrays(local_path(path), keys)


def read_mesh_sequence(path: str | Path, rate_hz: float | None = None):
    """Read a moving mesh from a folder of .obj, .ply or .stl files in name order, or an `.npz`.

    Args:
        path: the folder or file.
        rate_hz: meshes per second; required for a folder, by default the rate in the `.npz`.

    Returns:
        `mesh_sequence.MeshSequence`; its method `vertices_at` gives the vertices at any time for
        `simulate_mesh`.

    Raises:
        InputError: the meshes cannot be read, or do not form a sequence; see `mesh_sequence`.
    """
    from radarsim.scene.formats.mesh_sequence import KEYS, mesh_from_arrays, read_mesh_folder

    path = existing_path(path)
    if path.is_dir():
        return read_mesh_folder(path, rate_hz)
    return mesh_from_arrays(read_arrays(path, KEYS), str(path), path.stem, rate_hz)


def load_body(path: str | Path, gender: str = "neutral", layout: str = "smplh"):
    """Read a SMPL, SMPL-H or SMPL-X body model from a file, or from a folder of models.

    Args:
        path: an `.npz` or `.pkl` file, or a folder with the layout of the published models.
        gender: gender of the model to load from a folder.
        layout: model type to load from a folder.

    Returns:
        `body.BodyModel`.

    Raises:
        InputError: there is no such model, or the file is not a body model.
    """
    from radarsim.scene.formats.smpl import find_body_model, read_body_model

    check_path("load_body", "path", path)
    check_type("load_body", "gender", gender, str, "give 'neutral', 'male' or 'female'")
    check_choice("load_body", "layout", layout, tuple(NUM_JOINTS))
    return read_body_model(find_body_model(local_path(path), layout, gender))


def free_body():
    """Load the body model included in the package (CC0), with SMPL's 24 joints and rest pose.

    Returns:
        `body.BodyModel`.
    """
    from radarsim.scene.formats import smpl

    return smpl.free_body()


def load_radar(name_or_path: str | Path, receiver: str | Path = "ideal"):
    """Load the `Radar` of a named board or of a configuration file.

    Args:
        name_or_path: argument of `load_setup`.
        receiver: profile of the receiver, as for `load_receiver`; ideal by default.
    """
    return with_receiver(load_setup(name_or_path).radar, receiver)


def open_capture(path: str | Path, radar, *, capture_format=None, iq_order: str = "auto"):
    """Open a DCA1000 recording; frames are read on request.

    Args:
        path: a `.bin` file, or the board's UDP packets in a `.pcap` or `.pcapng`.
        radar: `Radar`, or an argument of `load_setup`.
        capture_format: order of the words; by default the format of the radar's file or board.
        iq_order: "i_first", "q_first", or "auto" to detect the order from the samples, with the
            configured order as fallback. A `Radar` has no configured order; `Capture.notes` says if
            the detection may be wrong.

    Returns:
        `capture.Capture`.

    Raises:
        InputError: the file is not a capture, or does not fit this radar.
    """
    from radarsim.captures import capture_files
    from radarsim.radar.capture_format import check_captures_supported
    from radarsim.radar.radar import Radar

    check_path("open_capture", "path", path)
    if not isinstance(radar, Radar):
        setup = load_setup(radar)
        radar, capture_format = setup.radar, capture_format or setup.capture_format
    check_captures_supported(radar.board)
    return capture_files.open_capture(path, radar, capture_format, iq_order)


def load_recording(
    path: str | Path, radar=None, description=None, *, iq_order: str = "auto", **changes
):
    """Open any recording: a capture of the DCA1000, or an array of any radar.

    Args:
        path: a capture (`.bin`, `.pcap`, `.pcapng`), an array (`.npy`, `.npz`, `.mat`, `.h5`,
            `.hdf5`), I/Q text (`.txt`, `.csv`) or a picture of a heatmap (`.png`, `.jpg`).
        radar: `Radar`, or an argument of `load_setup`; by default the radar that the description
            names, or the configuration next to the recording (see `setup_beside`).
        description: description of an array, as an `ArrayDescription` or the path of a TOML file
            (`captures.array_description`); by default the file next to the recording (see
            `description_beside`).
        iq_order: order of I and Q in a capture, as for `open_capture`; an array has no such order.
        changes: settings that replace those of the description, such as
            `axes=("frame", "chirp", "rx", "sample")`, `array="adc"` or `units="V"`.

    Returns:
        `captures.recording.Recording` with IF cubes in volts, or, for heatmaps,
        `captures.recorded_maps.RecordedMaps`.

    Raises:
        InputError: the file is damaged, its radar is unknown, or its axes do not fit the radar.
    """
    from radarsim.captures import array_files, recording
    from radarsim.radar.radar import Radar

    path = existing_path(path, "file")
    if not array_files.is_array_file(path):
        setup = radar or _setup_of(path)
        return recording.of_capture(open_capture(path, setup, iq_order=iq_order))
    if iq_order != "auto":
        hint = "leave it out: complex values, or the axis iq, state the order"
        raise InputError(path, "iq_order", f"is {iq_order!r} for an array", hint)
    described = load_description(path, description, **changes)
    radar = radar or radar_of(described) or _setup_of(path)
    if isinstance(radar, Radar):
        return array_files.open_array_recording(path, described, radar)
    setup = load_setup(radar)
    real = setup.capture_format.is_real
    return array_files.open_array_recording(path, described, setup.radar, real)


def load_description(path: str | Path, description=None, **changes):
    """Load the description of a recorded array, see `load_recording`.

    Args:
        path: the recorded array.
        description: `ArrayDescription`, path of a TOML file, or None for the file next to the
            array, which need not exist if `changes` has the axes.
        changes: settings that replace those of the description.

    Returns:
        `captures.array_description.ArrayDescription`.

    Raises:
        InputError: there is no description, or a setting is unknown or out of range.
    """
    from radarsim.captures.array_description import ArrayDescription, parse_description

    if isinstance(description, ArrayDescription):
        return parse_description(description.dump(), description.where, **changes)
    file = existing_path(description, "description") if description else description_beside(path)
    if file is None:
        return parse_description("", str(path), **changes)
    return parse_description(read_text(file, MAX_SETUP_BYTES), str(file), **changes)


def _setup_of(path: Path) -> Path:
    beside = setup_beside(path)
    if beside is None:
        hint = f"name the radar, or put {path.stem}.toml or radar.toml next to the recording"
        raise InputError(path, "radar", "is unknown", hint)
    return beside


def radar_of(description) -> str:
    """Radar named in a description: a file in the same folder, or a board; "" without a radar."""
    file = Path(description.where).parent / local_path(description.radar)
    return str(file) if description.radar and file.is_file() else description.radar


def write_capture(
    path: str | Path, cube, radar, *, capture_format=None, iq_order: str = "auto"
) -> None:
    """Write an IF cube as the `.bin` file that the board would have recorded.

    The file does not contain the order of I and Q. State the written order for reading, such as
    `load_recording(path, radar, iq_order="i_first")`: without the noise of a receiver, a detection
    mirrors range and speed if the strongest echo lies beyond half the maximum range.

    Args:
        path: the file to write.
        cube: complex ADC codes [frame, chirp, tx, rx, sample], or int16 codes with a last axis of I
            and Q (`noise_and_adc.to_codes`).
        radar: `Radar` that produced the cube.
        capture_format: order of the words; by default the format of the radar's board.
        iq_order: "i_first", "q_first", or "auto" for the order of the capture format, or I first
            if the format states no order.

    Raises:
        InputError: the cube does not have the radar's shape, contains volts or values that are not
            finite, or the file cannot be written.
    """
    from radarsim.captures import capture_files

    capture_files.write_capture(path, cube, radar, capture_format, iq_order)


def load_setup(name_or_path: str | Path, board: str = ""):
    """Load the radar and the capture format of a named board or of a configuration file.

    Args:
        name_or_path: a key of `boards.BOARDS`, a radar `.toml`, a TI SDK `.cfg`, or an mmWave
            Studio `.mmwave.json`, log `.txt` or `.lua` script. Board names are not case-sensitive.
        board: name of the board that a TI file belongs to; by default it is inferred from the file,
            and `Setup.board_guess` states whether the name is a guess.

    Returns:
        `configuration_files.Setup`: radar, capture format, and notes on other settings.

    Raises:
        InputError: there is no such board or file, or the file does not describe a valid radar.
    """
    from radarsim.radar.boards import BOARDS, find_board, suggest_board
    from radarsim.radar.configuration_files import board_setup, parse_setup

    check_path("load_radar", "radar", name_or_path)
    if board and not find_board(board):
        raise InputError(board, "--board", "no such board", suggest_board(board))
    path, name = local_path(name_or_path), str(name_or_path)
    if name in BOARDS or (find_board(name) and not path.is_file()):
        return board_setup(find_board(name))
    if not path.is_file():
        hint = f"{suggest_board(path.name)}; or give a .toml, .cfg, .mmwave.json or Studio log"
        raise InputError(name_or_path, "radar", "no such board or file", hint)
    return parse_setup(read_text(path, MAX_SETUP_BYTES), str(path), find_board(board))


def acceptance_thresholds() -> dict:
    """Load the bundled acceptance thresholds of `radarsim.validate` and their calibration data.

    Returns:
        Content of `assets/acceptance_thresholds.json`, which `tools/calibrate_thresholds.py`
        writes; see `radarsim.validation.thresholds`.
    """
    import json

    path = Path(__file__).parent / "assets" / "acceptance_thresholds.json"
    return json.loads(path.read_text("utf-8"))


def setup_beside(capture: str | Path) -> Path | None:
    """Find the radar configuration in the folder of a capture; None if there is none.

    Args:
        capture: capture file such as walk.bin, for which walk.toml, walk.cfg, walk.mmwave.json and
            radar.toml are tried.
    """
    stem = local_path(capture).with_suffix("")
    found = [stem.with_name(stem.name + ending) for ending in (".toml", ".cfg", ".mmwave.json")]
    found.append(stem.with_name("radar.toml"))  # radar.toml is written by builders.dca1000
    return next((path for path in found if path.is_file()), None)


def description_beside(recording: str | Path) -> Path | None:
    """Find the description of an array in its folder; None if there is none.

    Args:
        recording: array file such as walk.npy, for which walk.recording.toml and recording.toml
            are tried.
    """
    path = local_path(recording)
    found = (path.with_name(f"{path.stem}.recording.toml"), path.with_name("recording.toml"))
    return next((each for each in found if each.is_file()), None)
