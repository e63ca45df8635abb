"""Run time from poses to IF cube as a function of frames, faces, antennas and samples.

Each series of runs varies one of these four sizes; otherwise, the free body walks in front of the
paper's radar. A straight line is fitted to run time versus frames: if run time grows linearly with
the number of frames, the cost of simulating days of motion can be predicted.
"""

from dataclasses import replace

import numpy as np

from benchmarks.accuracy_checks import bound_db, check_errors, cube_error_db, reference_samples
from benchmarks.interleaved_timing import show_progress, summary, time_interleaved
from benchmarks.scenes import BenchmarkScene, decimate_faces, settings_for
from radarsim.radar.antennas import AntennaArray

FRAMES = (5, 10, 20, 40, 80)
# For each n, one version of the body keeps only every n-th face.
FACE_STEPS = (8, 4, 2, 1)
# For each length, one version of the body is subdivided until its edges are at most this long.
FINE_EDGES_M = (0.012,)
# Numbers of transmitters and of receivers.
ANTENNAS = ((1, 1), (1, 4), (3, 4), (6, 8), (12, 16))
# Numbers of ADC samples per chirp.
SAMPLES = (64, 128, 256, 512)
# Number of loops per frame in the antenna series: 128 loops of 12 transmitters would not fit into a
# burst.
ARRAY_LOOPS = 32


def measure_growth(
    radar, range_m, sigma_rad, rounds, *, body=None, frames=FRAMES, num_frames=10
) -> dict:
    """Measure run time as a function of each size, and fit a line to run time versus frames.

    Args:
        radar: radar to simulate.
        range_m: mean distance of the subject.
        sigma_rad: lobe width of the reflection.
        rounds: number of timed runs of each size.
        body: body model; default: the free body.
        frames: numbers of frames in the first series.
        num_frames: number of frames per run in the other series.

    Raises:
        WrongResult: a timed result differs too much from the oracle.
    """

    def scene_of(radar=radar, count=num_frames, body=body):
        return BenchmarkScene(radar, count, range_m, sigma_rad, body=body)

    whole = scene_of().body
    series = {
        "frames": {count: scene_of(count=count) for count in frames},
        "faces": {len(one.faces): scene_of(body=one) for one in bodies_by_face_count(whole)},
        "antennas": {tx * rx: scene_of(with_array(radar, tx, rx)) for tx, rx in ANTENNAS},
        "samples": {count: scene_of(with_samples(radar, count)) for count in SAMPLES},
    }
    result = {name: measure_series(name, scenes, rounds) for name, scenes in series.items()}
    result["frames"]["line"] = fit_line(result["frames"]["sizes"], result["frames"]["median_s"])
    return result


def measure_series(name, scenes, rounds) -> dict:
    """Time all sizes of a series, interleaved; return median, minimum and maximum, and errors."""
    settings = settings_for("accurate")
    methods = {
        f"{size} {name}": lambda scene=scene: scene.body_to_if(settings)
        for size, scene in scenes.items()
    }
    seconds, cubes = time_interleaved(methods, rounds)
    errors = {
        label: (first_loop_error_db(scene, cubes[label]), bound_db("accurate", scene.span_m[0]))
        for label, scene in zip(methods, scenes.values(), strict=True)
    }
    checked = check_errors(errors)
    runs = [summary(each) for each in seconds.values()]
    return {
        "sizes": list(scenes),
        "frames_per_run": [scene.num_frames for scene in scenes.values()],
        **{f"{key}_s": [run[key] for run in runs] for key in ("median", "least", "most")},
        "error_db": [each["error_db"] for each in checked.values()],
    }


def first_loop_error_db(scene, cube_v) -> float:
    """Error [dB] of only the first loop, because the oracle is slow for many antenna pairs."""
    show_progress("the oracle")
    truth = reference_samples(scene, settings_for("accurate"), loops=(0,))
    return cube_error_db(scene.radar, cube_v, truth, loops=(0,))


def fit_line(sizes, seconds) -> dict:
    """Fit a least-squares line: slope, intercept, R^2 and largest relative residual."""
    x, y = np.asarray(sizes, float), np.asarray(seconds, float)
    slope, intercept = np.polyfit(x, y, 1)
    residual = y - (intercept + slope * x)
    return {
        "slope_s": float(slope),
        "intercept_s": float(intercept),
        "r_squared": float(1 - (residual**2).sum() / ((y - y.mean()) ** 2).sum()),
        "largest_relative_residual": float(np.abs(residual / y).max()),
    }


def bodies_by_face_count(whole):
    """Create versions of the body with fewer and with more faces."""
    from radarsim.scene.body import subdivide

    fewer = [decimate_faces(whole, step) for step in FACE_STEPS]
    return [*fewer, *(subdivide(whole, edge_m) for edge_m in FINE_EDGES_M)]


def with_array(radar, num_tx: int, num_rx: int):
    """Replace the board's arrays by linear arrays and reduce the loops, at equal burst duration."""
    half_m = radar.array.half_wavelength_m
    array = AntennaArray(
        tx_positions_m=tuple((0.0, half_m * num_rx * idx, 0.0) for idx in range(num_tx)),
        rx_positions_m=tuple((0.0, half_m * idx, 0.0) for idx in range(num_rx)),
        design_freq_hz=radar.array.design_freq_hz,
        gain_dbi=radar.array.gain_dbi,
    )
    loops = min(ARRAY_LOOPS, radar.frame.num_chirps)
    burst_s = radar.frame.num_chirps * radar.loop_period_s
    slot_s = burst_s / (loops * num_tx)
    frame = replace(
        radar.frame,
        num_chirps=loops,
        tx_order=tuple(range(num_tx)),
        extra_slot_idle_s=max(0.0, slot_s - radar.chirp.duration_s),
    )
    return replace(radar, name=f"{num_tx} x {num_rx}", array=array, frame=frame)


def with_samples(radar, num_samples: int):
    """The board with a different number of ADC samples over the same sweep."""
    rate_hz = radar.chirp.sample_rate_hz * num_samples / radar.chirp.num_samples
    chirp = replace(radar.chirp, sample_rate_hz=rate_hz, num_samples=num_samples)
    return replace(radar, name=f"{num_samples} samples", chirp=chirp)
