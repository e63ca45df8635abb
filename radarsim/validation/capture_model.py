"""What a fit compares: range-Doppler powers of some bursts, measured and simulated.

The first transmitter and some loops of a few bursts are enough; both sides lose their mean over the
burst, and with it everything that stood still. See fit.py.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy import ndimage

from radarsim.captures.recording import Recording
from radarsim.radar.config import Radar
from radarsim.radar.timing import burst_times_s
from radarsim.scattering.levels import volts_per_weight
from radarsim.scattering.reflection import FREE_BODY_REFLECTIVITY, QuasiSpecular
from radarsim.scene.mesh import BurstMesh
from radarsim.scene.scene import Scene, pose, skin_scene
from radarsim.signal.array_sizes import TERMS_STEP
from radarsim.signal.face_selection import (
    FaceSelection,
    regrouped,
    select_faces,
    sizes_of_selection,
)
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import clip_echo
from radarsim.validation.capture_stats import hann
from radarsim.validation.simulated import ECHO_ONLY

MAX_BURSTS, MAX_LOOPS, MAX_FRAMES = 4, 32, 64
# Fraction of a power that the simulator may be off by, until it is seen to explain the data.
MODEL_ERROR = 0.2
CLIPPED_AT = 3.0  # log-residuals beyond are somebody else's echo


@dataclass(frozen=True, kw_only=True, eq=False)
class Powers:
    """What is compared, and the model of it.

    Attributes:
        power: measured [burst, loop, range].
        counts: cells that are compared.
        channels: over which the power is a mean.
        noise: of a cell, at the configured noise figure.
        bin_m: of range.
        model: theta to power, or to its derivatives.
        model_error: fraction that the model may be off by.
    """

    power: np.ndarray
    counts: np.ndarray
    channels: int
    noise: float
    bin_m: float
    model: Any
    model_error: float = MODEL_ERROR


def line_of_sight(scene: Scene) -> np.ndarray:
    """Unit vector along the floor from the radar to the subject's start: ahead, left."""
    placement = scene.subjects[0].placement
    start = np.array([float(placement.distance_m), float(placement.lateral_m)])
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


def powers_to_fit(
    recording: Recording,
    scene: Scene,
    per_burst: int,
    settings: SimulationSettings,
    sigma_rad: float,
) -> Powers:
    """What is measured in some bursts, and the model of it.

    Args:
        recording: the frames, from the motion's start on.
        scene: one subject; distance and height are relative to its placement.
        per_burst: frames that make a burst; 1 where each frame is one.
        settings: how faces are picked.
        sigma_rad: for which lobe width they are picked [rad].
    """
    radar = recording.radar
    every = max(1, radar.frame.num_chirps // MAX_LOOPS)
    thin = thin_radar(radar, every)
    frames = _chosen_frames(recording.num_frames, per_burst)
    kept = slice(0, thin.frame.num_chirps * every, every)
    cube_v = np.concatenate([recording.read(int(i), int(i) + 1)[:, kept, :1] for i in frames])
    power = np.asarray(_powers(jnp.asarray(cube_v), per_burst))
    window = (hann(power.shape[1]) ** 2).sum() * (hann(power.shape[2]) ** 2).sum()
    averaged = thin.frame.num_chirps if per_burst > 1 else 1
    noise_v = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz)
    times_s = frames[:, None] * radar.frame.period_s + burst_times_s(thin, 1)
    return Powers(
        power=power,
        counts=_cells(power.shape),
        channels=radar.array.num_rx,
        noise=float(noise_v**2 * window / averaged),
        bin_m=radar.range_resolution_m,
        model=_model_of(thin, scene, times_s, per_burst, settings, sigma_rad),
    )


