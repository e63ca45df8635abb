"""Measured and simulated range-Doppler powers of a few bursts, for fitting parameters in `fit.py`.

The data of the first transmitter in some loops of a few bursts are sufficient for the fit. The mean
over each burst is subtracted from measured and simulated data, which removes all static echoes.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from radarsim.captures.recording import Recording, fill_lost
from radarsim.numerics.windows import hann
from radarsim.radar.radar import Radar
from radarsim.radar.timing import burst_times_s
from radarsim.scattering.levels import volts_per_weight
from radarsim.scattering.reflection import FREE_BODY_REFLECTIVITY, QuasiSpecular
from radarsim.scene.mesh import BurstMesh
from radarsim.scene.scene import Scene, pose, skin_scene
from radarsim.signal.array_sizes import TERMS_STEP, SumSizes
from radarsim.signal.face_selection import (
    FaceSelection,
    regrouped,
    select_faces,
    sizes_of_selection,
)
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import clip_echo
from radarsim.validation.simulated_recording import ECHO_ONLY

# Limits of the number of bursts, of loops per burst (approximate) and of frames that are used.
MAX_BURSTS, MAX_LOOPS, MAX_FRAMES = 4, 32, 64
# Indices of the parameter vector theta. Distance and height are offsets relative to the scene.
LOG_SIGMA, DISTANCE, HEIGHT, LOG_LEVEL, LOG_NOISE = range(5)
NUM_PARAMETERS = 5
MOTION = slice(LOG_SIGMA, HEIGHT + 1)  # parameters that require a new simulation of the echo


class ModelInputs(NamedTuple):
    """Traced inputs of the model: mesh, faces, level, and directions of distance and height."""

    mesh: BurstMesh
    faces: Array
    selection: FaceSelection
    away: np.ndarray
    down: np.ndarray
    volts_per_weight: float


@dataclass(frozen=True, kw_only=True, eq=False)
class PowerModel:
    """Model of the range-Doppler power at the nominal level, with fixed faces and array sizes.

    Attributes:
        radar: radar with only its first transmitter and every n-th loop.
        per_burst: number of frames in one burst.
        sizes: array sizes of the simulation.
        inputs: mesh, selected faces, level, and directions of distance and height.
    """

    radar: Radar
    per_burst: int
    sizes: SumSizes
    inputs: ModelInputs

    def power(self, theta: np.ndarray) -> Float[np.ndarray, "burst loop range"]:
        """Simulate the echo power for one parameter vector [V^2]."""
        return self._evaluate(_power, theta)

    def derivatives(self, theta: np.ndarray) -> Float[np.ndarray, "burst loop range 3"]:
        """Forward-mode derivatives of the power with respect to log sigma, distance and height."""
        return self._evaluate(_power_derivatives, theta)

    def _evaluate(self, function, theta) -> np.ndarray:
        motion = jnp.asarray(theta[MOTION], jnp.float32)
        values = function(self.radar, self.per_burst, self.sizes, self.inputs, motion)
        return np.asarray(values, np.float64)


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredPowers:
    """Measured range-Doppler powers and the model that is fitted to the measurement.

    Attributes:
        power: measured power [V^2].
        counts: mask of the range-Doppler cells used in the fit.
        channels: number of receivers over which the power is averaged.
        noise: noise power of a cell for the configured noise figure [V^2].
        bin_m: width of a range bin [m].
        model: model of the simulated power.
    """

    power: Float[np.ndarray, "burst loop range"]
    counts: np.ndarray
    channels: int
    noise: float
    bin_m: float
    model: PowerModel


def line_of_sight(scene: Scene) -> np.ndarray:
    """Unit vector (ahead, left) along the floor from the radar to the subject's start position."""
    placement = scene.subjects[0].placement
    start = np.array([float(placement.distance_m), float(placement.lateral_m)])
    return start / np.linalg.norm(start)


def thinned_radar(radar: Radar, every: int) -> Radar:
    """Reduce a radar to its first transmitter and to every n-th loop."""
    loop_s = radar.loop_period_s * every
    frame = replace(
        radar.frame,
        num_chirps=radar.frame.num_chirps // every,
        tx_order=(0,),
        burst_start_s=radar.frame.burst_start_s + float(radar.tx_delays_s[0]),
        extra_slot_idle_s=loop_s - radar.chirp.duration_s,
        extra_loop_idle_s=0.0,
        period_s=radar.frame.period_s + loop_s,
    )
    return replace(radar, frame=frame, array=radar.array.with_tx((0,)))


