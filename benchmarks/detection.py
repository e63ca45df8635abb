"""Accuracy of `rs.detect` for single points, compared with the Cramer-Rao bound.

    python -m benchmarks.detection --out docs/detection.png

Points at random ranges, speeds and directions are synthesised from the beat-signal formula in
float64, with white noise. For each signal-to-noise ratio of the strongest cell, the benchmark
reports the fraction of points that are detected, and the root mean square errors of range, speed
and azimuth.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import jax
import numpy as np
from jaxtyping import Float

from benchmarks.machine_info import commit, processor
from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.detection.detect import detect
from radarsim.detection.settings import DetectionSettings
from radarsim.files import load_radar
from radarsim.radar.radar import Radar

# Loss of signal-to-noise ratio in a cell: the Hann windows in range and in speed lose 1.76 dB each.
HANN_LOSS = 1.5**2
NEAR_M, NEAR_MPS = 0.3, 0.5  # farther detections are false alarms
VALUES = ("range_m", "speed_mps", "azimuth_rad")


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """Result for one signal-to-noise ratio.

    Attributes:
        snr_db: signal-to-noise ratio of the strongest cell per channel [dB].
        found: fraction of the points that were detected.
        rms: root mean square error of each of `VALUES` over the detected points.
        bound: Cramer-Rao bound of each of `VALUES`.
    """

    snr_db: float
    found: float
    rms: dict[str, float]
    bound: dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    radar = small_radar(load_radar("AWR1843BOOST"))
    print(f"{processor()}, commit {commit()}: {radar.name}, {options.trials} points per row")
    print(
        "  SNR    found   range error (bound)     speed error (bound)       azimuth error (bound)"
    )
    rows = []
    for snr_db in options.snr_db:
        row = accuracy(radar, snr_db, options.trials, options.seed)
        rows.append(row)
        print(
            f"{snr_db:4.0f} dB  {row.found:6.1%}"
            + "".join(
                f"   {row.rms[name] * scale:8.3f} ({row.bound[name] * scale:.3f}) {unit}"
                for name, scale, unit in zip(VALUES, (1e3, 1e3, 180 / np.pi), ("mm", "mm/s", "deg"))
            )
        )
    if options.out:
        _draw(rows, options.out)
        print(f"figure: {options.out}")
    return 0


def small_radar(radar: Radar) -> Radar:
    """Reduce a radar to 64 samples and 32 loops, so that thousands of frames take seconds.

    A quarter of the samples cover a quarter of the sweep, so range bins are four times as wide. The
    points are in the far field of the array.
    """
    chirp = replace(radar.chirp, num_samples=64)
    frame = replace(radar.frame, num_chirps=32)
    return replace(radar, name=f"{radar.name} with 64 samples and 32 loops", board="",
                   chirp=chirp, frame=frame)  # fmt: skip


def accuracy(radar: Radar, snr_db: float, trials: int, seed: int = 0) -> Accuracy:
    """Measure the accuracy for random points with one signal-to-noise ratio.

    Args:
        radar: radar whose antenna row measures azimuth.
        snr_db: signal-to-noise ratio per channel of a point in the centre of a cell [dB].
        trials: number of points, one per frame.
        seed: random seed of the positions, speeds and noise.
    """
    rng = np.random.default_rng(seed)
    truth = {
        "range_m": rng.uniform(0.3, 0.7, trials) * radar.max_range_m,
        "speed_mps": rng.uniform(-0.6, 0.6, trials) * radar.max_speed_mps,
        "azimuth_rad": np.arcsin(rng.uniform(-0.7, 0.7, trials)),
    }
    cube_v = point_frames_v(radar, truth, snr_db, rng)
    settings = DetectionSettings(clutter="none", guard_cells=(2, 2), training_cells=(6, 6))
    points = jax.tree.map(np.asarray, detect(radar, cube_v, settings))
    errors = _errors_of_nearest(points, truth, radar)
    hit = np.isfinite(errors["range_m"])
    return Accuracy(
        snr_db=snr_db,
        found=float(hit.mean()),
        rms={name: _rms(errors[name][hit]) for name in VALUES},
        bound=bounds(radar, snr_db, truth),
    )


def point_frames_v(
    radar: Radar, truth: dict[str, Float[np.ndarray, " frame"]], snr_db: float, rng
) -> np.ndarray:
    """IF samples of one point per frame, with white noise [V].

    Each sample is proportional to exp(j 2 pi (f0 tau + S t tau)), with tau the delay from the
    transmitter via the point to the receiver. The range in `truth` applies at the mean time of the
    chirps.
    """
    sight = np.stack(
        [np.cos(truth["azimuth_rad"]), np.sin(truth["azimuth_rad"]), 0 * truth["range_m"]], axis=-1
    )
    t = radar.chirp.sample_times_s
    since_s = radar.chirp_times_s[:, :, None] + t - radar.chirp_times_s.mean()
    rms_v = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz)
    samples = radar.chirp.num_samples * radar.frame.num_chirps
    size_v = rms_v * np.sqrt(10 ** (snr_db / 10) * HANN_LOSS / samples)
    frames = []
    for range_m, speed_mps, ahead in zip(truth["range_m"], truth["speed_mps"], sight):
        place_m = (range_m + speed_mps * since_s)[..., None] * ahead
        out_m = np.linalg.norm(place_m - radar.array.tx_m[:, None], axis=-1)
        back_m = np.linalg.norm(place_m[:, :, None] - radar.array.rx_m[:, None], axis=-1)
        tau = (out_m[:, :, None] + back_m) / SPEED_OF_LIGHT_MPS
        cycles = (radar.chirp.start_freq_hz + radar.chirp.slope_hz_per_s * t) * tau
        noise = rng.standard_normal((2, *cycles.shape)) * rms_v / np.sqrt(2)
        echo_v = size_v * radar.array.gains[..., None] * np.exp(2j * np.pi * cycles)
        frames.append((echo_v + noise[0] + 1j * noise[1]).astype(np.complex64))
    return np.stack(frames)


def bounds(radar: Radar, snr_db: float, truth) -> dict[str, float]:
    """Cramer-Rao bounds of range, speed and azimuth for one point in white noise.

    E is the energy of all samples divided by the noise power. The frequency estimate has a variance
    of 6 / (4 pi^2 E) bins squared. The sine of the azimuth has a variance of 1 / (8 pi^2 E s^2),
    with s^2 the variance of the horizontal element positions [wavelengths squared] that remains
    after linear regression on the vertical positions.

    Source:
        Kay, "Fundamentals of Statistical Signal Processing: Estimation Theory", 1993, section 3.11.
    """
    energy = 10 ** (snr_db / 10) * HANN_LOSS * radar.num_virtual
    bins = np.sqrt(6 / (4 * np.pi**2 * energy))
    places = radar.array.virtual_m.reshape(-1, 3)[:, 1:] / radar.chirp.wavelength_m
    spread = np.cov(places.T, bias=True)
    left = spread[0, 0] - (spread[0, 1] ** 2 / spread[1, 1] if spread[1, 1] > 0 else 0.0)
    sine = np.sqrt(1 / (8 * np.pi**2 * energy * left))
    slopes = 1 / np.cos(truth["azimuth_rad"])
    return {
        "range_m": float(bins * radar.range_resolution_m),
        "speed_mps": float(bins * radar.speed_resolution_mps),
        "azimuth_rad": float(sine * np.sqrt(np.mean(slopes**2))),
    }


def _errors_of_nearest(points, truth, radar) -> dict[str, np.ndarray]:
    """Errors of the detected point nearest to the true point in each frame; NaN if none is near."""
    apart = {name: getattr(points, name) - truth[name][:, None] for name in VALUES}
    near = (np.abs(apart["range_m"]) < NEAR_M) & (np.abs(apart["speed_mps"]) < NEAR_MPS)
    best = np.where(near, np.abs(apart["range_m"]), np.inf).argmin(1)[:, None]
    hit = near.any(1)
    return {
        name: np.where(hit, np.take_along_axis(each, best, axis=1)[:, 0], np.nan)
        for name, each in apart.items()
    }


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2))) if len(values) else float("nan")


def _draw(rows: list[Accuracy], out: str) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 4, figsize=(14, 3.4), layout="constrained")
    snr_db = [row.snr_db for row in rows]
    axes[0].plot(snr_db, [100 * row.found for row in rows], "o-")
    axes[0].set(title="points found", ylabel="%", ylim=(0, 105))
    labels = ("range error [mm]", "speed error [mm/s]", "azimuth error [degrees]")
    for panel, name, scale, label in zip(axes[1:], VALUES, (1e3, 1e3, 180 / np.pi), labels):
        panel.semilogy(snr_db, [scale * row.rms[name] for row in rows], "o-", label="rs.detect")
        panel.semilogy(snr_db, [scale * row.bound[name] for row in rows], "--", color="0.4",
                       label="Cramer-Rao bound")  # fmt: skip
        panel.set(title=label)
        panel.legend()
    for panel in axes:
        panel.set_xlabel("SNR of the cell, one channel [dB]")
        panel.grid(alpha=0.3)
    figure.savefig(out, dpi=110)


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detection",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--snr-db", type=float, nargs="+", default=[-5, 0, 5, 10, 15, 20, 30, 40],
                        help="signal-to-noise ratios of the strongest cell")  # fmt: skip
    parser.add_argument(
        "--trials", type=int, default=300, help="number of points per signal-to-noise ratio"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="random seed of the positions and the noise"
    )
    parser.add_argument("--out", help="figure to write, such as detection.png")
    return parser


if __name__ == "__main__":
    sys.exit(main())
