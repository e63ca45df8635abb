"""Synthetic domain shift: different people, posture habits, and motion-capture errors.

The shifted domains stand in for recordings, so that fine-tuning and cross-scene studies can be
tried before recordings exist. The domains are simulated; files and reports call them stand-ins.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from builders.activities.performers import Performer, make_performer
from builders.activities.variation import generator, smooth_noise
from radarsim.scene.motion import Motion

JITTER_S = 0.02  # correlation time of the marker noise, which every mocap solver smooths


@dataclass(frozen=True, kw_only=True)
class Domain:
    """Population and motion-capture errors of one domain.

    Attributes:
        name: name of the domain on the command line.
        first_performer: number of the domain's first person; no two domains share a person.
        betas_shift: offset added to the first shape coefficients.
        betas_scale: scale factor of the shape coefficients.
        tempo, amplitude: factors applied to the performers' tempo and amplitude.
        habit_scale: scale factor of the posture habits.
        jitter_deg, jitter_m: standard deviation of the joint and root noise.
        skate: scale error of the root displacement, which makes the feet slide.
        drift_m: standard deviation of the slow root drift.
    """

    name: str
    first_performer: int = 0
    betas_shift: tuple[float, ...] = ()
    betas_scale: float = 1.0
    tempo: float = 1.0
    amplitude: float = 1.0
    habit_scale: float = 1.0
    jitter_deg: float = 0.0
    jitter_m: float = 0.0
    skate: float = 0.0
    drift_m: float = 0.0


HOME = Domain(name="home")
DOMAINS = {
    domain.name: domain
    for domain in (
        HOME,
        # This domain has taller, heavier and faster people, and accurate tracking.
        Domain(
            name="twin-a",
            first_performer=1000,
            betas_shift=(0.7, 0.5),
            tempo=1.1,
            amplitude=0.95,
            habit_scale=1.4,
            jitter_deg=0.35,
            jitter_m=0.0015,
            skate=0.015,
            drift_m=0.006,
        ),
        # This domain has shorter and slower people, tracked from far away.
        Domain(
            name="twin-b",
            first_performer=2000,
            betas_shift=(-0.8, -0.3),
            betas_scale=1.15,
            tempo=0.9,
            amplitude=1.06,
            habit_scale=1.7,
            jitter_deg=0.8,
            jitter_m=0.004,
            skate=0.04,
            drift_m=0.015,
        ),
        # This domain has widely varying body shapes and a motion-capture solver that lets the feet
        # slide.
        Domain(
            name="twin-c",
            first_performer=3000,
            betas_scale=1.35,
            amplitude=0.88,
            habit_scale=2.2,
            jitter_deg=0.6,
            jitter_m=0.003,
            skate=0.08,
            drift_m=0.03,
        ),
    )
}


def domain_performer(domain: Domain, number: int, seed: int = 0) -> Performer:
    """Create a person of a domain from the person's number.

    Args:
        domain: population to draw from.
        number: number of the person, from 0.
        seed: seed of the whole corpus.
    """
    base = make_performer(domain.first_performer + number, seed)
    if domain == HOME:
        return base
    shift = np.zeros(len(base.betas))
    shift[: len(domain.betas_shift)] = domain.betas_shift
    betas = np.clip(domain.betas_scale * np.array(base.betas) + shift, -2.4, 2.4)
    return replace(
        base,
        betas=tuple(np.round(betas, 4).tolist()),
        tempo=base.tempo * domain.tempo,
        amplitude=base.amplitude * domain.amplitude,
        habit_deg={name: domain.habit_scale * value for name, value in base.habit_deg.items()},
    )


def add_capture_errors(motion: Motion, domain: Domain, seed: int = 0) -> Motion:
    """Add a domain's capture errors to a motion: jitter, drift and sliding feet.

    Args:
        motion: motion without capture errors.
        domain: domain that sets the size of the errors; the home domain has no errors.
        seed: seed of the whole corpus; seed and motion name determine the errors.
    """
    if domain == HOME:
        return motion
    rng = generator("captured", seed, domain.name, motion.name)
    sigma = JITTER_S * motion.rate_hz
    jitter_rad = np.deg2rad(domain.jitter_deg) * _jitter(rng, motion.poses_rad.shape, sigma)
    poses = Rotation.from_rotvec(motion.poses_rad.reshape(-1, 3)) * Rotation.from_rotvec(
        jitter_rad.reshape(-1, 3)
    )
    transl_m = motion.transl_m + domain.jitter_m * _jitter(rng, motion.transl_m.shape, sigma)
    times_s = np.arange(motion.num_poses) / motion.rate_hz
    moved_m = motion.transl_m - motion.transl_m[0]
    for axis in (0, 1):
        transl_m[:, axis] += domain.skate * rng.normal() * moved_m[:, axis]
        transl_m[:, axis] += domain.drift_m * smooth_noise(rng, times_s, spacing_s=1.2)
    return replace(
        motion, poses_rad=poses.as_rotvec().reshape(motion.poses_rad.shape), transl_m=transl_m
    )


def _jitter(rng, shape, sigma):
    """Unit-variance Gaussian noise, smoothed with a standard deviation of `sigma` poses."""
    noise = gaussian_filter1d(rng.normal(size=shape), sigma, axis=0, mode="wrap")
    return noise * np.sqrt(2 * np.sqrt(np.pi) * sigma)
