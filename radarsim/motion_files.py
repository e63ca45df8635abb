"""Read motion files (BVH, AMASS, output of body trackers); `files` exports these functions."""

import os
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from math import isclose
from pathlib import Path

import numpy as np

from radarsim.checks import checked_number
from radarsim.errors import InputError
from radarsim.paths import existing_path, read_text
from radarsim.scene.motion import Motion

MOTION_SUFFIXES = (".npz", ".bvh")
# File types of body trackers. Such files count as motions only if a folder has no `.npz` or `.bvh`
# motions, because a pickle may contain anything.
TRACKER_SUFFIXES = (".pkl", ".pickle", ".npy", ".pt", ".pth")
# Maximum size of a `.bvh` file.
MAX_BVH_BYTES = 1 << 30
# Relative difference below which two pose rates are equal: a BVH file rounds the time of a pose.
_SAME_RATE = 1e-4
# Body shape files, which AMASS stores in the same folders as its motions.
_SHAPE_FILES = ("shape.npz", "_stagei.npz")


class MotionFiles(list):
    """Sorted paths of motion files, and the number of other files of each type."""

    def __init__(self, paths, skipped: Counter):
        super().__init__(paths)
        self.skipped = skipped


def read_motion(
    path: str | Path,
    name: str | None = None,
    *,
    person: str = "",
    up: str = "auto",
    rate_hz: float | int | None = None,
) -> Motion:
    """Read and check the motion in a `.bvh` file, or SMPL poses in an `.npz`, `.pkl` or `.pt`.

    SMPL poses may come from AMASS or body trackers such as WHAM, TRAM, GVHMR and SLAHMR; see
    docs/motion-files.md.

    Args:
        path: the file.
        name: id of the motion; by default the file name without its suffix.
        person: name of the person if the file contains several; see `motion_people`.
        up: axis of the file's coordinates that points up: "x", "y", "z", "-x", "-y", "-z", or
            "auto" to infer it.
        rate_hz: pose rate [Hz], used if the file does not state a rate; `.bvh` files always do.

    Returns:
        The motion; its `notes` state what was inferred, and whether `rate_hz` was not used.

    Raises:
        InputError: the file cannot be opened or does not contain a valid motion, or `person` or
            `up` is not valid for the file.
    """
    motion = open_motion(path, name, person=person, up=up, rate_hz=rate_hz)
    return replace(motion, poses_rad=np.asarray(motion.poses_rad))


def open_motion(
    path: str | Path,
    name: str | None = None,
    *,
    person: str = "",
    up: str = "auto",
    rate_hz: float | int | None = None,
) -> Motion:
    """Read a motion like `read_motion`, but read the poses of large `.npz` files on demand.

    All poses are read once in order to check them. Pose tables larger than `npz.LARGE_BYTES` are
    read on demand.
    """
    from radarsim.choices import UP_AXES

    path = existing_path(path)
    name = path.stem if name is None else name
    if up not in ("auto", *UP_AXES):
        raise InputError("options", "up", f"is {up!r}", f"use auto or {', '.join(UP_AXES)}")
    if path.suffix.lower() == ".bvh":
        from radarsim.scene.formats.bvh_motion import parse_bvh

        _check_person(path, person, ("",))
        motion = parse_bvh(read_text(path, MAX_BVH_BYTES), str(path), name, up)
    else:
        motion = _motion_of_person(path, name, person, up, rate_hz)
    if rate_hz is None:
        return motion
    checked_number("options", "rate_hz", rate_hz, "Hz", above=0.0)
    if isclose(rate_hz, motion.rate_hz, rel_tol=_SAME_RATE):
        return motion
    note = f"{rate_hz:g} poses per second are not used: the file states {motion.rate_hz:g}"
    return replace(motion, notes=(*motion.notes, note))


def _motion_of_person(
    path: Path, name: str, person: str, up: str, rate_hz: float | int | None
) -> Motion:
    """Read the motion of one person from a file of SMPL poses."""
    from radarsim.scene.formats.amass import motion_from_arrays

    people = _people(path)
    _check_person(path, person, people)
    return motion_from_arrays(people[person], str(path), name, up=up, rate_hz=rate_hz)


