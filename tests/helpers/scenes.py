"""Scenes for the tests of visibility, reflectivity levels and heatmaps: people, plates, points."""

from dataclasses import replace

import jax
import numpy as np
import trimesh
from scipy.spatial.transform import Rotation

from radarsim.radar.antennas import AntennaArray
from radarsim.radar.boards import BOARDS
from radarsim.radar.timing import burst_times_s
from radarsim.scene.body import skin
from radarsim.scene.formats.smpl import free_body
from radarsim.scene.skeleton import JOINT
from radarsim.signal.settings import SimulationSettings

RADAR = BOARDS["AWR1843BOOST"]
KEY = jax.random.PRNGKey(0)
QUIET = SimulationSettings(thermal_noise=False, quantise=False)

# The columns are the directions of the body's left, top and front in the radar frame.
UPRIGHT = np.array([[0, 0, -1], [-1, 0, 0], [0, 1, 0]])  # a body that faces the radar
ALONG = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])  # lying on the back, feet towards the radar
ACROSS = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]])  # lying on the back, head to the radar's left

ARMS_DOWN = {"left_shoulder": (0, 0, -75), "right_shoulder": (0, 0, 75)}
# Joint angles [degrees], orientation of the body, and height of the pelvis above the radar [m].
POSES = {
    "standing": (ARMS_DOWN, UPRIGHT, -0.1),
    "arms crossing the torso": (
        {
            **{"left_shoulder": (0, -60, -40), "left_elbow": (0, -80, 0)},
            **{"right_shoulder": (0, 60, 40), "right_elbow": (0, 80, 0)},
        },
        UPRIGHT,
        -0.1,
    ),
    "sitting": (
        {
            **ARMS_DOWN,
            **{"left_hip": (-90, 0, 0), "left_knee": (90, 0, 0)},
            **{"right_hip": (-90, 0, 0), "right_knee": (90, 0, 0)},
        },
        UPRIGHT,
        -0.5,
    ),
    "lying along range": (ARMS_DOWN, ALONG, -0.88),
    "lying across": (ARMS_DOWN, ACROSS, -0.88),
}


def person(pose, distance_m):
    """Vertices [vertex, 3] of the free body in front of the radar, in radar axes, and the faces."""
    body = free_body()
    degrees, orientation, height_m = POSES[pose]
    poses_rad = np.zeros((24, 3), np.float32)
    poses_rad[0] = Rotation.from_matrix(orientation).as_rotvec()
    for name, angles in degrees.items():
        poses_rad[JOINT[name]] = np.radians(angles)
    centre_m = np.array([distance_m, 0.0, height_m], np.float32)
    vertices_m = skin(body, np.zeros(10, np.float32), poses_rad, centre_m)
    return np.asarray(vertices_m), np.asarray(body.faces)


def plate(size_m, cells, centre_m):
    """Return a square plate with normal -x, in `cells` x `cells` squares of two faces each."""
    steps = np.linspace(-size_m / 2, size_m / 2, cells + 1)
    left, up = np.meshgrid(steps, steps, indexing="ij")
    vertices_m = np.stack([0 * left, left, up], -1).reshape(-1, 3) + np.asarray(centre_m)
    corner = np.arange((cells + 1) ** 2).reshape(cells + 1, cells + 1)
    a, b, c, d = corner[:-1, :-1], corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:]
    faces = np.concatenate([np.stack([a, c, b], -1), np.stack([a, d, c], -1)]).reshape(-1, 3)
    return vertices_m.astype(np.float32), faces


def together(*meshes):
    """Return several meshes merged into one, and the index of the original mesh of every face."""
    offsets = np.cumsum([0] + [len(vertices_m) for vertices_m, _ in meshes])
    vertices_m = np.concatenate([vertices_m for vertices_m, _ in meshes])
    faces = np.concatenate([part + first for (_, part), first in zip(meshes, offsets)])
    owner = np.repeat(np.arange(len(meshes)), [len(part) for _, part in meshes])
    return vertices_m, faces, owner


def ray_visible(vertices_m, faces):
    """Mask of the faces whose centre is the first hit of a ray from the origin (Embree)."""
    mesh = trimesh.Trimesh(vertices_m, faces, process=False)
    centres_m = np.asarray(mesh.triangles_center)
    first = mesh.ray.intersects_first(np.zeros_like(centres_m), centres_m)
    return np.asarray(first) == np.arange(len(faces))


def one_antenna(radar):
    """Return the radar with one transmitter and one receiver at the origin."""
    array = AntennaArray(
        tx_positions_m=((0.0, 0.0, 0.0),),
        rx_positions_m=((0.0, 0.0, 0.0),),
        design_freq_hz=radar.array.design_freq_hz,
        gain_dbi=radar.array.gain_dbi,
    )
    return replace(radar, array=array, frame=replace(radar.frame, tx_order=(0,)))


def moving_point(radar, num_frames, at_m, velocity_mps=(0.0, 0.0, 0.0), at_s=None):
    """Return the positions [frame, node, 1, 3] of a point with constant velocity.

    The point is at `at_m` at the time `at_s`, by default at the start of the first frame.
    """
    times_s = burst_times_s(radar, num_frames)[..., None] - (0.0 if at_s is None else at_s)
    return (np.asarray(at_m) + times_s * np.asarray(velocity_mps))[:, :, None]
