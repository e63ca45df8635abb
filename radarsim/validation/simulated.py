"""The simulation of a capture: a placed motion through the same radar, in the capture's own room.

    motion -> placed by the track -> echo -> level of the capture -> + still part + noise

The echo is kept; level, clutter and noise are added as frames are read.
"""

from collections.abc import Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Complex
from scipy.optimize import least_squares

from radarsim.captures.recording import Recording
from radarsim.radar.config import Radar
from radarsim.radar.timing import burst_times_s, frames_in
from radarsim.scattering.reflection import DEFAULT_SIGMA_RAD, QuasiSpecular
from radarsim.scene.motion import Motion
from radarsim.scene.placement import Placement, RadarPose, facing_rad
from radarsim.scene.scene import Scene, pose, skin_scene
from radarsim.signal.receiver import add_thermal_noise
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import mesh_cube
from radarsim.validation.capture_stats import CaptureStats
from radarsim.validation.track_walker import SURFACE_M
from radarsim.validation.tracks import Track

MAX_FRAMES, MAX_BYTES = 240, 128 << 20
CHUNK_FRAMES = 16
ECHO_ONLY = SimulationSettings(thermal_noise=False, quantise=False)
# How well a track tells range, speed and azimuth, for weighing one against the other.
RANGE_M, SPEED_MPS, AZIMUTH_RAD = 0.1, 0.3, np.radians(8.0)
WALK_M = 0.5  # a motion that goes less far does not tell where it faces


def own_placement(motion: Motion) -> Placement:
    """The placement that leaves a motion where it is in the radar's world.

    Args:
        motion: in the world of a radar above the origin.
    """
    start_m = motion.pelvis_m[0]
    to_radar_rad = np.arctan2(-start_m[1], -start_m[0])
    return Placement(
        distance_m=float(start_m[0]),
        lateral_m=float(start_m[1]),
        heading_rad=float(facing_rad(motion) - to_radar_rad),
    )