def _check_person(path: Path, person: str, people: Collection[str]) -> None:
    """Raise InputError unless the file contains the person."""
    if person not in people:
        found = ", ".join(people)
        problem = f"holds {len(people)} people: {found}" if len(people) > 1 else "holds one person"
        hint = "name one by person= or --person; radarsim dataset makes a take of each"
        raise InputError(path, "person", problem, hint if len(people) > 1 else "name none")


def motion_people(path: str | Path) -> tuple[str, ...]:
    """List the people in a motion file (track ids or numbers from 0); ("",) for one person.

    Args:
        path: the file.

    Returns:
        Values for the argument `person` of `read_motion`.

    Raises:
        InputError: the file cannot be read or contains no poses.
    """
    path = existing_path(path)
    return ("",) if path.suffix.lower() == ".bvh" else tuple(_people(path))


def _people(path: Path) -> dict:
    """Read the arrays of each person in a file, keyed by name; a single person has the key ""."""
    from radarsim.scene.formats import amass, npz, plain_content
    from radarsim.scene.formats.people import people_in

    suffix = path.suffix.lower()
    if suffix in plain_content.SUFFIXES:
        return people_in(plain_content.read_content(path), str(path))
    if suffix != ".npz":
        problem = f"'{suffix or path.name}' is not a supported motion format"
        raise InputError(path, "motion", problem, "give .bvh, AMASS .npz, or a tracker's .pkl")
    keys, read_objects = (*amass.KEYS, "vertices"), plain_content.read_objects
    arrays = npz.read_arrays(path, keys, amass.POSE_KEYS, read_objects)
    if "vertices" in arrays and "poses" not in arrays:
        hint = "read it with rs.read_mesh_sequence, and simulate it with rs.simulate_mesh"
        raise InputError(path, "poses", "missing: this is a mesh sequence", hint)
    names = npz.stored_names(path)
    if set(amass.PUBLISHED_BY) & set(names):
        arrays[amass.PUBLISHED] = True
    return people_in(arrays or dict.fromkeys(names), str(path))


def find_motions(path: str | Path) -> MotionFiles:
    """Find motion files in a folder and its subfolders, in an order independent of the file system.

    Args:
        path: a folder, or one motion file.

    Returns:
        Sorted paths; `skipped` holds the number of shape files and of other files.

    Raises:
        InputError: the path does not exist or contains no motion.
    """
    path = existing_path(path)
    if path.is_file():
        return MotionFiles([path], Counter())
    found, trackers, skipped, seen = [], [], Counter(), set()
    for folder, folders, names in os.walk(path, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # the folder was reached again through a symbolic link to a parent
            folders.clear()
            continue
        seen.add(real)
        for file_name in names:
            file_type = _file_type(file_name)
            if file_type == "motion":
                found.append(Path(folder, file_name))
            else:
                skipped[file_type] += 1
                if file_name.lower().endswith(TRACKER_SUFFIXES) and not file_name.startswith("."):
                    trackers.append(Path(folder, file_name))
    if not found:  # the folder may hold the output of a body tracker
        found = trackers
        skipped["other file"] -= len(trackers)
        skipped = +skipped
    if not found:
        others = ", ".join(f"{count} {kind}" for kind, count in sorted(skipped.items()))
        problem = f"holds no motion ({others or 'empty'})"
        raise InputError(path, "motions", problem, "give a folder with AMASS .npz or .bvh files")
    return MotionFiles(sorted(found, key=lambda file: file.relative_to(path).parts), skipped)


def _file_type(file_name: str) -> str:
    if file_name.lower().endswith(_SHAPE_FILES):
        return "shape file"
    # Archives made on macOS contain files named ._name.npz, which hold no arrays.
    is_motion = file_name.lower().endswith(MOTION_SUFFIXES) and not file_name.startswith(".")
    return "motion" if is_motion else "other file"
