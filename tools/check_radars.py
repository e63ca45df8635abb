"""Check radar configurations: read each file in a folder and verify it by separate formulas.

    python tools/check_radars.py FOLDER [FOLDER ...]

The tool prints one line per file (board, range resolution and maximum speed, or the reason for
rejection) and the number of files per result. Range resolution and maximum speed of accepted `.cfg`
files are computed a second time by separate formulas and a separate parser, which share no code
with the package; if the two results differ by more than 1 %, the exit status is 1.
`tools/check_inputs.py` also uses `read_row`.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from radarsim.errors import InputError
from radarsim.files import load_setup

SUFFIXES = (".cfg", ".lua", ".mmwave.json", ".toml")
# Largest permitted relative difference between the two results.
TOLERANCE = 0.01
_SPEED_OF_LIGHT_MPS = 299_792_458.0


class Row(NamedTuple):
    """Result for one file: "read", "guess" (board guessed), "refused" or "differs"."""

    outcome: str
    text: str


def read_row(path: Path) -> Row:
    """Read one configuration and check it by separate formulas.

    Args:
        path: the file.

    Returns:
        The result, with the computed values or the reason for rejection.
    """
    try:
        setup = load_setup(path)
    except InputError as error:
        return Row("refused", f"{error.field}: {error.problem}")
    radar = setup.radar
    found = (radar.range_resolution_m, radar.max_speed_mps)
    text = f"{radar.board or radar.name}: {found[0] * 100:.2f} cm, +-{found[1]:.2f} m/s"
    by_hand = hand_arithmetic(path.read_text("utf-8-sig", "replace"))
    if by_hand and any(abs(a / b - 1) > TOLERANCE for a, b in zip(found, by_hand)):
        return Row("differs", f"{text}; by hand {by_hand[0] * 100:.2f} cm, {by_hand[1]:.2f} m/s")
    return Row("guess" if setup.board_guess else "read", text)


def hand_arithmetic(text: str) -> tuple[float, float] | None:
    """Range resolution [m] and maximum speed [m/s] from SDK commands; None for other files."""
    lines = [line.split("%")[0].split("#")[0].split() for line in text.splitlines()]
    commands: dict[str, list[list[str]]] = {}
    for name, *arguments in filter(None, lines):
        commands.setdefault(name, []).append(arguments)
    try:
        if "chirpComnCfg" in commands:
            return _low_power(commands)
        return _ordinary(commands) if "profileCfg" in commands else None
    except (KeyError, ValueError, IndexError):
        return None


def _ordinary(commands) -> tuple[float, float]:
    frame = [float(each) for each in commands["frameCfg"][-1]]
    fired = []
    for idx in range(int(frame[0]), int(frame[1]) + 1):
        fired.append([c for c in commands["chirpCfg"] if int(c[0]) <= idx <= int(c[1])][-1])
    (profile,) = [p for p in commands["profileCfg"] if p[0] == fired[0][2]][-1:]
    start, idle, adc, ramp = (float(each) for each in profile[1:5])
    slope, samples, ksps = float(profile[7]), float(profile[9]), float(profile[10])
    num_tx = len({chirp[7] for chirp in fired})
    loops = len(fired) * frame[2] / num_tx
    period_ms = frame[5 if len(frame) >= 8 else 4]
    spacing_s = period_ms * 1e-3 if loops == 1 else num_tx * (idle + ramp) * 1e-6
    return _resolution_and_speed(
        start * 1e9, slope * 1e12, adc * 1e-6, samples / ksps * 1e-3, spacing_s
    )


def _low_power(commands) -> tuple[float, float]:
    common, timing, frame = (
        [float(each) for each in commands[name][-1]]
        for name in ("chirpComnCfg", "chirpTimingCfg", "frameCfg")
    )
    rate_hz = 100e6 / common[0]
    num_tx = int(commands["channelCfg"][-1][1]).bit_count()
    chirp_s = (timing[0] + common[5]) * max(1.0, frame[1]) * 1e-6
    spacing_s = frame[2] * 1e-6 if frame[3] > 1 else num_tx * chirp_s
    if frame[0] * frame[3] == num_tx:
        spacing_s = frame[4] * 1e-3
    window_s, slope = common[3] / rate_hz, timing[3] * 1e12
    return _resolution_and_speed(timing[4] * 1e9, slope, timing[1] / rate_hz, window_s, spacing_s)


def _resolution_and_speed(start_hz, slope_hz_per_s, adc_start_s, window_s, spacing_s):
    """Return c / 2B and lambda / 4T, with lambda at the middle of the sampled sweep."""
    bandwidth_hz = slope_hz_per_s * window_s
    centre_hz = start_hz + slope_hz_per_s * adc_start_s + bandwidth_hz / 2
    light = _SPEED_OF_LIGHT_MPS
    return light / (2 * bandwidth_hz), light / centre_hz / (4 * spacing_s)


def main(argv: list[str] | None = None) -> int:
    """Run the check and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    counts = Counter()
    for folder in parser.parse_args(argv).folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and (path.name.lower().endswith(SUFFIXES) or "LogFile" in path.name):
                row = read_row(path)
                counts[row.outcome] += 1
                print(f"{row.outcome:<8}{path.name}: {row.text}")
    print(", ".join(f"{outcome} {count}" for outcome, count in sorted(counts.items())))
    return 1 if counts["differs"] else 0


if __name__ == "__main__":
    sys.exit(main())
