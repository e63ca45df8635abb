"""Accuracy of the timed methods: errors relative to the float64 oracle, and their limits.

The error is the energy of the difference divided by the energy of the reference [dB], over all
antenna pairs and samples of some chirp loops of one frame. The oracle sums every visible face at
every sample, with each face at its position at the sample time.
"""

import numpy as np

from radarsim.scattering.levels import volts_per_weight
from radarsim.scene.mesh import frames_of
from radarsim.signal.exact_frames import exact_frame

# Largest permitted error [dB] of each method, keyed by the distance [m] from which the limit
# applies.
BOUNDS_DB = {
    "accurate": {0.0: -70.0, 2.0: -80.0},
    "fast": {0.0: -60.0},
    "peer_points": {0.0: -70.0},
    # The direct sums hold the weight of a face constant during a chirp.
    "numpy_direct": {0.0: -75.0},
    "jax_direct": {0.0: -75.0},
    # Holding faces fixed during a chirp causes an error of -25 dB at 1 m/s; limbs exceed 2 m/s.
    "loop": {0.0: -15.0},
    "loop_torch": {0.0: -15.0},
}
# Largest permitted error [dB] of any heatmap pixel above the noise level.
HEATMAP_BOUND_DB = 0.1


def bound_db(method: str, range_m: float) -> float:
    """Largest permitted error [dB] of a method for a subject at the given distance."""
    limits = BOUNDS_DB[method]
    return limits[max(start for start in limits if start <= range_m)]


def checked_loops(radar) -> tuple[int, ...]:
    """Chirp loops that are compared with the oracle: the first, middle and last of a frame."""
    count = radar.frame.num_chirps
    return tuple(sorted({0, count // 2, count - 1}))


def reference_samples(
    scene, settings, frame_idx: int = 0, loops=None, reflection=None
) -> np.ndarray:
    """Compute the oracle's IF samples for some loops of one frame, before scaling to volts.

    Args:
        scene: moving body and radar.
        settings: simulation settings; only the visibility settings are used.
        frame_idx: index of the frame.
        loops: indices of the chirp loops; default: the result of `checked_loops`.
        reflection: reflection model; default: the scene's model.
    """
    mesh = frames_of(scene.mesh())[frame_idx]
    loops = checked_loops(scene.radar) if loops is None else loops
    reflection = scene.reflection if reflection is None else reflection
    return exact_frame(scene.radar, settings, reflection, mesh, scene.body.faces, loops)


def error_db(found, truth) -> float:
    """Energy of the difference divided by the energy of the reference [dB]."""
    difference = np.abs(np.asarray(found, np.complex128) - truth) ** 2
    return float(10 * np.log10(difference.sum() / (np.abs(truth) ** 2).sum() + 1e-30))


def cube_error_db(radar, cube_v, truth, frame_idx: int = 0, loops=None) -> float:
    """Error [dB] of a simulated IF cube [V], over the chirp loops of `truth`."""
    loops = checked_loops(radar) if loops is None else loops
    scale = volts_per_weight(radar, 1.0) * np.asarray(radar.array.channel_gain)[:, :, None]
    return error_db(np.asarray(cube_v[frame_idx])[list(loops)], truth * scale)


def heatmap_error_db(radar, maps, cube_v) -> float:
    """Largest error [dB] of the first heatmap columns, over all pixels above the noise level.

    The reference applies `PAPER_MAPS` with NumPy in float64: it removes the mean over the clip.
    From the first 256 loops, the reference then computes the mean power per range bin, and the
    power per Doppler bin, which is averaged over antenna pairs and summed over samples.
    """
    cube_v = np.asarray(cube_v, np.complex128)
    loops = (cube_v - cube_v.mean((0, 1))).reshape(-1, *cube_v.shape[2:])[:256]
    samples = loops.shape[-1]
    taper, window = (np.hanning(count + 2)[1:-1] for count in (samples, len(loops)))
    noise_w = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz) ** 2 * (taper**2).sum()
    loops = loops * taper
    power_range = (np.abs(np.fft.fft(loops)) ** 2).mean((0, 1, 2)) / noise_w
    doppler = np.abs(np.fft.fft(loops * window[:, None, None, None], axis=0)) ** 2
    power_doppler = doppler.sum(3).mean((1, 2)) / noise_w / (window**2).sum()
    expected = (power_range, np.fft.fftshift(power_doppler))
    found = (maps.time_range[0], maps.time_doppler[0])
    return max(
        float(np.abs(np.asarray(one) - 10 * np.log10(power))[power > 1].max(initial=0.0))
        for one, power in zip(found, expected)
    )


class WrongResult(Exception):
    """Raised if the error of a timed result exceeds its bound; no speed is printed."""


def check_errors(errors: dict[str, tuple[float, float]]) -> dict:
    """Compare all errors with their bounds; return errors and bounds as JSON values.

    Args:
        errors: error and bound [dB] of each timed method, keyed by name.

    Raises:
        WrongResult: an error exceeds its bound or is nan; the message names all such methods.
    """
    wrong = [
        f"{name}: error {error:.1f} dB, bound {bound:.1f} dB"
        for name, (error, bound) in errors.items()
        if not error <= bound
    ]
    if wrong:
        raise WrongResult(
            "results differ from the float64 oracle, so no speed is shown: " + "; ".join(wrong)
        )
    return {name: {"error_db": error, "bound_db": bound} for name, (error, bound) in errors.items()}
