"""Sigma, level, noise figure, distance and height of a capture, by gradients through the simulator.

Range-Doppler powers of some bursts are compared, never phases: the carrier has a minimum every 2 mm.

    model = G S(sigma, distance, height) + N,    residual = log(measured / model)

S is the simulated echo's power at its nominal level; its derivatives are exact (forward mode). Both
sides lose their mean over the burst, and with it everything that stood still. Gauss-Newton with
damping, first on powers smoothed over range, so that a start 0.3 m away still overlaps. Gain,
antennas, transmit power and reflectivity cannot be told apart: G is their product.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy import ndimage

from radarsim.capture_stats import hann
from radarsim.clip import Choice, choose, fast_clip, make_burst
from radarsim.config import Radar
from radarsim.errors import InputError
from radarsim.frame import Burst
from radarsim.levels import FREE_BODY_REFLECTIVITY, volts_per_weight
from radarsim.radar_toml import dump_radar
from radarsim.recording import Recording
from radarsim.simulate import burst_times_s
from radarsim.sizes import round_up
from radarsim.twin import ECHO_ONLY, Actor, surface

MAX_BURSTS, MAX_LOOPS, MAX_FRAMES = 4, 32, 64
# Faces are picked once for all lobe widths of the search, to -30 dB; then for the one found.
WIDEST_SIGMA_RAD, SEARCH, FOUND = 0.8, replace(ECHO_ONLY, cull=0.03), replace(ECHO_ONLY, cull=3e-3)
SIGMAS_RAD = (0.05, 1.5)
# Smoothing over range, coarse to fine [m], and rounds of each; the last has none.
SMOOTHING_M = ((0.3, 8), (0.1, 8), (0.0, 12))
MODEL_ERROR = 0.2  # of a power the simulator may be off by, as a fraction
HEIGHT_PRIOR_M = 0.3
CLIPPED_AT = 3.0  # log-residuals beyond are somebody else's echo
NAMES = ("sigma_rad", "distance_m", "height_m", "level_db", "noise_figure_db")
UNITS = {"sigma_rad": "rad", "distance_m": "m", "height_m": "m", "level_db": "dB",
         "noise_figure_db": "dB"}  # fmt: skip
_PER_LOG = 10 / np.log(10)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """What was fitted.

    Attributes:
        values: by the names of `NAMES`; `level_db` is over the simulator's own level.
        errors: one standard deviation of each, misfit included.
        misfit: rms residual over its expected value; 1 where the model explains everything.
        actor: the body where it was found.
        radar: with the fitted noise figure, and the level in its transmit power.
    """

    values: Mapping[str, float]
    errors: Mapping[str, float]
    misfit: float
    actor: Actor
    radar: Radar

    def lines(self) -> list[str]:
        """For a person."""
        titles = ("sigma", "distance", "radar height", "level product", "noise figure")
        rows = [
            f"{title:<15}{self.values[name]:9.3f} +- {self.errors[name]:.3f} {UNITS[name]}"
            for name, title in zip(NAMES, titles)
        ]
        return [*rows, f"misfit {self.misfit:.2f} (1: nothing left to explain)"]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            name: {"value": self.values[name], "uncertainty": self.errors[name]} for name in NAMES
        } | {"misfit": self.misfit}


@dataclass(frozen=True, kw_only=True, eq=False)
class _Data:
    """What is compared: `power` [burst, loop, range] with its cells that count, and the model."""

    power: np.ndarray
    counts: np.ndarray
    channels: int
    noise: float
    bin_m: float
    model: Any


def fit_capture(recording: Recording, actor: Actor, sigma_rad: float, per_burst: int = 1) -> Fit:
    """Fit a recording of one body whose motion is known.

    Args:
        recording: the frames, from the motion's start on.
        actor: who moves; its placement is the start of distance and height.
        sigma_rad: start of the lobe width [rad].
        per_burst: frames that make a burst; 1 where each frame is one.

    Returns:
        The fit; its noise figure starts from the radar's.
    """
    start = np.array([np.log(sigma_rad), 0.0, 0.0, 0.0, 0.0])
    data = _data(recording, actor, per_burst, SEARCH, WIDEST_SIGMA_RAD)
    theta = _levelled(data, start)
    for smooth_m, rounds in SMOOTHING_M:
        theta = _descend(data, theta, smooth_m, rounds)
    here = _moved(actor, theta)
    data = _data(recording, here, per_burst, FOUND, float(np.exp(theta[0])))
    # The model counts distance and height from where its faces were picked.
    local = _descend(data, theta * [1, 0, 0, 1, 1], 0.0, SMOOTHING_M[-1][1])
    theta = local + theta * [0, 1, 1, 0, 0]
    errors, misfit = _errors(data, local)
    return _result(recording.radar, actor, theta, errors, misfit)


def _result(radar: Radar, actor: Actor, theta, errors, misfit: float) -> Fit:
    found = _moved(actor, theta)
    level_db, noise_db = theta[3] * _PER_LOG, theta[4] * _PER_LOG
    noise_figure_db = float(np.clip(radar.receiver.noise_figure_db + noise_db, 0.0, 60.0))
    sigma_rad = float(np.exp(theta[0]))
    sizes = (sigma_rad, 1.0, 1.0, _PER_LOG, _PER_LOG)
    values = (
        sigma_rad,
        float(found.placement.distance_m),
        float(found.placement.radar_height_m),
        float(level_db),
        noise_figure_db,
    )
    fitted = replace(
        radar,
        name=f"{radar.name} fitted",
        receiver=replace(radar.receiver, noise_figure_db=noise_figure_db),
        tx_power_dbm=float(np.clip(radar.tx_power_dbm + level_db, -100.0, 60.0)),
    )
    return Fit(
        values=dict(zip(NAMES, values)),
        errors={name: float(e * size) for name, e, size in zip(NAMES, errors, sizes)},
        misfit=misfit,
        actor=found,
        radar=fitted,
    )


def _moved(actor: Actor, theta) -> Actor:
    """The actor so much farther along its first line of sight, before a radar so much higher."""
    here = actor.placement
    ahead_m, left_m = _sight(actor) * theta[1]
    return replace(actor, placement=replace(
        here,
        distance_m=float(here.distance_m) + float(ahead_m),
        lateral_m=float(here.lateral_m) + float(left_m),
        radar_height_m=float(here.radar_height_m) + float(theta[2]),
    ))  # fmt: skip


def _sight(actor: Actor) -> np.ndarray:
    start = np.array([float(actor.placement.distance_m), float(actor.placement.lateral_m)])
    return start / np.linalg.norm(start)


def thin_radar(radar: Radar, every: int) -> Radar:
    """The first transmitter alone, every so many loops: what a fit needs of a frame."""
    loop_s = radar.loop_period_s * every
    frame = replace(
        radar.frame,
        num_chirps=radar.frame.num_chirps // every,
        tx_order=(0,),
        burst_start_s=radar.frame.burst_start_s + float(radar.tx_delays_s[0]),
        extra_slot_idle_s=loop_s - radar.chirp.duration_s,
        period_s=radar.frame.period_s + loop_s,
    )
    return replace(radar, frame=frame, array=radar.array.with_tx((0,)))


def _data(recording: Recording, actor: Actor, per_burst: int, settings, sigma_rad) -> _Data:
    radar = recording.radar
    every = max(1, radar.frame.num_chirps // MAX_LOOPS)
    thin = thin_radar(radar, every)
    num_bursts = recording.num_frames // per_burst
    most = max(1, min(MAX_BURSTS, MAX_FRAMES // per_burst))
    chosen = np.unique(np.linspace(0, num_bursts - 1, most).round().astype(int))
    frames = (chosen[:, None] * per_burst + np.arange(per_burst)).ravel()
    kept = slice(0, thin.frame.num_chirps * every, every)
    cube_v = np.concatenate([recording.read(i, i + 1)[:, kept, :1] for i in frames])
    power = np.asarray(_powers(jnp.asarray(cube_v), per_burst))
    # Thinned loops start where the whole frame's do, so the nodes are those of the thin radar.
    times_s = frames[:, None] * radar.frame.period_s + burst_times_s(thin, 1)
    vertices_m, origin_m = surface(actor, times_s)
    burst, faces = make_burst(vertices_m, origin_m), jnp.asarray(actor.body.faces, jnp.int32)
    choice = choose(thin, settings, burst, faces, sigma_rad)
    sizes = replace(
        choice.sizes,
        num_lit=round_up(choice.sizes.num_lit, 1024),
        num_cells=choice.sizes.num_cells + 32,
        group_cells=choice.sizes.group_cells + 16,
    )
    tilt = float(actor.placement.radar_tilt_rad)
    sight = _sight(actor)
    away = np.array([sight[0] * np.cos(tilt), sight[1], -sight[0] * np.sin(tilt)], np.float32)
    down = np.array([-np.sin(tilt), 0.0, -np.cos(tilt)], np.float32)
    gain = np.float32(volts_per_weight(thin, FREE_BODY_REFLECTIVITY))
    model = partial(
        _at, thin, sizes, per_burst, burst, faces, choice.seen, (away, down), gain
    )
    window = (hann(power.shape[1]) ** 2).sum() * (hann(power.shape[2]) ** 2).sum()
    averaged = thin.frame.num_chirps if per_burst > 1 else 1
    noise_v = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz)
    return _Data(
        power=power,
        counts=_cells(power.shape),
        channels=radar.array.num_rx,
        noise=float(noise_v**2 * window / averaged),
        bin_m=radar.range_resolution_m,
        model=model,
    )


def _cells(shape) -> np.ndarray:
    """Cells that count: no leakage, no standing still, not where the receiver's filter ends."""
    counts = np.ones(shape, bool)
    middle = shape[1] // 2
    counts[:, middle - 1 : middle + 2] = False
    counts[:, :, :3] = False
    counts[:, :, int(0.9 * shape[2]) :] = False
    return counts


