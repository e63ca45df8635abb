"""Reading and writing of files: motions, meshes, body models, radars and captures.

This is the entry point for every file that radarsim reads; every file that cannot be used raises an
`InputError`. Parsers of text get the text and open nothing. Readers of binary formats (in
`scene/formats` and `captures`) get the path, because they read parts of large files. Each reader is
imported when its file type is first used.
"""

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from radarsim.checks import check_choice, check_path, check_type
from radarsim.errors import InputError
from radarsim.scene.motion import Motion
from radarsim.scene.skeleton import NUM_JOINTS

MOTION_SUFFIXES = (".npz", ".bvh")
MAX_BVH_BYTES = 1 << 30
# Studio appends to its logs in every session.
MAX_SETUP_BYTES = 64 << 20
# Body shapes, which AMASS stores in the same folders as its motions.
_SHAPE_FILES = ("shape.npz", "_stagei.npz")


class MotionFiles(list):
    """Sorted paths of motion files, and the number of other files found, by type."""

    def __init__(self, paths, skipped: Counter):
        super().__init__(paths)
        self.skipped = skipped


def read_motion(path: str | Path, name: str | None = None) -> Motion:
    """Read and check the motion in an AMASS `.npz` or a `.bvh` file.

    Args:
        path: the file.
        name: the motion's id; the stem of the file name by default.

    Returns:
        The motion.

    Raises:
        InputError: the file cannot be opened or holds no valid motion.
    """
    motion = open_motion(path, name)
    return replace(motion, poses_rad=np.asarray(motion.poses_rad))


def open_motion(path: str | Path, name: str | None = None) -> Motion:
    """As `read_motion`, but the poses of a large `.npz` file are read on demand, by slicing.

    All poses are read once, to be checked. Tables above `npz.LARGE_BYTES` count as large.
    """
    path = _existing(path)
    name = path.stem if name is None else name
    suffix = path.suffix.lower()
    if suffix == ".bvh":
        from radarsim.scene.formats.bvh_motion import parse_bvh

        return parse_bvh(_read_text(path, MAX_BVH_BYTES), str(path), name)
    if suffix == ".npz":
        from radarsim.scene.formats import amass, npz

        arrays = npz.read_arrays(path, (*amass.KEYS, "vertices"), by_rows=amass.POSE_KEYS)
        if "vertices" in arrays and "poses" not in arrays:
            hint = "read it with read_mesh_sequence"
            raise InputError(path, "poses", "missing: this is a mesh sequence", hint)
        return amass.motion_from_arrays(arrays, str(path), name)
    raise InputError(
        path,
        "motion",
        f"'{suffix or path.name}' is not a supported motion format",
        "give AMASS .npz or .bvh",
    )


