"""The one door to disk: what it opens is read by a pure parser, what it refuses is an InputError.

Parsers are imported when their kind of file turns up.
"""

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.motion import Motion

MOTION_SUFFIXES = (".npz", ".bvh")
MAX_BVH_BYTES = 1 << 30
# Studio logs grow with every session.
MAX_SETUP_BYTES = 64 << 20
# AMASS lays these beside its motions.
_SHAPE_FILES = ("shape.npz", "_stagei.npz")


class MotionFiles(list):
    """Paths of motion files in order, and how many other files lay beside them, by kind."""

    def __init__(self, paths, skipped: Counter):
        super().__init__(paths)
        self.skipped = skipped


def read_motion(path: str | Path, name: str | None = None) -> Motion:
    """The motion in an AMASS `.npz` or a `.bvh` file, checked.

    Args:
        path: the file.
        name: the motion's id; the file's stem by default.

    Returns:
        The motion.

    Raises:
        InputError: the file cannot be opened or holds no usable motion.
    """
    motion = open_motion(path, name)
    return replace(motion, poses_rad=np.asarray(motion.poses_rad))


def open_motion(path: str | Path, name: str | None = None) -> Motion:
    """As `read_motion`, but the poses of a large `.npz` file stay there until they are sliced.

    All of them were read once, to be checked. What is large: `motion_files.npz.LARGE_BYTES`.
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
        f"'{suffix or path.name}' is no kind of motion file",
        "give AMASS .npz or .bvh",
    )


def find_motions(path: str | Path) -> MotionFiles:
    """Motion files under a folder, at any depth, in an order that no file system decides.

    Args:
        path: a folder, or one motion file.

    Returns:
        Sorted paths; `skipped` counts shape files and files of other kinds.

    Raises:
        InputError: nothing is there.
    """
    path = _existing(path)
    if path.is_file():
        return MotionFiles([path], Counter())
    found, skipped, seen = [], Counter(), set()
    for folder, folders, names in os.walk(path, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(real)
        for file_name in names:
            kind = _kind(file_name)
            if kind == "motion":
                found.append(Path(folder, file_name))
            else:
                skipped[kind] += 1
    if not found:
        beside = ", ".join(f"{count} {kind}" for kind, count in sorted(skipped.items()))
        problem = f"holds no motion ({beside or 'empty'})"
        raise InputError(path, "motions", problem, "give a folder with AMASS .npz or .bvh files")
    return MotionFiles(sorted(found, key=lambda file: file.relative_to(path).parts), skipped)


def read_arrays(path: str | Path, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Those of the named arrays that an `.npz` file holds; nothing is ever unpickled.

    Args:
        path: the file.
        keys: which arrays to read; others are not touched.

    Returns:
        Arrays by key.

    Raises:
        InputError: no npz file, truncated, or an array of Python objects.
    """
    from radarsim.scene.formats import npz

    return npz.read_arrays(path, keys)


def read_mesh_sequence(path: str | Path, rate_hz: float | None = None):
    """A moving mesh: a folder of .obj, .ply or .stl files in name order, or one `.npz`.

    Args:
        path: the folder or file.
        rate_hz: meshes per second; an `.npz` may hold its own.

    Returns:
        `mesh_files.MeshSequence`.

    Raises:
        InputError: see `mesh_files`.
    """
    from radarsim.scene.formats import mesh_sequence as mesh_files

    path = _existing(path)
    if path.is_dir():
        return mesh_files.read_folder(path, rate_hz)
    arrays = read_arrays(path, mesh_files.KEYS)
    return mesh_files.from_arrays(arrays, str(path), path.stem, rate_hz)


def load_body(path: str | Path, gender: str = "neutral", layout: str = "smplh"):
    """A SMPL, SMPL-H or SMPL-X body model from its file, or from a folder of them.

    Args:
        path: a `.npz` or `.pkl` file, or a folder as published.
        gender: which of the folder's models; a file is taken as it is.
        layout: likewise.

    Returns:
        `body.BodyModel`.

    Raises:
        InputError: there is no such model, or the file is of another kind.
    """
    from radarsim.scene.formats import smpl as smpl_files

    return smpl_files.read_body_model(smpl_files.find_body_model(path, layout, gender))


