"""Convert the validation report to one JSON object, which is written as report.json."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from radarsim.detection.track import Track
from radarsim.validation.capture_stats import noise_floor_dbfs
from radarsim.validation.fit import NAMES, Fit
from radarsim.validation.report import ValidationReport, adc_start_known, corrected_range_m
from radarsim.validation.thresholds import MAP_TITLES, CheckedMetric


def as_json(report: ValidationReport) -> dict[str, Any]:
    """Convert the report to plain Python values; values that could not be measured are None."""
    analysis, breathing = report.analysis, report.analysis.breathing
    comparison = None if report.simulation is None else report.simulation.comparison
    no_similarity = {"correlation": None, "ssim": None}
    return _finite({
        "capture": _capture_json(report),
        "targets": [_target_json(report, track) for track in analysis.tracks],
        "changing_static_echoes": [_changing_json(echo) for echo in analysis.changing],
        "breathing": {
            "rate_hz": breathing and breathing.rate_hz,
            "displacement_mm": breathing and 1e3 * breathing.displacement_m,
        },
        "simulation": {
            name: comparison.similarities[name] if comparison else no_similarity
            for name in MAP_TITLES
        },
        "level_bias_db": comparison and comparison.level_bias_db,
        "noise_bias_db": analysis.noise_bias_db,
        "figures": [_metric_json(metric) for metric in report.metrics],
        "fit": report.fit and _fit_json(report.fit),
        "untold": list(report.limitations),
        "verdict": report.verdict,
    })  # fmt: skip


def _capture_json(report: ValidationReport) -> dict[str, Any]:
    capture, analysis = report.capture, report.analysis
    return {
        "frames": int(capture.num_frames),
        "iq_order": capture.iq_order,
        "iq_evidence": capture.iq_evidence,
        "dropped": int(capture.dropped_packets),
        "dropped_frames": int(capture.dropped_frames),
        "clipped_fraction": analysis.stats.clipped_fraction,
        "noise_floor_dbfs": noise_floor_dbfs(analysis.recording.radar, analysis.stats),
        "transmitters": analysis.slots,
        "assumed": list(capture.assumed),
        "notes": list(capture.notes),
    }


def _target_json(report: ValidationReport, track: Track) -> dict[str, Any]:
    known = adc_start_known(report.capture.assumed)
    azimuth_rad = track.median_azimuth_rad
    radar = report.analysis.bursts.radar
    return {
        "range_m": track.median_range_m,
        "range_corrected_m": corrected_range_m(radar, track) if known else None,
        "speed_mps": track.median_speed_mps,
        "kind": track.kind,
        "aliased_speed_mps": track.folded_mps,
        "angle_deg": None if azimuth_rad is None else math.degrees(azimuth_rad),
        "snr_db": float(track.snr_db.max()),
        "over_time": {
            "time_s": track.times_s.tolist(),
            "range_m": track.range_m.tolist(),
            "speed_mps": track.speed_mps.tolist(),
            "angle_deg": [math.degrees(angle) for angle in track.azimuth_rad],
        },
    }


def _changing_json(echo: Track) -> dict[str, Any]:
    return {
        "kind": echo.kind,
        "range_m": echo.median_range_m,
        "doppler_mps": float(np.median(np.abs(echo.speed_mps))),
        "first_s": float(echo.times_s[0]),
        "last_s": float(echo.times_s[-1]),
        "snr_db": float(echo.snr_db.max()),
    }


def _metric_json(metric: CheckedMetric) -> dict[str, Any]:
    return {
        "name": metric.key,
        "value": metric.value,
        "pass_line": metric.limit,
        "relation": metric.relation,
        "unit": metric.unit,
        "source": metric.source,
        "passes": metric.passes,
        "not_judged": metric.not_checked or None,
    }


def _fit_json(fit: Fit) -> dict[str, Any]:
    fitted = {name: {"value": fit.values[name], "uncertainty": fit.errors[name]} for name in NAMES}
    return fitted | {"misfit": fit.misfit}


def _finite(value: Any) -> Any:
    """Replace NaN and infinity by None at any depth, because JSON cannot represent them."""
    if isinstance(value, Mapping):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_finite(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
