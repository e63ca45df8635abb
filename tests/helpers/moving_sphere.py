"""A small moving sphere and a small radar, for comparing the fast sum with the exact sum."""

from dataclasses import replace

import numpy as np
import trimesh

from radarsim.radar.boards import BOARDS
from radarsim.radar.radar import Radar
from radarsim.radar.timing import burst_times_s
from radarsim.scene.mesh import burst_mesh
from radarsim.signal.settings import SimulationSettings

BOARD = BOARDS["AWR1843BOOST"]
CLEAN = SimulationSettings(thermal_noise=False, quantise=False)
# On a convex body, all faces that point towards the radar are visible. The occlusion test is
# omitted because its compilation takes longer than everything else in a test of the sum.
CONVEX = replace(CLEAN, visibility="facing")


def small_radar(num_chirps: int = 8, num_samples: int = 128, like: Radar = BOARD) -> Radar:
    """Return a board with fewer loops and samples, for fast tests, but the same burst and sweep."""
    fewer_samples = like.chirp.num_samples / num_samples
    chirp = replace(
        like.chirp,
        sample_rate_hz=like.chirp.sample_rate_hz / fewer_samples,
        num_samples=num_samples,
    )
    fewer_loops = like.frame.num_chirps / num_chirps
    frame = replace(
        like.frame,
        num_chirps=num_chirps,
        extra_slot_idle_s=like.slot_period_s * (fewer_loops - 1),
    )
    return replace(like, name="small", chirp=chirp, frame=frame)


def moving_sphere(radar, range_m=3.0, speed_mps=(1.0, 0.5, 0.3), radius_m=0.2, num_frames=1):
    """Return the burst mesh and faces of a breathing, accelerating sphere of 320 faces."""
    sphere = trimesh.creation.icosphere(2, radius_m)
    times_s = burst_times_s(radar, num_frames)
    origin_m = np.array([range_m, 0.2, 0.1]) + times_s[..., None] * np.array(speed_mps)
    origin_m = origin_m + 2 * times_s[..., None] ** 2
    breath = 1 + 0.3 * np.sin(4 * times_s)[..., None, None]
    return burst_mesh(sphere.vertices * breath, origin_m), sphere.faces


def relative_db(found, truth) -> float:
    """Return the energy of the difference divided by the energy of the reference [dB]."""
    error = np.sum(np.abs(np.asarray(found) - truth) ** 2)
    return float(10 * np.log10(error / np.sum(np.abs(truth) ** 2)))