def fitting_frames(recording: Recording, duration_s: float) -> int:
    """Frames of a recording that a motion of that length covers and memory holds."""
    most = max(1, min(MAX_FRAMES, MAX_BYTES // recording.frame_bytes))
    return min(recording.num_frames, frames_in(recording.radar, duration_s), most)


def echo_of(
    radar: Radar, scene: Scene, num_frames: int, sigma_rad: float = DEFAULT_SIGMA_RAD
) -> Complex[np.ndarray, "frame chirp tx rx sample"]:
    """The noiseless IF cube of a scene [V], simulated in chunks."""
    times_s = burst_times_s(radar, num_frames)
    chunks = [
        _echo(radar, scene, times_s[start : start + CHUNK_FRAMES], sigma_rad)
        for start in range(0, num_frames, CHUNK_FRAMES)
    ]
    return np.concatenate(chunks)


def _echo(radar, scene, times_s, sigma_rad) -> np.ndarray:
    # The last chunk repeats its last frame: another number of frames would compile again.
    missing = CHUNK_FRAMES - len(times_s) if len(times_s) > 1 else 0
    padded_s = np.concatenate([times_s, np.repeat(times_s[-1:], missing, axis=0)])
    mesh, faces = skin_scene(scene.bodies, pose(scene, padded_s))
    reflection, key = QuasiSpecular(sigma_rad), jax.random.key(0)
    cube_v = mesh_cube(radar, mesh, faces, key, reflection, ECHO_ONLY)
    return np.asarray(cube_v)[: len(times_s)]


def in_the_room(
    recording: Recording,
    stats: CaptureStats,
    echo_v: Complex[np.ndarray, "frame chirp tx rx sample"],
    gain_db: float,
    seed: int = 0,
) -> Recording:
    """An echo as the capture's radar would have recorded it where the capture was made.

    Args:
        recording: the capture.
        stats: of the capture: its still part and its noise.
        echo_v: of the bodies.
        gain_db: given to the echo.
        seed: of the noise.

    Returns:
        As many frames as the echo has; the still part of the echo is left out, for the capture's
        own still part holds the person's.
    """
    radar = recording.radar
    gain = np.float32(10 ** (gain_db / 20))
    rest_v = (stats.static_v - gain * echo_v.mean((0, 1))).astype(np.complex64)
    nominal_v = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz)
    extra_db = float(20 * np.log10(max(stats.noise_rms_v, 1e-30) / nominal_v))

    def read(start: int, stop: int) -> np.ndarray:
        key = jax.random.fold_in(jax.random.key(seed), start)
        clean_v = jnp.asarray(gain * echo_v[start:stop] + rest_v)
        return np.array(add_thermal_noise(radar, clean_v, key, extra_db))

    return Recording(radar=radar, num_frames=len(echo_v), read=read)


def placed_by_track(motion: Motion, track: Track, view: RadarPose) -> Placement:
    """Start and heading that bring a motion's path nearest to a track.

    Ranges, radial speeds and azimuths of the pelvis are compared with the track's, over all
    headings; a motion that stays on its spot faces the radar.

    Args:
        motion: fitted to its body, in its own world.
        track: the target.
        view: height and tilt of the radar.

    Returns:
        The placement.
    """
    inside = track.times_s <= motion.duration_s
    if not inside.any():
        inside = np.arange(len(track.times_s)) == 0
    times_s = np.minimum(track.times_s[inside], motion.duration_s)
    path_m = _pelvis_at(motion, times_s)
    speed_m = (_pelvis_at(motion, times_s + 0.05) - _pelvis_at(motion, times_s - 0.05)) / 0.1
    towards_rad = np.pi - facing_rad(motion)
    stays = np.ptp(motion.pelvis_m[:, :2], axis=0).max() < WALK_M
    turns_rad = [0.0] if stays else np.linspace(-np.pi, np.pi, 36, endpoint=False)
    start_m = _start(track)
    best = min((_fit_start(path_m, speed_m, towards_rad + turn, start_m, track, inside, view), turn)
               for turn in turns_rad)  # fmt: skip
    (_, turn_rad, ahead_m, left_m), _ = best
    to_radar_rad = np.arctan2(-left_m, -ahead_m)
    heading_rad = turn_rad + facing_rad(motion) - to_radar_rad
    if stays:
        heading_rad = 0.0
    heading_rad = float((heading_rad + np.pi) % (2 * np.pi) - np.pi)
    return Placement(distance_m=ahead_m, lateral_m=left_m, heading_rad=heading_rad)


def _pelvis_at(motion: Motion, times_s) -> np.ndarray:
    """Pelvis relative to the first pose on the floor, its height kept."""
    own_s = np.arange(motion.num_poses) / motion.rate_hz
    path_m = motion.pelvis_m - motion.pelvis_m[0] * [1, 1, 0]
    return np.stack([np.interp(times_s, own_s, part) for part in path_m.T], axis=1)


def _start(track: Track) -> np.ndarray:
    """First guess of the pelvis on the floor: the target's first range and its azimuth."""
    range_m = float(track.range_m[0]) + SURFACE_M
    azimuth_rad = track.typical_azimuth_rad or 0.0
    return range_m * np.array([np.cos(azimuth_rad), np.sin(azimuth_rad)])


def _fit_start(path_m, speed_m, turn_rad, start_m, track, inside, view):
    """Cost, turn and start on the floor of the best start for one turn of the path."""
    cos, sin = np.cos(turn_rad), np.sin(turn_rad)
    turn = np.array([[cos, -sin], [sin, cos]])
    way_m, velocity_mps = path_m[:, :2] @ turn.T, speed_m[:, :2] @ turn.T
    above_m = path_m[:, 2] - float(view.height_m)
    azimuth = track.azimuth_rad[inside]
    told = np.isfinite(azimuth)

    def misses(start):
        at_m = way_m + start
        range_m = np.sqrt((at_m**2).sum(1) + above_m**2)
        speed = (at_m * velocity_mps).sum(1) / range_m
        turned = np.arcsin(np.clip(at_m[:, 1] / range_m, -1, 1)) - azimuth
        return np.concatenate([
            (range_m - SURFACE_M - track.range_m[inside]) / RANGE_M,
            (speed - track.speed_mps[inside]) / SPEED_MPS,
            np.where(told, turned, 0.0) / AZIMUTH_RAD,
            # A path's azimuth may stay unknown: then it starts straight ahead.
            [0.1 * start[1]],
        ])  # fmt: skip

    found = least_squares(misses, start_m, loss="soft_l1")
    return float(found.cost), float(turn_rad), float(found.x[0]), float(found.x[1])


def shifted(scene: Scene, ahead_m: float, turn_rad: float) -> Scene:
    """The scene with its subject farther along its line of sight, and turned about the radar."""
    (subject,) = scene.subjects
    here = subject.placement
    start = complex(float(here.distance_m), float(here.lateral_m))
    away = abs(start) + ahead_m
    start = away * np.exp(1j * (np.angle(start) + turn_rad))
    moved = replace(here, distance_m=float(start.real), lateral_m=float(start.imag))
    return replace(scene, subjects=[replace(subject, placement=moved)])


def track_gap(real: Sequence[Track], simulated: Sequence[Track]) -> tuple[float, float] | None:
    """How much farther and further left the first target is than the simulation's.

    Returns:
        Range [m] and azimuth [rad], medians over the time both were seen; None if never.
    """
    if not real or not simulated:
        return None
    one, other = real[0], simulated[0]
    both = (one.times_s >= other.times_s[0] - 1e-6) & (one.times_s <= other.times_s[-1] + 1e-6)
    if not both.any():
        return None
    at_m = np.interp(one.times_s[both], other.times_s, other.range_m)
    angles = one.typical_azimuth_rad, other.typical_azimuth_rad
    turn_rad = 0.0 if None in angles else angles[0] - angles[1]
    return float(np.median(one.range_m[both] - at_m)), float(turn_rad)
