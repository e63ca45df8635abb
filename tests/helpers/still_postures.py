"""Scenes of the free body in a fixed posture that stands or glides at constant velocity."""

import numpy as np
from scipy.spatial.transform import Rotation

import radarsim as rs
from radarsim.scene.skeleton import JOINT

BODY = rs.free_body()
PELVIS_HEIGHT_M = 0.95
LEVEL = rs.RadarPose()
ARMS_DOWN = {"left_shoulder": (0, 0, -75), "right_shoulder": (0, 0, 75)}
# Shoulder and elbow angles for forearms in front of the belly.
ARMS_IN_FRONT = {
    **{"left_shoulder": (0, -30, -70), "left_elbow": (0, -100, 0)},
    **{"right_shoulder": (0, 30, 70), "right_elbow": (0, 100, 0)},
}


def posture(angles_deg=ARMS_DOWN, velocity_mps=(0.0, 0.0, 0.0), seconds=0.6, rate_hz=60.0):
    """Return the motion of a body in a fixed posture that glides at constant velocity.

    The body faces -y in world coordinates; a `Placement` turns the body.
    """
    count = round(seconds * rate_hz) + 1
    poses_rad = np.zeros((count, 24, 3))
    poses_rad[:, 0, 0] = np.pi / 2
    for name, degrees in angles_deg.items():
        poses_rad[:, JOINT[name]] = np.radians(degrees)
    way_m = np.arange(count)[:, None] / rate_hz * np.asarray(velocity_mps)
    return rs.Motion(
        poses_rad=poses_rad,
        transl_m=way_m + np.array([0, 0, PELVIS_HEIGHT_M]),
        rate_hz=rate_hz,
        shape_space="free",
    )


def standing(angles_deg=ARMS_DOWN, radar_pose=LEVEL, **placement):
    placed = rs.Placement(**placement)
    return rs.Scene([rs.Subject(posture(angles_deg), BODY, placed)], radar_pose)


def gliding(velocity_mps, radar_pose, at_m=(3.0, 0.0)):
    """Return a body that faces the radar and glides at a velocity given in radar axes."""
    turn = Rotation.from_rotvec([0, 0, np.arctan2(-at_m[1], -at_m[0]) + np.pi / 2])
    motion = posture(velocity_mps=turn.inv().apply(velocity_mps))
    placed = rs.Placement(distance_m=at_m[0], lateral_m=at_m[1])
    return rs.Scene([rs.Subject(motion, BODY, placed)], radar_pose)


def pelvis_height(scene):
    return rs.RadarPose(height_m=float(scene.subjects[0].motion.pelvis_m[0, 2]))
