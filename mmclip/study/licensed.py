"""Pre-training corpus from licensed motion: command lines, checks, and the motion's duration."""

import argparse
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mmclip.errors import MmclipError
from mmclip.study.corpora import SERVER

# Options of builders.amass for licensed data, keyed by the corresponding option of the study.
SOURCES = ("amass", "body_models", "babel", "humanml3d")
# Frame rate of the radar in the preset `paper` [Hz].
FRAME_RATE_HZ = 10.0
RATE_NAMES = ("mocap_framerate", "mocap_frame_rate")
# Accepted share of captions that the language model cannot describe by the rules. With thousands of
# captions, some answers always break a rule; without a limit, template sentences could replace all.
MAX_REJECTED = 0.1


def licensed_commands(options: argparse.Namespace) -> tuple[tuple[str, ...], ...]:
    """Commands that build the corpus and describe its texts; no commands without --amass.

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
    describe = ["builders.attributes", "{texts}", "--out", "{folder}/sentences.parquet"]
    describe += ["--attach", "{store}"]
    if options.describer:
        describe += ["--max-rejected", f"{MAX_REJECTED:g}", *_server(options, SERVER)]
    return tuple(build), tuple(describe)


def check_folders(options: argparse.Namespace) -> None:
    """Check that the folders of licensed data exist.

    Args:
        options: parsed command line of the study.

    Raises:
        MmclipError: a folder does not exist.
    """
    for name in SOURCES:
        path = getattr(options, name)
        if path and not Path(path).exists():
            field, hint = f"--{name.replace('_', '-')}", "give the folder as published"
            raise MmclipError("options", field, f"{path} does not exist", hint)


def check_describer(options: argparse.Namespace) -> None:
    """Check that the language model answers, before the motion is simulated for hours.

    Args:
        options: parsed command line of the study; without --describer, nothing is checked.

    Raises:
        MmclipError: the server does not answer, or refuses the model.
    """
    if not options.describer:
        return
    words = [
        "builders.attributes",
        "--check-server",
        "--retries",
        "1",
        *_server(options, options.describer),
    ]
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        hint = "correct --describer or --describer-model, then run the same command again"
        raise MmclipError("options", "--describer", f"cannot be used: {reason}", hint)


def _server(options: argparse.Namespace, address: str) -> list[str]:
    return ["--base-url", address, "--model", options.describer_model]


def motion_frames(folder: str) -> float:
    """Total number of radar frames of all motion files in a folder, from the file headers.

    Args:
        folder: folder with AMASS files; files without motion are ignored.

    Raises:
        MmclipError: the folder contains no motion.
    """
    duration_s = sum(_durations_s(Path(folder)))
    if not duration_s:
        hint = "give the folder with the .npz files as published"
        raise MmclipError("options", "--amass", f"{folder} contains no motion", hint)
    return FRAME_RATE_HZ * duration_s


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
        ValueError: the frame rate is not a finite number above 0.
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
        rate_hz = float(arrays[name])
    if not 0 < rate_hz < np.inf:
        raise ValueError(f"{name} is {rate_hz}")
    return shape[0] / rate_hz
