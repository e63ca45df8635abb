"""Simulate a recording: the echo of the subject plus the clutter and noise of a capture.

    scene -> noiseless echo -> gain -> minus mean -> plus static part of the capture -> plus noise

The echo is computed once; gain, static part and thermal noise are applied when frames are read.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Complex

from radarsim.captures.recording import Recording
from radarsim.radar.radar import Radar
from radarsim.radar.timing import burst_times_s, frames_in
from radarsim.scattering.reflection import DEFAULT_SIGMA_RAD, QuasiSpecular
from radarsim.scene.scene import Scene, pose, skin_scene
from radarsim.signal.noise_and_adc import add_thermal_noise
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import mesh_cube
from radarsim.validation.capture_stats import CaptureStats

# Maximum number and size of the simulated frames, and number of frames simulated at a time.
MAX_FRAMES, MAX_BYTES = 240, 128 << 20
CHUNK_FRAMES = 16
ECHO_ONLY = SimulationSettings(thermal_noise=False, quantise=False)


def num_frames_to_simulate(recording: Recording, duration_s: float) -> int:
    """Number of frames that a motion covers, within the recording, `MAX_FRAMES` and `MAX_BYTES`."""
    most = max(1, min(MAX_FRAMES, MAX_BYTES // recording.frame_bytes))
    return min(recording.num_frames, frames_in(recording.radar, duration_s), most)


def simulate_echo(
    radar: Radar, scene: Scene, num_frames: int, sigma_rad: float = DEFAULT_SIGMA_RAD
) -> Complex[np.ndarray, "frame chirp tx rx sample"]:
    """Simulate the noiseless IF cube of a scene in chunks of frames.

    Args:
        radar: radar to simulate.
        scene: scene with the subject and the radar pose.
        num_frames: number of frames to simulate, from the start of the motion.
        sigma_rad: width of the scattering lobe [rad].

    Returns:
        IF samples of the noiseless echo [V].
    """
    times_s = burst_times_s(radar, num_frames)
    chunks = [
        _echo(radar, scene, times_s[start : start + CHUNK_FRAMES], sigma_rad)
        for start in range(0, num_frames, CHUNK_FRAMES)
    ]
    return np.concatenate(chunks)


def _echo(radar, scene, times_s, sigma_rad) -> np.ndarray:
    # The last chunk is padded with copies of its last frame, because a new size needs recompiling.
    missing = CHUNK_FRAMES - len(times_s) if len(times_s) > 1 else 0
    padded_s = np.concatenate([times_s, np.repeat(times_s[-1:], missing, axis=0)])
    mesh, faces = skin_scene(scene.bodies, pose(scene, padded_s))
    reflection, key = QuasiSpecular(sigma_rad), jax.random.key(0)
    cube_v = mesh_cube(radar, mesh, faces, key, reflection, ECHO_ONLY)
    return np.asarray(cube_v)[: len(times_s)]


def add_clutter_and_noise(
    recording: Recording,
    stats: CaptureStats,
    echo_v: Complex[np.ndarray, "frame chirp tx rx sample"],
    gain_db: float,
    seed: int = 0,
) -> Recording:
    """Add the static clutter and the noise of a capture to a simulated echo.

    The mean of the echo is subtracted, because the static part of the capture already contains the
    static echo of the person.

    Args:
        recording: the capture.
        stats: statistics of the capture: static part and noise.
        echo_v: simulated echo [V].
        gain_db: gain applied to the echo [dB].
        seed: seed of the random noise.

    Returns:
        A recording with the same number of frames as the echo.
    """
    radar = recording.radar
    gain = np.float32(10 ** (gain_db / 20))
    static_v = (stats.static_v - gain * echo_v.mean((0, 1))).astype(np.complex64)
    nominal_v = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz)
    extra_db = float(20 * np.log10(max(stats.noise_rms_v, 1e-30) / nominal_v))

    def read(start: int, stop: int) -> np.ndarray:
        key = jax.random.fold_in(jax.random.key(seed), start)
        clean_v = jnp.asarray(gain * echo_v[start:stop] + static_v)
        return np.array(add_thermal_noise(radar, clean_v, key, extra_db))

    return Recording(radar=radar, num_frames=len(echo_v), read=read)