def find_motions(path: str | Path) -> MotionFiles:
    """Motion files in a folder and its subfolders, in an order independent of the file system.

    Args:
        path: a folder, or one motion file.

    Returns:
        Sorted paths; `skipped` counts shape files and other files.

    Raises:
        InputError: the path does not exist or holds no motion.
    """
    path = _existing(path)
    if path.is_file():
        return MotionFiles([path], Counter())
    found, skipped, seen = [], Counter(), set()
    for folder, folders, names in os.walk(path, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # a symbolic link to a parent folder
            folders.clear()
            continue
        seen.add(real)
        for file_name in names:
            file_type = _file_type(file_name)
            if file_type == "motion":
                found.append(Path(folder, file_name))
            else:
                skipped[file_type] += 1
    if not found:
        others = ", ".join(f"{count} {kind}" for kind, count in sorted(skipped.items()))
        problem = f"holds no motion ({others or 'empty'})"
        raise InputError(path, "motions", problem, "give a folder with AMASS .npz or .bvh files")
    return MotionFiles(sorted(found, key=lambda file: file.relative_to(path).parts), skipped)


def read_arrays(path: str | Path, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Arrays of an `.npz` file by name; nothing is ever unpickled.

    Args:
        path: the file.
        keys: names of the arrays to read; other arrays are not read.

    Returns:
        Arrays by key; keys that the file lacks are missing.

    Raises:
        InputError: not an npz file, truncated, or an array of Python objects.
    """
    from radarsim.scene.formats import npz

    check_path("read_arrays", "path", path)
    return npz.read_arrays(path, keys)


def read_mesh_sequence(path: str | Path, rate_hz: float | None = None):
    """Read a moving mesh: a folder of .obj, .ply or .stl files in name order, or one `.npz`.

    Args:
        path: the folder or file.
        rate_hz: meshes per second; by default the rate in the `.npz`.

    Returns:
        `mesh_sequence.MeshSequence`.

    Raises:
        InputError: see `mesh_sequence`.
    """
    from radarsim.scene.formats.mesh_sequence import KEYS, mesh_from_arrays, read_mesh_folder

    path = _existing(path)
    if path.is_dir():
        return read_mesh_folder(path, rate_hz)
    return mesh_from_arrays(read_arrays(path, KEYS), str(path), path.stem, rate_hz)


def load_body(path: str | Path, gender: str = "neutral", layout: str = "smplh"):
    """Read a SMPL, SMPL-H or SMPL-X body model from a file, or from a folder of models.

    Args:
        path: a `.npz` or `.pkl` file, or a folder as published.
        gender: selects the model in a folder.
        layout: selects the model in a folder.

    Returns:
        `body.BodyModel`.

    Raises:
        InputError: there is no such model, or the file is of another type.
    """
    from radarsim.scene.formats.smpl import find_body_model, read_body_model

    check_path("load_body", "path", path)
    check_type("load_body", "gender", gender, str, "give 'neutral', 'male' or 'female'")
    check_choice("load_body", "layout", layout, tuple(NUM_JOINTS))
    return read_body_model(find_body_model(path, layout, gender))


def free_body():
    """The body model included in the package: CC0, with SMPL's 24 joints and rest pose.

    Returns:
        `body.BodyModel`.
    """
    from radarsim.scene.formats import smpl

    return smpl.free_body()


def load_radar(name_or_path: str | Path):
    """The `config.Radar` of a board, by name, or of a configuration file: see `load_setup`."""
    return load_setup(name_or_path).radar


def open_capture(path: str | Path, radar, *, capture_format=None, iq_order: str = "auto"):
    """Open a DCA1000 recording; frames are read on request.

    Args:
        path: a `.bin` file, or the board's UDP packets in a `.pcap` or `.pcapng`.
        radar: `config.Radar`, or an argument of `load_setup`.
        capture_format: order of the words; by default that of the radar's file or board.
        iq_order: "i_first", "q_first", or "auto": detected from the samples, else as configured.

    Returns:
        `capture.Capture`.

    Raises:
        InputError: the file is not a capture, or not one of this radar.
    """
    from radarsim.captures import capture_files
    from radarsim.radar.config import Radar

    check_path("open_capture", "path", path)
    if not isinstance(radar, Radar):
        setup = load_setup(radar)
        radar, capture_format = setup.radar, capture_format or setup.capture_format
    return capture_files.open_capture(path, radar, capture_format, iq_order)


def write_capture(
    path: str | Path, cube, radar, *, capture_format=None, iq_order: str = "auto"
) -> None:
    """Write an IF cube as the `.bin` file that the board would have recorded.

    Args:
        path: the file to write.
        cube: [frame, chirp, tx, rx, sample] complex in ADC codes, or int16 codes with I and Q
            (`receiver.to_codes`) on a last axis.
        radar: `config.Radar` that produced the cube.
        capture_format: order of the words; by default that of the radar's board.
        iq_order: "i_first" or "q_first"; "auto": as in the capture format, else I first.

    Raises:
        InputError: the cube has another shape than the radar's, holds volts or values that are not
            finite, or the file cannot be written.
    """
    from radarsim.captures import capture_files

    capture_files.write_capture(path, cube, radar, capture_format, iq_order)


def load_setup(name_or_path: str | Path):
    """The radar and capture format of a board, by name, or of a configuration file.

    Args:
        name_or_path: a key of `boards.BOARDS`, a radar `.toml`, a TI SDK `.cfg`, or a mmWave Studio
            `.mmwave.json` or log `.txt`.

    Returns:
        `configuration_files.Setup`: radar, capture_format, and notes on other settings.

    Raises:
        InputError: no such board or file, or the file describes no valid radar.
    """
    from radarsim.radar.boards import BOARDS
    from radarsim.radar.configuration_files import board_setup, parse_setup

    check_path("load_radar", "radar", name_or_path)
    if str(name_or_path) in BOARDS:
        return board_setup(str(name_or_path))
    path = Path(name_or_path)
    if not path.is_file():
        known = ", ".join(sorted(BOARDS))
        hint = f"use {known} or a .toml, .cfg, .mmwave.json or Studio log"
        raise InputError(name_or_path, "radar", "no such board or file", hint)
    return parse_setup(_read_text(path, MAX_SETUP_BYTES), str(path))


def acceptance_thresholds() -> dict:
    """The bundled acceptance thresholds of `radarsim.validate` and how they were calibrated.

    Returns:
        Content of `assets/acceptance_thresholds.json`, which `tools/calibrate_thresholds.py`
        writes; see `radarsim.validation.thresholds`.
    """
    import json

    path = Path(__file__).parent / "assets" / "acceptance_thresholds.json"
    return json.loads(path.read_text("utf-8"))


def setup_beside(capture: str | Path) -> Path | None:
    """The radar configuration of a capture in the same folder, if there is one.

    Args:
        capture: a file such as walk.bin; the function tries walk.toml, walk.cfg,
            walk.mmwave.json and radar.toml.
    """
    stem = Path(capture).with_suffix("")
    found = [stem.with_name(stem.name + ending) for ending in (".toml", ".cfg", ".mmwave.json")]
    found.append(stem.with_name("radar.toml"))  # written by builders.dca1000
    return next((path for path in found if path.is_file()), None)


def _file_type(file_name: str) -> str:
    if file_name.lower().endswith(_SHAPE_FILES):
        return "shape file"
    # macOS archives contain ._name.npz files, which hold no arrays.
    is_motion = file_name.lower().endswith(MOTION_SUFFIXES) and not file_name.startswith(".")
    return "motion" if is_motion else "other file"


def _existing(path: str | Path) -> Path:
    check_path("radarsim.files", "path", path)
    path = Path(path)
    if not path.exists():
        raise InputError(path, "path", "does not exist", "check the path")
    return path


def _read_text(path: Path, max_bytes: int) -> str:
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise InputError(path, "file", f"{size} bytes, limit {max_bytes}", "split it")
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise InputError(
            path, "file", f"cannot be read ({error.strerror or error})", "check it"
        ) from None