def measured_powers(
    recording: Recording,
    scene: Scene,
    per_burst: int,
    settings: SimulationSettings,
    sigma_rad: float,
) -> MeasuredPowers:
    """Compute the measured powers of some bursts of a recording, and a model of these bursts.

    Args:
        recording: recording whose first frame is the start of the motion.
        scene: scene with a single subject, to which distance and height are relative.
        per_burst: number of frames in one burst.
        settings: settings of the face selection.
        sigma_rad: lobe width for which faces are selected [rad].

    Returns:
        The measured powers and the model.
    """
    radar = recording.radar
    every = max(1, radar.frame.num_chirps // MAX_LOOPS)
    thinned = thinned_radar(radar, every)
    frames = _frames_to_use(recording.num_frames, per_burst)
    loops = slice(0, thinned.frame.num_chirps * every, every)
    cube_v = np.concatenate([recording.read(int(i), int(i) + 1)[:, loops, :1] for i in frames])
    cube_v = _without_gaps(cube_v, per_burst)
    power = np.asarray(_range_doppler_power(jnp.asarray(cube_v), per_burst))
    window = (hann(power.shape[1]) ** 2).sum() * (hann(power.shape[2]) ** 2).sum()
    averaged = thinned.frame.num_chirps if per_burst > 1 else 1
    noise_v = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz)
    times_s = frames[:, None] * radar.frame.period_s + burst_times_s(thinned, 1)
    return MeasuredPowers(
        power=power,
        counts=_cells_to_use(power.shape),
        channels=radar.array.num_rx,
        noise=float(noise_v**2 * window / averaged),
        bin_m=radar.range_resolution_m,
        model=PowerModel(
            radar=thinned,
            per_burst=per_burst,
            **_fixed_selection(thinned, scene, times_s, settings, QuasiSpecular(sigma_rad)),
        ),
    )


def _frames_to_use(num_frames: int, per_burst: int) -> np.ndarray:
    """Indices of the frames that form a few evenly spaced bursts."""
    most = max(1, min(MAX_BURSTS, MAX_FRAMES // per_burst))
    bursts = np.linspace(0, num_frames // per_burst - 1, most).round().astype(int)
    return (np.unique(bursts)[:, None] * per_burst + np.arange(per_burst)).ravel()


def _without_gaps(cube_v, per_burst: int) -> np.ndarray:
    """Fill lost chirps with the mean of their burst, which is subtracted before the transforms."""
    frames, loops, _, rx, samples = cube_v.shape
    bursts_v = fill_lost(cube_v).reshape(frames // per_burst, per_burst, loops, rx, samples)
    return fill_lost(bursts_v).reshape(cube_v.shape)


def _cells_to_use(shape) -> np.ndarray:
    """Mask that excludes leakage bins, zero-Doppler cells and the edge of the receive filter."""
    counts = np.ones(shape, bool)
    middle = shape[1] // 2
    counts[:, middle - 1 : middle + 2] = False
    counts[:, :, :3] = False
    counts[:, :, int(0.9 * shape[2]) :] = False
    return counts


def _fixed_selection(radar: Radar, scene: Scene, times_s, settings, reflection) -> dict:
    """Determine array sizes and model inputs, with the faces selected for a given scene."""
    mesh, faces = skin_scene(scene.bodies, pose(scene, times_s))
    selection = select_faces(radar, settings, reflection, mesh, faces)
    sizes = sizes_of_selection(radar, settings, reflection, selection.required)
    terms = sizes.num_terms + TERMS_STEP
    sizes = replace(  # larger than the scene requires, so that the distance may change
        sizes,
        num_cells=sizes.num_cells + 32,
        num_terms=terms,
        span_bins=settings.error_budget.span_bins(terms),
        kernels=False,  # for the forward-mode derivatives
    )
    tilt_rad = float(scene.radar_pose.tilt_rad)
    ahead, left = line_of_sight(scene)
    away = np.array([ahead * np.cos(tilt_rad), left, -ahead * np.sin(tilt_rad)], np.float32)
    down = np.array([-np.sin(tilt_rad), 0.0, -np.cos(tilt_rad)], np.float32)
    level = np.float32(volts_per_weight(radar, FREE_BODY_REFLECTIVITY))
    return {"sizes": sizes, "inputs": ModelInputs(mesh, faces, selection, away, down, level)}


def _range_doppler_power(cube_v: Array, per_burst: int) -> Float[Array, "burst loop range"]:
    """Range-Doppler power averaged over receivers, after removing the mean of each burst."""
    if per_burst > 1:
        cube_v = cube_v.mean(1).reshape(-1, per_burst, *cube_v.shape[2:])
    cube_v = cube_v - cube_v.mean(1, keepdims=True)
    taper = hann(cube_v.shape[1])[:, None, None, None] * hann(cube_v.shape[-1])
    spectrum = jnp.fft.fftshift(jnp.fft.fft2(cube_v * taper, axes=(1, -1)), axes=1)
    return (jnp.abs(spectrum) ** 2).mean((2, 3))


def _power_of(radar, per_burst, sizes, inputs, motion):
    """Power at the nominal level for given parameters (log sigma, distance, height)."""
    mesh = inputs.mesh
    origin_m = mesh.origin_high_m + motion[DISTANCE] * inputs.away + motion[HEIGHT] * inputs.down
    moved = BurstMesh(mesh.vertices_m, origin_m, mesh.origin_low_m)
    reflection = QuasiSpecular(jnp.exp(motion[LOG_SIGMA]))
    selection = regrouped(radar, reflection, inputs.selection, moved, inputs.faces)
    echo = clip_echo(radar, ECHO_ONLY, sizes, reflection, moved, inputs.faces, selection)
    gains = jnp.asarray(radar.array.gains, jnp.complex64)[:, :, None]
    return _range_doppler_power(echo * (inputs.volts_per_weight * gains), per_burst)


_power = partial(jax.jit, static_argnums=(0, 1, 2))(_power_of)
_power_derivatives = partial(jax.jit, static_argnums=(0, 1, 2))(jax.jacfwd(_power_of, argnums=4))