def _powers(cube_v: Array, per_burst: int) -> Float[Array, "burst loop range"]:
    """Range-Doppler power, mean over receivers, of bursts with their mean taken off."""
    if per_burst > 1:
        cube_v = cube_v.mean(1).reshape(-1, per_burst, *cube_v.shape[2:])
    cube_v = cube_v - cube_v.mean(1, keepdims=True)
    taper = hann(cube_v.shape[1])[:, None, None, None] * hann(cube_v.shape[-1])
    spectrum = jnp.fft.fftshift(jnp.fft.fft2(cube_v * taper, axes=(1, -1)), axes=1)
    return (jnp.abs(spectrum) ** 2).mean((2, 3))


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _model(slopes, radar, sizes, per_burst, burst, faces, seen, directions, gain, shape):
    """Power at the nominal level for (log sigma, distance, height), or its derivatives."""

    def power(shape):
        away, down = directions
        origin = burst.origin_high_m + shape[1] * away + shape[2] * down
        moved = Burst(burst.vertices_m, origin, burst.origin_low_m)
        choice = Choice(seen, sizes)
        echo = fast_clip(radar, ECHO_ONLY, choice, moved, faces, jnp.exp(shape[0]))
        gains = jnp.asarray(radar.array.gains, jnp.complex64)[:, :, None]
        return _powers(echo * (gain * gains), per_burst)

    return jax.jacfwd(power)(shape) if slopes else power(shape)


