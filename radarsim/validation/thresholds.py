"""Acceptance thresholds: metrics of a comparison checked against their limits, and the verdict.

The limits are in `assets/acceptance_thresholds.json`, with the distributions that the calibrated
ones come from. `tools/calibrate_thresholds.py` writes that file.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radarsim.radar.config import Radar
from radarsim.validation.analysis import CaptureAnalysis
from radarsim.validation.comparison import Comparison

MAP_TITLES = {
    "time_doppler": "time-Doppler",
    "time_range": "time-range",
    "time_angle": "time-angle",
}
# Verdict without any checked metric; the wording is the one in the format of report.json.
UNDECIDED = "cannot tell"
# A metric is not checked if one of these settings of the radar was assumed, not configured.
_LEVEL_NEEDS = ("board", "receiver", "transmitter", "antennas")
_NOISE_NEEDS = ("board", "receiver")
_ANGLE_NEEDS = ("board", "antennas")


@dataclass(frozen=True, kw_only=True)
class CheckedMetric:
    """A metric and its acceptance threshold.

    Attributes:
        key: name in `acceptance_thresholds.json` and in report.json.
        title: name for the report.
        value: NaN if it could not be computed.
        limit: acceptance threshold.
        relation: ">=", or "<=" for the absolute value.
        unit: unit of value and limit.
        source: origin of the threshold.
        not_checked: reason why the metric is not checked; "" if it is.
    """

    key: str
    title: str
    value: float
    limit: float
    relation: str
    unit: str
    source: str
    not_checked: str = ""

    @property
    def passes(self) -> bool | None:
        """Whether the value is within its limit; None if it is not checked."""
        if self.not_checked or not math.isfinite(self.value):
            return None
        if self.relation == ">=":
            return self.value >= self.limit
        return abs(self.value) <= self.limit


def check_metrics(
    analysis: CaptureAnalysis,
    comparison: Comparison,
    thresholds: Mapping[str, Any],
    assumed: Sequence[str],
) -> list[CheckedMetric]:
    """Check every metric of a comparison against its acceptance threshold.

    Args:
        analysis: analysis of the capture.
        comparison: comparison with its simulation.
        thresholds: content of `acceptance_thresholds.json`.
        assumed: settings of the radar that are not configured but assumed, such as
            "receiver.gain_db".

    Returns:
        The metrics in the order of the report.
    """
    values = {
        f"{name}.{metric}": comparison.similarities[name][metric]
        for metric in ("correlation", "ssim")
        for name in MAP_TITLES
    }
    values |= {**comparison.errors}
    values |= {"level_bias_db": comparison.level_bias_db, "noise_bias_db": analysis.noise_bias_db}
    radar = analysis.bursts.radar
    return [
        check_metric(key, value, thresholds["lines"][key], radar, assumed)
        for key, value in values.items()
    ]


def check_metric(
    key: str, value: float, threshold: Mapping[str, Any], radar: Radar, assumed: Sequence[str] = ()
) -> CheckedMetric:
    """Check one metric against its threshold, which depends on the resolution of the radar.

    Args:
        key: name of the metric.
        value: its value.
        threshold: its entry in `acceptance_thresholds.json`.
        radar: radar whose bin sizes are used.
        assumed: settings of the radar that are not configured but assumed.

    Returns:
        The checked metric.
    """
    limit, source = float(threshold["limit"]), str(threshold["source"])
    if "bins" in threshold:  # speed bins: speed resolutions of radars differ a thousandfold
        limit = float(threshold["bins"]) * radar.speed_resolution_mps
    coarse = float(threshold.get("at_least_bins", 0.0)) * radar.range_resolution_m
    if coarse > limit:  # no radar can be more accurate than its own range bins
        limit, source = coarse, f"{threshold['at_least_bins']:g} x range bin of this radar"
    return CheckedMetric(
        key=key,
        title=str(threshold["title"]),
        value=float(value),
        limit=limit,
        relation=str(threshold["relation"]),
        unit=str(threshold["unit"]),
        source=source,
        not_checked=_reason_not_to_check(key, radar, assumed),
    )


def _reason_not_to_check(key: str, radar: Radar, assumed: Sequence[str]) -> str:
    needs = {"level_bias_db": _LEVEL_NEEDS, "noise_bias_db": _NOISE_NEEDS}.get(key, ())
    if key.startswith("time_angle"):
        if len(radar.array.azimuth_row()) < 2:
            return "a single antenna measures no angle"
        needs = _ANGLE_NEEDS
    missing = [name for name in assumed if name.split(".")[0] in needs]
    return f"assumed, not configured: {', '.join(missing)}" if missing else ""


def verdict(metrics: Sequence[CheckedMetric]) -> str:
    """Overall result: "pass", "fail", or `UNDECIDED` if no metric is checked.

    "pass" requires that every checked metric is within its limit.
    """
    results = [metric.passes for metric in metrics if metric.passes is not None]
    if not results:
        return UNDECIDED
    return "pass" if all(results) else "fail"