def _chosen_frames(num_frames: int, per_burst: int) -> np.ndarray:
    """Frames of a few bursts, spread evenly."""
    most = max(1, min(MAX_BURSTS, MAX_FRAMES // per_burst))
    bursts = np.linspace(0, num_frames // per_burst - 1, most).round().astype(int)
    return (np.unique(bursts)[:, None] * per_burst + np.arange(per_burst)).ravel()


def _model_of(radar: Radar, scene: Scene, times_s, per_burst: int, settings, sigma_rad: float):
    """The simulated powers as a function of theta; faces and array sizes picked once."""
    mesh, faces = skin_scene(scene.bodies, pose(scene, times_s))
    reflection = QuasiSpecular(sigma_rad)
    selection = select_faces(radar, settings, reflection, mesh, faces)
    sizes = sizes_of_selection(radar, settings, reflection, selection.required)
    terms = sizes.num_terms + TERMS_STEP
    sizes = replace(  # with room for another distance
        sizes,
        num_cells=sizes.num_cells + 32,
        num_terms=terms,
        span_bins=settings.error_budget.span_bins(terms),
    )
    tilt = float(scene.radar_pose.tilt_rad)
    ahead, left = line_of_sight(scene)
    away = np.array([ahead * np.cos(tilt), left, -ahead * np.sin(tilt)], np.float32)
    down = np.array([-np.sin(tilt), 0.0, -np.cos(tilt)], np.float32)
    gain = np.float32(volts_per_weight(radar, FREE_BODY_REFLECTIVITY))
    inputs = ModelInputs(mesh, faces, selection, (away, down), gain)
    return partial(_at, radar, per_burst, sizes, inputs)


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


class ModelInputs(NamedTuple):
    """Mesh, its selected faces, directions of distance and height, and the level constant."""

    mesh: BurstMesh
    faces: Array
    selection: FaceSelection
    directions: tuple
    gain: float


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _model(slopes, radar, per_burst, sizes, inputs, shape):
    """Power at the nominal level for (log sigma, distance, height), or its derivatives."""
    mesh, faces, selection, (away, down), gain = inputs

    def power(shape):
        origin = mesh.origin_high_m + shape[1] * away + shape[2] * down
        moved = BurstMesh(mesh.vertices_m, origin, mesh.origin_low_m)
        reflection = QuasiSpecular(jnp.exp(shape[0]))
        here = regrouped(radar, reflection, selection, moved, faces)
        echo = clip_echo(radar, ECHO_ONLY, sizes, reflection, moved, faces, here)
        gains = jnp.asarray(radar.array.gains, jnp.complex64)[:, :, None]
        return _powers(echo * (gain * gains), per_burst)

    return jax.jacfwd(power)(shape) if slopes else power(shape)


def _at(*arguments, theta, slopes: bool) -> np.ndarray:
    shape = jnp.asarray(theta[:3], jnp.float32)
    return np.asarray(_model(slopes, *arguments, shape), np.float64)


def levelled(data: Powers, theta, echo=None):
    """Theta with the level at which model and measurement hold the same power over the noise."""
    echo = data.model(theta=theta, slopes=False) if echo is None else echo
    floor = np.median(data.power[data.counts])
    excess = np.maximum(data.power - floor, 0)[data.counts].sum()
    level = np.log(max(excess, 1e-30) / max(float(echo[data.counts].sum()), 1e-30))
    return np.array([*theta[:3], level, theta[4]])


@dataclass(frozen=True, eq=False)
class Sides:
    """Both sides of the comparison at one theta, smoothed alike."""

    echo: np.ndarray
    noise: float
    residual: np.ndarray
    weight: np.ndarray

    @property
    def cost(self) -> float:
        return float((self.residual**2).sum())


def weighed(data: Powers, theta, smooth_m: float, echo=None) -> Sides:
    """Weighted residuals of the logarithms; `echo` where the model's power is known already."""
    echo = data.model(theta=theta, slopes=False) if echo is None else echo
    echo = _smooth(data, echo, smooth_m) * np.exp(theta[3])
    noise = data.noise * np.exp(theta[4])
    snr = echo / noise
    spread = (2 * snr + 1) / ((snr + 1) ** 2 * data.channels)
    measured = _smooth(data, data.power.astype(np.float64), smooth_m)
    residual = np.log(np.maximum(measured, 1e-38) / (echo + noise))
    if not smooth_m:  # the mean of a logarithm lies under the logarithm of the mean
        residual += spread / 2
    weight = data.counts / np.sqrt(spread + data.model_error**2)
    return Sides(echo, noise, np.clip(residual, -CLIPPED_AT, CLIPPED_AT) * weight, weight)


def _smooth(data: Powers, power: np.ndarray, smooth_m: float) -> np.ndarray:
    if not smooth_m:
        return power
    return ndimage.gaussian_filter1d(power, smooth_m / data.bin_m, axis=2)


def jacobian_of(data: Powers, theta, smooth_m: float, sides: Sides) -> np.ndarray:
    """Derivatives of the logarithm of the model, weighted as the residuals [cell, parameter]."""
    slopes = data.model(theta=theta, slopes=True) * np.exp(theta[3])
    model = sides.echo + sides.noise
    columns = [_smooth(data, slopes[..., i], smooth_m) / model for i in range(3)]
    columns += [sides.echo / model, sides.noise / model]
    return np.stack([column * sides.weight for column in columns], axis=-1)[data.counts]