def _at(*arguments, theta, slopes: bool) -> np.ndarray:
    shape = jnp.asarray(theta[:3], jnp.float32)
    return np.asarray(_model(slopes, *arguments, shape), np.float64)


def _levelled(data: _Data, theta):
    """The level at which model and measurement hold the same power over the noise."""
    echo = data.model(theta=theta, slopes=False)
    floor = np.median(data.power[data.counts])
    excess = np.maximum(data.power - floor, 0)[data.counts].sum()
    level = np.log(max(excess, 1e-30) / max(float(echo[data.counts].sum()), 1e-30))
    return np.array([*theta[:3], level, theta[4]])


@dataclass(frozen=True, eq=False)
class _Sides:
    """Both sides of the comparison at one theta, smoothed alike."""

    echo: np.ndarray
    noise: float
    residual: np.ndarray
    weight: np.ndarray

    @property
    def cost(self) -> float:
        return float((self.residual**2).sum())


def _sides(data: _Data, theta, smooth_m: float) -> _Sides:
    """Weighted residuals of the logarithms."""
    echo = _smooth(data, data.model(theta=theta, slopes=False), smooth_m) * np.exp(theta[3])
    noise = data.noise * np.exp(theta[4])
    snr = echo / noise
    spread = (2 * snr + 1) / ((snr + 1) ** 2 * data.channels)
    measured = _smooth(data, data.power.astype(np.float64), smooth_m)
    residual = np.log(np.maximum(measured, 1e-38) / (echo + noise))
    if not smooth_m:  # the mean of a logarithm lies under the logarithm of the mean
        residual += spread / 2
    weight = data.counts / np.sqrt(spread + MODEL_ERROR**2)
    return _Sides(echo, noise, np.clip(residual, -CLIPPED_AT, CLIPPED_AT) * weight, weight)


