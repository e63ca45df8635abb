"""Trajectories of feet that stand at their home position, are placed elsewhere, or follow a path.

A foot is described by its ankle position, yaw and pitch. The foot rotates about its ball when the
heel is up and about its heel when the toes are up; the pivot does not move during a contact. The
toes lie flat on the floor while the ball carries the load.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator

from builders.activities.curves import flow, minimum_jerk, unit_bump
from builders.activities.joint_angles import rotation
from builders.activities.movement import Gait, Stance
from builders.activities.skeleton import SIDES, Skeleton

PIVOT_DEG = 7.0  # pitch range over which the pivot moves between heel and ball
ROLLING_MPS = 1.2  # lowest walking speed at which the foot rolls fully from heel to toe
BEHIND_M = 0.03  # distance from the ankle forward to mid-foot; the hip passes over mid-foot
ROUND_M_PER_RAD = 0.05  # sideways detour of the swinging foot around the standing foot in a turn
STEP_M = 0.15  # shortest step before a stop in which the foot is still lifted to full height
STANDING_WIDTH = 0.22  # distance between the ankles [leg lengths]
_Y, _Z = np.eye(3)[1:]

# Heel and toe elevation of a walker over the gait cycle, starting at heel strike [degrees].
# Source: Winter, "Biomechanics and Motor Control of Human Movement", 4th ed., table A.3.
WALKING_DUTY = 0.62
HEEL_UP_DEG = flow(
    *((0.0, 0), (0.3, 0), (0.42, 8), (0.51, 24), (0.62, 60), (0.67, 65), (0.78, 24), (0.9, 0))
)
TOES_UP_DEG = flow((0.0, 20), (0.09, 0), (0.78, 0), (0.96, 20))


@dataclass(frozen=True, eq=False)
class FootTrajectory:
    """Trajectory of one foot.

    Attributes:
        ankle_m: ankle position [pose, 3].
        yaw_rad: direction of the toes [pose].
        pitch_deg: foot pitch, positive with the heel up [pose].
        toes_deg: upward flexion of the toes [pose].
        load_off: fraction of the load that is taken off the foot [pose].
        contact: whether the foot stands on the floor [pose].
    """

    ankle_m: np.ndarray
    yaw_rad: np.ndarray
    pitch_deg: np.ndarray
    toes_deg: np.ndarray
    load_off: np.ndarray
    contact: np.ndarray


def rolled_ankle_m(skeleton: Skeleton, side: int, print_m, yaw_rad, pitch_deg) -> np.ndarray:
    """Compute the ankle position of a foot that is pitched about its ball or heel.

    Args:
        skeleton: skeleton with the positions of heel and ball.
        side: 0 left, 1 right.
        print_m: floor projection of the ankle when the foot is flat [pose, 2].
        yaw_rad, pitch_deg: orientation of the foot [pose].

    Returns:
        Ankle positions [pose, 3] in metres.
    """
    ball, heel = skeleton.ball_m[side], skeleton.heel_m[side]
    # The pivot moves gradually over a few degrees of pitch, to avoid a jerk of the leg.
    forward = minimum_jerk(pitch_deg[:, None] / PIVOT_DEG / 2 + 0.5)
    pivot = heel + forward * (ball - heel)
    raised = pivot - np.einsum("pij,pj->pi", rotation(_Y, pitch_deg), pivot)
    # The skin of flexed toes bulges below their joint.
    raised[:, 2] += 0.014 * np.sin(np.deg2rad(np.maximum(pitch_deg, 0))) ** 2 - ball[2]
    ankle_m = np.einsum("pij,pj->pi", rotation(_Z, np.rad2deg(yaw_rad)), raised)
    ankle_m[:, :2] += print_m
    return ankle_m


def standing_feet(skeleton: Skeleton, stance: Stance, series, turnout_deg) -> list[FootTrajectory]:
    """Trajectories of standing feet: the foot channels are added to the home position.

    Args:
        skeleton: skeleton of the performer.
        stance: home position of the feet.
        series: value of every channel [pose].
        turnout_deg: toe-out angle of the performer.
    """
    feet = []
    for side, name in enumerate(SIDES):
        of = {key: series[f"{name}.foot.{key}"] for key in _FOOT_KEYS}
        out = 1 - 2 * side
        width_m = STANDING_WIDTH * skeleton.leg_m * stance.width
        home = np.array([out * stance.left_ahead_m / 2, out * width_m / 2])
        print_m = home + np.stack([of["ahead"], out * of["out"]], axis=-1)
        yaw_rad = out * np.deg2rad(of["turn"] + stance.turnout_deg + turnout_deg)
        ankle_m = rolled_ankle_m(skeleton, side, print_m, yaw_rad, of["pitch"])
        ankle_m[:, 2] += of["lift"]
        grounded = 1 - minimum_jerk(of["lift"] / 0.1)
        toes_deg = np.maximum(of["pitch"], 0) * grounded
        moves = np.abs(np.gradient(print_m, axis=0)).max(axis=1) > 1e-6
        contact = (of["lift"] < 1e-4) & (of["free"] < 1e-4) & ~moves
        load_off = np.clip(of["load"], 0, 1)
        feet.append(FootTrajectory(ankle_m, yaw_rad, of["pitch"], toes_deg, load_off, contact))
    return feet


def stepping_feet(
    skeleton: Skeleton, gait: Gait, times_s, phase, turnout_deg
) -> tuple[list[FootTrajectory], np.ndarray, np.ndarray]:
    """Foot trajectories along a path, with each footprint below the body at mid-stance.

    Args:
        skeleton: skeleton of the performer.
        gait: step parameters and path.
        times_s: time of each pose.
        phase: gait phase of each pose [cycles]; the left foot lands at integers.
        turnout_deg: toe-out angle of the performer.

    Returns:
        Foot trajectories, path position below the body [pose, 2], and path heading [pose].
    """
    path_m, heading_rad = gait.path(times_s)
    planner = _StepPlanner(skeleton, gait, times_s, phase, 0.4 * turnout_deg)
    feet = [planner.trajectory(side) for side in (0, 1)]
    sway_m = gait.sway_m * np.cos(2 * np.pi * (phase - gait.duty / 2))
    if gait.rests:
        sway_m = sway_m * moving_share(gait, times_s)
    leftward = np.stack([-np.sin(heading_rad), np.cos(heading_rad)], axis=-1)
    return feet, path_m + sway_m[:, None] * leftward, heading_rad


def moving_share(gait: Gait, times_s) -> np.ndarray:
    """Weight [pose] that is 1 while the path moves or turns, and 0 while the path rests."""
    around_s = 0.15
    there_m, there_rad = gait.path(times_s + around_s)
    here_m, here_rad = gait.path(times_s - around_s)
    speed_mps = np.linalg.norm(there_m - here_m, axis=1) / (2 * around_s)
    turning = np.abs(there_rad - here_rad) / (2 * around_s)
    return minimum_jerk((speed_mps + 0.2 * turning) / 0.35)


class _StepPlanner:
    """Planner for the step timing and foot roll of both feet in one walk."""

    def __init__(self, skeleton, gait, times_s, phase, turnout_deg):
        self.skeleton, self.gait, self.times_s, self.phase = skeleton, gait, times_s, phase
        self.turnout_rad = np.deg2rad(turnout_deg)
        self.time_at = PchipInterpolator(phase, times_s, extrapolate=True)
        self.phase_at = PchipInterpolator(times_s, phase, extrapolate=True)

    def pitch_deg(self, landing, phase):
        """Pitch of the foot in the stance that starts at `landing` and in the following swing.

        The roll is smaller at low speed: 30 % of `gait.roll` on the spot, backwards and sideways.
        """
        share = np.clip(phase - landing, 0, 1)
        # A smooth time warp maps this gait's toe-off to the toe-off of Winter's walker.
        like_walking = PchipInterpolator([0.0, self.gait.duty, 1.0], [0.0, WALKING_DUTY, 1.0])
        since = (share - self.gait.duty) / (1 - self.gait.duty)
        here, there = self.roll(landing), self.roll(landing + 1)
        roll = here + (there - here) * minimum_jerk(since)
        walker = like_walking(share)
        rolled = HEEL_UP_DEG.at(walker) - self.gait.heel_strike * TOES_UP_DEG.at(walker)
        droop_deg = self.gait.droop_deg * self.moving(landing + (1 + self.gait.duty) / 2)
        return roll * rolled + droop_deg * unit_bump(since)

    def moving(self, phase):
        """Weight that is 0 in pauses and 1 otherwise; always 1 if `gait.rests` is False."""
        if not self.gait.rests:
            return 1.0
        return float(moving_share(self.gait, np.atleast_1d(self.time_at(phase)))[0])

    def roll(self, landing):
        """Scale factor of the foot roll: `gait.roll` in a brisk walk, less at low speed."""
        middle_s = float(self.time_at(landing + self.gait.duty / 2))
        places_m, headings_rad = self.gait.path(middle_s + np.array([-0.05, 0.05]))
        ahead = np.array([np.cos(headings_rad[0]), np.sin(headings_rad[0])])
        speed_mps = (places_m[1] - places_m[0]) @ ahead / 0.1
        least = 0.3 * self.moving(landing + self.gait.duty / 2)
        return self.gait.roll * (least + (1 - least) * minimum_jerk(speed_mps / ROLLING_MPS))

    def stance(self, side, landing, times_s):
        """Ankle position and yaw during the stance that starts at phase `landing`."""
        middle_s = self.time_at(landing + self.gait.duty / 2)
        path_m, heading_rad = self.gait.path(np.atleast_1d(middle_s))
        out = 1 - 2 * side
        aside_m = out * STANDING_WIDTH * self.skeleton.leg_m * self.gait.width / 2
        print_m = path_m[0] + aside_m * np.array([-np.sin(heading_rad[0]), np.cos(heading_rad[0])])
        ahead = np.array([np.cos(heading_rad[0]), np.sin(heading_rad[0])])
        print_m = print_m - BEHIND_M * self.roll(landing) * ahead
        yaw_rad = np.full(len(times_s), heading_rad[0] + out * self.turnout_rad)
        pitch_deg = self.pitch_deg(landing, self.phase_at(times_s))
        return rolled_ankle_m(self.skeleton, side, print_m, yaw_rad, pitch_deg), yaw_rad

    def trajectory(self, side):
        """Trajectory of one foot over the whole walk, with alternating stance and swing phases."""
        num, offset = len(self.times_s), 0.5 * side
        ankle_m, yaw_rad, pitch_deg = np.zeros((num, 3)), np.zeros(num), np.zeros(num)
        share = np.mod(self.phase - offset, 1.0)
        cycle = np.floor(self.phase - offset)
        stands = share < self.gait.duty
        for landing in np.unique(cycle):
            here = cycle == landing
            pitch_deg[here] = self.pitch_deg(landing + offset, self.phase[here])
            here = stands & (cycle == landing)
            ankle_m[here], yaw_rad[here] = self.stance(side, landing + offset, self.times_s[here])
            here = ~stands & (cycle == landing)
            ankle_m[here], yaw_rad[here] = self.swing(side, landing + offset, self.times_s[here])
        carried = np.where(stands, 1.0, 1 - minimum_jerk((share - self.gait.duty) / 0.22))
        toes_deg = np.clip(pitch_deg, 0, 65) * carried
        # The swinging leg also limits the pelvis height, because the pelvis is low at landing.
        return FootTrajectory(ankle_m, yaw_rad, pitch_deg, toes_deg, np.zeros(num), stands)

    def swing(self, side, landing, times_s):
        """Ankle position and yaw during a swing; the end velocities match the adjacent stances."""
        ends = (
            self.stance_end(side, landing, landing + self.gait.duty, -1e-3),
            self.stance_end(side, landing + 1, landing + 1, 1e-3),
        )
        (start_s, end_s), ankles_m, velocities_mps, (start_rad, end_rad) = zip(*ends)
        ankle_m = CubicHermiteSpline((start_s, end_s), ankles_m, velocities_mps)(times_s)
        s = (times_s - start_s) / (end_s - start_s)
        yaw_rad = start_rad + (end_rad - start_rad) * minimum_jerk(s)
        turn_rad = abs(end_rad - start_rad)
        raised = unit_bump(s)
        if self.gait.rests:
            step_m = np.linalg.norm(ankles_m[1] - ankles_m[0]) + 0.2 * turn_rad
            raised = raised * minimum_jerk(step_m / STEP_M)
        ankle_m[:, 2] += self.gait.lift_m * raised
        trail_m = self.gait.trail_m * raised
        aside_m = (1 - 2 * side) * (0.008 + ROUND_M_PER_RAD * turn_rad) * raised
        ankle_m[:, 0] -= aside_m * np.sin(yaw_rad)
        ankle_m[:, 1] += aside_m * np.cos(yaw_rad)
        ankle_m[:, 0] -= trail_m * np.cos(yaw_rad)
        ankle_m[:, 1] -= trail_m * np.sin(yaw_rad)
        return ankle_m, yaw_rad

    def stance_end(self, side, landing, phase, inward_s):
        """Time, ankle position, velocity and yaw at the start or end of one stance.

        Args:
            side: 0 left, 1 right.
            landing: phase at which the stance starts.
            phase: phase of this start or end of the stance.
            inward_s: small time step from `phase` into the stance, used to compute the velocity.
        """
        end_s = float(self.time_at(phase))
        near_s = np.array([end_s + inward_s, end_s + inward_s / 100])
        ankles_m, yaw_rad = self.stance(side, landing, near_s)
        velocity_mps = (ankles_m[1] - ankles_m[0]) / (-0.99 * inward_s)
        return end_s, ankles_m[1], velocity_mps, yaw_rad[0]


_FOOT_KEYS = ("ahead", "out", "lift", "pitch", "turn", "free", "load")
