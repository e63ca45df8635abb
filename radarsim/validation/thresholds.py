"""Pass lines: which figure of a comparison is good enough, and who says so.

`assets/pass_lines.json` holds them, with the distributions that the calibrated ones come from
(`tools/calibrate_pass_lines.py` writes it).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radarsim.radar.config import Radar
from radarsim.validation.analysis import Compared, Looked

MAP_TITLES = {
    "time_doppler": "time-Doppler",
    "time_range": "time-range",
    "time_angle": "time-angle",
}
# Figures that say nothing where these settings of the radar were guessed.
_LEVEL_NEEDS = ("board", "receiver", "transmitter", "antennas")
_NOISE_NEEDS = ("board", "receiver")
_ANGLE_NEEDS = ("board", "antennas")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure against its line.

    Attributes:
        key: as in `pass_lines.json`.
        title: in words.
        value: NaN where it could not be taken.
        limit: the line.
        relation: ">=" or "<=", the latter of the absolute value.
        unit: of both.
        source: where the line comes from.
        unjudged: why it does not count; empty where it does.
    """

    key: str
    title: str
    value: float
    limit: float
    relation: str
    unit: str
    source: str
    unjudged: str = ""

    @property
    def passes(self) -> bool | None:
        """Within its line; None where it does not count."""
        if self.unjudged or not math.isfinite(self.value):
            return None
        if self.relation == ">=":
            return self.value >= self.limit
        return abs(self.value) <= self.limit


def figures_of(
    looked: Looked, compared: Compared, lines: Mapping[str, Any], assumed: Sequence[str]
) -> list[Figure]:
    """Every figure of a comparison with its line.

    Args:
        looked: the capture.
        compared: beside its simulation.
        lines: `pass_lines.json`.
        assumed: settings of the radar that were guessed, such as "receiver.gain_db".

    Returns:
        Figures in the order they are printed.
    """
    values = {
        f"{name}.{kind}": compared.alike[name][kind]
        for kind in ("correlation", "ssim")
        for name in MAP_TITLES
    }
    values |= {**compared.errors}
    values |= {"level_bias_db": compared.level_bias_db, "noise_bias_db": looked.noise_bias_db}
    return [
        _figure(key, value, lines["lines"][key], looked.bursts.radar, assumed)
        for key, value in values.items()
    ]


def _figure(key: str, value: float, line: Mapping[str, Any], radar: Radar, assumed) -> Figure:
    limit, source = float(line["limit"]), str(line["source"])
    if "bins" in line:  # of speed, which differs a thousandfold between radars
        limit = float(line["bins"]) * radar.speed_resolution_mps
    coarse = float(line.get("at_least_bins", 0.0)) * radar.range_resolution_m
    if coarse > limit:  # no radar is asked for more than its own bins
        limit, source = coarse, f"{line['at_least_bins']:g} range bins of this radar"
    return Figure(
        key=key,
        title=str(line["title"]),
        value=float(value),
        limit=limit,
        relation=str(line["relation"]),
        unit=str(line["unit"]),
        source=source,
        unjudged=_unjudged(key, radar, assumed),
    )


def _unjudged(key: str, radar: Radar, assumed: Sequence[str]) -> str:
    needs = {"level_bias_db": _LEVEL_NEEDS, "noise_bias_db": _NOISE_NEEDS}.get(key, ())
    if key.startswith("time_angle"):
        if len(radar.array.azimuth_row()) < 2:
            return "one antenna sees no angle"
        needs = _ANGLE_NEEDS
    guessed = [name for name in assumed if name.split(".")[0] in needs]
    return f"{', '.join(guessed)} only assumed" if guessed else ""


def verdict(figures: Sequence[Figure]) -> str:
    """ "pass" where all that count are within their lines, "fail" where one is not, else "cannot
    tell"."""
    judged = [figure.passes for figure in figures if figure.passes is not None]
    if not judged:
        return "cannot tell"
    return "pass" if all(judged) else "fail"
