"""Check the metrics of a comparison against acceptance thresholds, and derive the verdict.

The file `assets/acceptance_thresholds.json`, written by `tools/calibrate_thresholds.py`, contains
the limits and the distributions from which the calibrated limits were derived. If the recorded
motion is not given, only metrics that do not depend on the motion are checked: noise, leakage,
antenna layout and the level of a target.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from radarsim.detection.doppler_ambiguity import travels
from radarsim.detection.track import MOVING, Track
from radarsim.radar.radar import Radar
from radarsim.validation.analysis import CaptureAnalysis
from radarsim.validation.azimuth import MIN_ELEMENTS_OF_LAYOUT
from radarsim.validation.capture_stats import leakage
from radarsim.validation.comparison import Comparison
from radarsim.validation.track_motion import MIN_WALK_MPS

MAP_TITLES = {
    "time_doppler": "time-Doppler",
    "time_range": "time-range",
    "time_angle": "time-angle",
}
TOPICS = {
    "level_bias_db": "level",
    "noise_bias_db": "noise",
    "leakage_headroom_db": "leakage",
    "azimuth_fit_share": "antenna layout",
}
# Maximum azimuth of a target whose level is checked without a known motion. Antenna patterns are
# not simulated; at this azimuth, the one-way gain of the boards' patches is about 3 dB lower than
# at boresight.
BEAM_RAD = math.radians(40.0)
# Verdict if no metric was checked; the text is part of the report.json format.
UNDECIDED = "inconclusive"
# Metrics that do not test the simulator: a capture can fail because of such a metric, but cannot
# pass on such metrics alone.
_OF_THE_CAPTURE = ("leakage_headroom_db",)
_NOT_OF_THE_MOTION = tuple(TOPICS)
NO_MOTION = "no motion given (--motion)"
NO_MOVING_TARGET, NO_TARGET = "no moving target", "no target"
# Radar settings on which a metric depends; the metric is not checked if a setting was assumed.
_LEVEL_NEEDS = ("board", "receiver", "transmitter", "antennas")
_NOISE_NEEDS = ("board", "receiver")
_ANGLE_NEEDS = ("board", "antennas")


@dataclass(frozen=True, kw_only=True)
class CheckedMetric:
    """Value and acceptance threshold of a metric.

    Attributes:
        key: name in `acceptance_thresholds.json` and in report.json.
        title: name of the metric in the report.
        value: measured value; NaN if it could not be computed.
        limit: acceptance threshold; None if the metric is reported but has no limit.
        relation: ">=", or "<=" to compare the absolute value with the limit.
        unit: unit of value and limit.
        source: origin of the threshold.
        not_checked: reason why the metric is not checked; "" if it is checked.
    """

    key: str
    title: str
    value: float
    limit: float | None
    relation: str
    unit: str
    source: str
    not_checked: str = ""

    @property
    def passes(self) -> bool | None:
        """Whether the value is within its limit; None if it is not checked."""
        if self.not_checked or self.limit is None or not math.isfinite(self.value):
            return None
        if self.relation == ">=":
            return self.value >= self.limit
        return abs(self.value) <= self.limit


def check_metrics(
    analysis: CaptureAnalysis,
    comparison: Comparison | None,
    thresholds: Mapping[str, Any],
    assumed: Sequence[str],
    *,
    knows_motion: bool = True,
) -> list[CheckedMetric]:
    """Check every metric of a capture and its simulation against its acceptance threshold.

    Args:
        analysis: analysis of the capture.
        comparison: comparison of the capture with its simulation; None if not simulated.
        thresholds: content of `acceptance_thresholds.json`.
        assumed: radar settings that were assumed instead of configured, such as
            "receiver.gain_db".
        knows_motion: whether the recorded motion (not a synthetic gait) was simulated.

    Returns:
        The metrics in the order of the report.
    """
    values = {} if comparison is None else _comparison_values(comparison)
    values["noise_bias_db"] = analysis.noise_bias_db
    values["leakage_headroom_db"] = -leakage(analysis.recording.radar, analysis.stats).level_dbfs
    values["azimuth_fit_share"] = _azimuth_fit_share(analysis)
    reasons = {key: _not_measured(key, analysis, knows_motion) for key in values}
    radar = analysis.bursts.radar
    return [
        check_metric(key, value, thresholds["lines"][key], radar, assumed, reasons[key])
        for key, value in values.items()
    ]


def _comparison_values(comparison: Comparison) -> dict[str, float]:
    values = {
        f"{name}.{metric}": comparison.similarities[name][metric]
        for metric in ("correlation", "ssim")
        for name in MAP_TITLES
    }
    return values | {**comparison.errors, "level_bias_db": comparison.level_bias_db}


def _azimuth_fit_share(analysis: CaptureAnalysis) -> float:
    """Fraction of the detections of all targets whose antenna phases fit a single direction."""
    azimuths_rad = [track.azimuth_rad for track in analysis.tracks]
    return float(np.isfinite(np.concatenate(azimuths_rad)).mean()) if azimuths_rad else math.nan


def _not_measured(key: str, analysis: CaptureAnalysis, knows_motion: bool) -> str:
    """State why a metric cannot be checked with the capture; "" if it can be checked."""
    if not knows_motion and key not in _NOT_OF_THE_MOTION:
        return NO_MOTION
    if not knows_motion and key == "level_bias_db":
        moving = [track for track in analysis.tracks if track.kind == MOVING]
        return _reason_without_level(moving, analysis.bursts.radar)
    if key == "azimuth_fit_share":
        return _reason_without_layout(analysis.tracks, analysis.bursts.radar)
    return ""


def _reason_without_layout(targets: Sequence[Track], radar: Radar) -> str:
    """State why the antenna layout cannot be checked; "" if a target has a separate echo."""
    if not targets:
        return NO_TARGET
    in_place = all(
        track.kind == MOVING
        and abs(track.median_speed_mps) < MIN_WALK_MPS
        and not travels(track, radar)
        for track in targets
    )
    return "the targets move in place, where other echoes share their cells" if in_place else ""


def _reason_without_level(moving: Sequence[Track], radar: Radar) -> str:
    """State why the level cannot be checked without a known motion; "" if it can be checked."""
    if not moving:
        return NO_MOVING_TARGET
    if len(moving) > 1:
        return f"{len(moving)} moving targets: which of them are people is unknown"
    if abs(moving[0].median_speed_mps) < MIN_WALK_MPS and not travels(moving[0], radar):
        return "the target does not walk: its level depends on its motion (--motion)"
    azimuth_rad = moving[0].median_azimuth_rad
    if azimuth_rad is None:
        return "the azimuth of the target is not known"
    if abs(azimuth_rad) > BEAM_RAD:
        return f"target at {math.degrees(azimuth_rad):+.0f} deg, outside the beam of the antennas"
    return ""


def check_metric(
    key: str,
    value: float,
    threshold: Mapping[str, Any],
    radar: Radar,
    assumed: Sequence[str] = (),
    not_measured: str = "",
) -> CheckedMetric:
    """Check a metric against its threshold, which may depend on the resolution of the radar.

    Args:
        key: name of the metric.
        value: value of the metric.
        threshold: entry of the metric in `acceptance_thresholds.json`.
        radar: radar whose range and speed resolution determine the limit.
        assumed: radar settings that were assumed instead of configured.
        not_measured: reason why the metric cannot be checked with the capture; "" if it can.

    Returns:
        The checked metric.
    """
    limit, source = _limit_and_source(threshold, radar)
    return CheckedMetric(
        key=key,
        title=str(threshold["title"]),
        value=float(value),
        limit=limit,
        relation=str(threshold["relation"]),
        unit=str(threshold["unit"]),
        source=source,
        not_checked=not_measured or _reason_not_to_check(key, radar, assumed),
    )


def _limit_and_source(threshold: Mapping[str, Any], radar: Radar) -> tuple[float | None, str]:
    """Limit of a threshold for a given radar, and the origin of the limit."""
    if threshold["limit"] is None:
        return None, str(threshold["source"])
    limit, source = float(threshold["limit"]), str(threshold["source"])
    if "bins" in threshold:  # speed resolutions of radars differ by a factor of 1,000
        limit = float(threshold["bins"]) * radar.speed_resolution_mps
    coarse = float(threshold.get("at_least_bins", 0.0)) * radar.range_resolution_m
    if coarse > limit:  # the limit must not be finer than the range bins of the radar
        return coarse, f"{threshold['at_least_bins']:g} x range bin of this radar"
    return limit, source


def _reason_not_to_check(key: str, radar: Radar, assumed: Sequence[str]) -> str:
    needs = {"level_bias_db": _LEVEL_NEEDS, "noise_bias_db": _NOISE_NEEDS}.get(key, ())
    if key.startswith("time_angle") or key == "azimuth_fit_share":
        if len(radar.array.azimuth_row()) < 2:
            return "a single antenna measures no angle"
        needs = _ANGLE_NEEDS
    if key == "azimuth_fit_share" and len(radar.array.azimuth_row()) < MIN_ELEMENTS_OF_LAYOUT:
        return "two antennas fit a direction with any phases"
    missing = [name for name in assumed if name.split(".")[0] in needs]
    return f"assumed, not configured: {', '.join(missing)}" if missing else ""


def verdict(metrics: Sequence[CheckedMetric]) -> str:
    """Overall result: "pass", "fail", or `UNDECIDED` if no metric is checked.

    The result is "pass" if every checked metric is within its limit and at least one checked metric
    compares the capture with the simulator.
    """
    checked = [metric for metric in metrics if metric.passes is not None]
    if not all(metric.passes for metric in checked):
        return "fail"
    compares = any(metric.key not in _OF_THE_CAPTURE for metric in checked)
    return "pass" if compares else UNDECIDED


def checked_topics(metrics: Sequence[CheckedMetric]) -> list[str]:
    """List the topics of the checked metrics: motion, level, noise, leakage, antenna layout."""
    keys = [metric.key for metric in metrics if metric.passes is not None]
    motion = ["motion"] if any(key not in _NOT_OF_THE_MOTION for key in keys) else []
    return motion + [topic for key, topic in TOPICS.items() if key in keys]