def _smooth(data: _Data, power: np.ndarray, smooth_m: float) -> np.ndarray:
    if not smooth_m:
        return power
    return ndimage.gaussian_filter1d(power, smooth_m / data.bin_m, axis=2)


def _jacobian(data: _Data, theta, smooth_m: float, sides: _Sides) -> np.ndarray:
    """Derivatives of the logarithm of the model, weighted as the residuals [cell, parameter]."""
    slopes = data.model(theta=theta, slopes=True) * np.exp(theta[3])
    model = sides.echo + sides.noise
    columns = [_smooth(data, slopes[..., i], smooth_m) / model for i in range(3)]
    columns += [sides.echo / model, sides.noise / model]
    return np.stack([column * sides.weight for column in columns], axis=-1)[data.counts]


def _prior(theta):
    """Heights far from the start are for other radars."""
    return np.array([0, 0, -theta[2] / HEIGHT_PRIOR_M, 0, 0]), np.diag(
        [0, 0, 1 / HEIGHT_PRIOR_M, 0, 0]
    )


_LARGEST_STEP = np.array([0.4, 0.15, 0.1, 3.0, 1.0])
_SETTLED = np.array([3e-3, 5e-4, 3e-3, 1e-2, 3e-3])


def _descend(data: _Data, theta, smooth_m: float, rounds: int):
    """Gauss-Newton steps with damping (Levenberg-Marquardt)."""
    damping, sides = 1e-2, _sides(data, theta, smooth_m)
    square, gradient = _normal_equations(data, theta, smooth_m, sides)
    for _ in range(rounds):
        step = np.linalg.solve(square + damping * np.diag(np.diag(square) + 1e-9), gradient)
        step = np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
        trial = theta + step
        trial[0] = np.clip(trial[0], *np.log(SIGMAS_RAD))
        there = _sides(data, trial, smooth_m)
        if there.cost >= sides.cost:
            damping *= 10
            continue
        gone, theta, sides, damping = np.abs(trial - theta), trial, there, damping / 5
        if (gone < _SETTLED * (1 + 4 * (smooth_m > 0))).all():
            break
        square, gradient = _normal_equations(data, theta, smooth_m, sides)
    return theta


def _normal_equations(data: _Data, theta, smooth_m: float, sides: _Sides):
    jacobian = _jacobian(data, theta, smooth_m, sides)
    pull, pull_slope = _prior(theta)
    square = jacobian.T @ jacobian + pull_slope.T @ pull_slope
    return square, jacobian.T @ sides.residual[data.counts] + pull_slope.T @ pull


def _errors(data: _Data, theta) -> tuple[np.ndarray, float]:
    """One standard deviation of each parameter, widened by what the model leaves unexplained."""
    sides = _sides(data, theta, 0.0)
    square, _ = _normal_equations(data, theta, 0.0, sides)
    misfit = float(np.sqrt((sides.residual[data.counts] ** 2).mean()))
    covariance = np.linalg.pinv(square) * max(1.0, misfit) ** 2
    return np.sqrt(np.maximum(np.diag(covariance), 0.0)), misfit


def save_profile(fit: Fit, path: Path) -> None:
    """The fitted radar as a file that `--radar` of the builders takes.

    Args:
        fit: of `fit_capture`.
        path: of the TOML.

    Raises:
        InputError: it cannot be written.
    """
    head = "".join(f"# {line}\n" for line in fit.lines())
    sigma = f"# The lobe width is no part of a radar: give --sigma {fit.values['sigma_rad']:.3f}\n"
    try:
        path.write_text(head + sigma + dump_radar(fit.radar), encoding="utf-8")
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(path, "profile", problem, "name a folder that can be written") from None
