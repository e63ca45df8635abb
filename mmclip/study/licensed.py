"""Pre-training corpus from licensed motion: command lines, and the duration of the motion files."""

import argparse
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mmclip.errors import MmclipError

# Options of builders.amass for licensed data, keyed by the corresponding option of the study.
SOURCES = ("amass", "body_models", "babel", "humanml3d")
# Frame rate of the radar in the preset `paper` [Hz].
FRAME_RATE_HZ = 10.0
RATE_NAMES = ("mocap_framerate", "mocap_frame_rate")


def licensed_commands(options: argparse.Namespace) -> tuple[tuple[str, ...], ...]:
    """Commands that build the corpus and describe the captions; no commands without --amass.

    Args:
        options: parsed command line of the study.

    Raises:
        MmclipError: an option is given without the other options that it requires.
    """
    given = {name: getattr(options, name) for name in SOURCES if getattr(options, name)}
    if not options.amass:
        if given or options.describer:
            names = ", ".join(f"--{name.replace('_', '-')}" for name in given) or "--describer"
            problem = f"is missing, but {names} is given"
            raise MmclipError("options", "--amass", problem, "name the folder of the motion files")
        return ()
    build = ["builders.amass", "--preset", "paper", "--out", "{store}"]
    for name, path in given.items():
        build += [f"--{name.replace('_', '-')}", str(path)]
    describe = ["builders.attributes", "{store}", "--out", "{folder}/sentences.parquet"]
    describe += ["--attach", "{store}"]
    if options.describer:
        describe += ["--base-url", options.describer, "--model", options.describer_model]
    return tuple(build), tuple(describe)


def motion_frames(folder: str) -> float:
    """Total number of radar frames of all motion files in a folder, from the file headers.

    Args:
        folder: folder with AMASS files; files without motion are ignored.
    """
    return FRAME_RATE_HZ * sum(_durations_s(Path(folder)))


def _durations_s(folder: Path) -> Iterator[float]:
    for path in folder.rglob("*.npz"):
        try:
            yield _duration_s(path)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            continue


def _duration_s(path: Path) -> float:
    """Duration of a motion file [s], from the shape of the poses array and the frame rate.

    Raises:
        KeyError: the file has no poses or no frame rate.
    """
    with zipfile.ZipFile(path) as archive, archive.open("poses.npy") as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            read = np.lib.format.read_array_header_2_0
        shape, _, _ = read(file)
    with np.load(path, allow_pickle=False) as arrays:
        name = next((each for each in RATE_NAMES if each in arrays), None)
        if name is None:
            raise KeyError(RATE_NAMES[0])
        return shape[0] / float(arrays[name])
