"""Stand-ins for the real world: other people, other habits, and the flaws of motion capture.

No simulation is a recording. What is made here is named a stand-in wherever it is stored or
reported, and only lets fine-tuning and cross-scene studies run until someone brings captures.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from builders.activities.style import Subject, generator, subject, wander
from radarsim.scene.motion import Motion

JITTER_S = 0.02  # marker noise after the smoothing that every solver applies


@dataclass(frozen=True, kw_only=True)
class Domain:
    """People and capture flaws that no other domain has.

    Attributes:
        name: as on the command line.
        first_subject: numbers of its people start here, so that they are nobody else.
        betas_shift: added to each of the first shape coefficients.
        betas_scale: factor on what people differ by in shape.
        tempo, amplitude: factors on everybody's.
        habit_scale: factor on posture habits.
        jitter_deg, jitter_m: noise of joints and root, standard deviation.
        skate: share by which the root's way is misjudged, so that feet slide.
        drift_m: slow wander of the root.
    """

    name: str
    first_subject: int = 0
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
        # Taller and heavier people in a hurry, tracked well.
        Domain(
            name="twin-a",
            first_subject=1000,
            betas_shift=(0.7, 0.5),
            tempo=1.1,
            amplitude=0.95,
            habit_scale=1.4,
            jitter_deg=0.35,
            jitter_m=0.0015,
            skate=0.015,
            drift_m=0.006,
        ),
        # Smaller people at leisure, tracked from far away.
        Domain(
            name="twin-b",
            first_subject=2000,
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
        # All sorts of people and a solver that loses the feet.
        Domain(
            name="twin-c",
            first_subject=3000,
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


def domain_subject(domain: Domain, number: int, seed: int = 0) -> Subject:
    """The domain's person of that number.

    Args:
        domain: whose.
        number: counts from 0.
        seed: of the whole corpus.
    """
    who = subject(domain.first_subject + number, seed)
    if domain == HOME:
        return who
    shift = np.zeros(len(who.betas))
    shift[: len(domain.betas_shift)] = domain.betas_shift
    betas = np.clip(domain.betas_scale * np.array(who.betas) + shift, -2.4, 2.4)
    return replace(
        who,
        betas=tuple(np.round(betas, 4).tolist()),
        tempo=who.tempo * domain.tempo,
        amplitude=who.amplitude * domain.amplitude,
        habit_deg={name: domain.habit_scale * value for name, value in who.habit_deg.items()},
    )


def captured(motion: Motion, domain: Domain, seed: int = 0) -> Motion:
    """The motion as this domain's capture would have recorded it: shaky, with feet that skate.

    Args:
        motion: as performed.
        domain: gives sizes; the home domain changes nothing.
        seed: of the whole corpus; the rest of the chance follows from the motion's name.
    """
    if domain == HOME:
        return motion
    rng = generator("captured", seed, domain.name, motion.name)
    sigma = JITTER_S * motion.rate_hz
    shake = np.deg2rad(domain.jitter_deg) * _shake(rng, motion.poses_rad.shape, sigma)
    poses = Rotation.from_rotvec(motion.poses_rad.reshape(-1, 3)) * Rotation.from_rotvec(
        shake.reshape(-1, 3)
    )
    transl_m = motion.transl_m + domain.jitter_m * _shake(rng, motion.transl_m.shape, sigma)
    times_s = np.arange(motion.num_poses) / motion.rate_hz
    way_m = motion.transl_m - motion.transl_m[0]
    for axis in (0, 1):
        transl_m[:, axis] += domain.skate * rng.normal() * way_m[:, axis]
        transl_m[:, axis] += domain.drift_m * wander(rng, times_s, slowness_s=1.2)
    return replace(
        motion, poses_rad=poses.as_rotvec().reshape(motion.poses_rad.shape), transl_m=transl_m
    )


def _shake(rng, shape, sigma):
    """Noise of unit variance, smooth over `sigma` poses."""
    noise = gaussian_filter1d(rng.normal(size=shape), sigma, axis=0, mode="wrap")
    return noise * np.sqrt(2 * np.sqrt(np.pi) * sigma)