def free_body():
    """The body that comes with the package: CC0, SMPL's 24 joints and rest pose.

    Returns:
        `body.BodyModel`.
    """
    from radarsim.scene.formats import smpl as smpl_files

    return smpl_files.free_body()


def load_radar(name_or_path: str | Path):
    """A board by its name, or the radar that a configuration file describes: see `load_setup`.

    Returns:
        `config.Radar`.

    Raises:
        InputError: neither, or the file describes no possible radar.
    """
    return load_setup(name_or_path).radar


def open_capture(path: str | Path, radar, *, capture_format=None, iq_order: str = "auto"):
    """A DCA1000 recording as a stream of frames; it is never loaded whole.

    Args:
        path: a `.bin` file, or the board's UDP packets in a `.pcap` or `.pcapng`.
        radar: `config.Radar`, or whatever `load_setup` takes.
        capture_format: layout of the words; by default what the radar's file or board says.
        iq_order: "i_first", "q_first", or "auto": the data decide, else the configuration.

    Returns:
        `captures.Capture`.

    Raises:
        InputError: no capture, or none of this radar.
    """
    from radarsim.captures import capture_files
    from radarsim.radar.config import Radar

    if not isinstance(radar, Radar):
        setup = load_setup(radar)
        radar, capture_format = setup.radar, capture_format or setup.capture_format
    return capture_files.open_capture(path, radar, capture_format, iq_order)


def write_capture(
    path: str | Path, cube, radar, *, capture_format=None, iq_order: str = "auto"
) -> None:
    """An IF cube as the `.bin` file that the radar's board would have recorded.

    Args:
        path: the file to write.
        cube: [frame, chirp, tx, rx, sample] complex in ADC codes, or int16 codes with I and Q
            (`noise.to_codes`) on a last axis.
        radar: `config.Radar` that made it.
        capture_format: layout of the words; by default that of the radar's board.
        iq_order: "i_first" or "q_first"; "auto": as the format says, else I first.

    Raises:
        InputError: the cube is not of this radar, or the file cannot be written.
    """
    from radarsim.captures import capture_files
    from radarsim.radar.capture_format import format_of_board

    capture_format = capture_format or format_of_board(radar.board)
    order = capture_format.iq_order if iq_order == "auto" else iq_order
    order = "i_first" if order == "auto" else order
    capture_files.write_capture(path, cube, radar, capture_format, order)


def load_setup(name_or_path: str | Path):
    """A radar and the layout of what it records: a board's name or a configuration file.

    Args:
        name_or_path: a key of `boards.BOARDS`, a radar `.toml`, a TI SDK `.cfg`, or a mmWave Studio
            `.mmwave.json` or log `.txt`.

    Returns:
        `setups.Setup`: radar, capture_format, and notes on what the file says beyond them.

    Raises:
        InputError: neither, or the file describes no possible radar.
    """
    from radarsim.radar.boards import BOARDS
    from radarsim.radar.configuration_files import board_setup, parse_setup

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
    """A radar configuration that lies beside a capture under the same name, if there is one.

    Args:
        capture: such as walk.bin; walk.toml, walk.cfg and walk.mmwave.json are looked for.
    """
    stem = Path(capture).with_suffix("")
    found = [stem.with_name(stem.name + ending) for ending in (".toml", ".cfg", ".mmwave.json")]
    found.append(stem.with_name("radar.toml"))  # of a folder that builders.dca1000 wrote
    return next((path for path in found if path.is_file()), None)


def _kind(file_name: str) -> str:
    if file_name.lower().endswith(_SHAPE_FILES):
        return "shape file"
    # macOS archives leave ._name.npz twins that are no arrays.
    is_motion = file_name.lower().endswith(MOTION_SUFFIXES) and not file_name.startswith(".")
    return "motion" if is_motion else "other file"


def _existing(path: str | Path) -> Path:
    path = Path(path)
    if not path.exists():
        raise InputError(path, "path", "does not exist", "check the path")
    return path


def _read_text(path: Path, max_bytes: int) -> str:
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise InputError(path, "file", f"{size} bytes, limit {max_bytes}", "cut it")
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise InputError(path, "file", f"cannot be read ({_line(error)})", "check it") from None


def _line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
