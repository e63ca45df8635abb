"""Assign the points of a frame to the tracks of people or of single-point targets."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import linear_sum_assignment

from radarsim.detection.target_points import COLUMN, wrapped
from radarsim.detection.track_state import AZIMUTH_ERROR_RAD, TrackState

# Standard deviations of a person's points about the torso; limbs are offset from the torso and move
# faster.
BODY_RANGE_M, BODY_CROSS_M, BODY_SPEED_MPS = 0.25, 0.25, 1.0
GATE = 3.0  # Largest distance of a point from its track, in standard deviations.
# Gate of single-point targets: largest differences in range and in speed between two frames.
GATE_M, GATE_MPS = 0.5, 1.5
UNASSIGNED = 2.0  # Cost of leaving a point without a track, relative to the gate.
# The gate widens with the uncertainty of the predicted position up to this limit only. Otherwise, a
# track without points would soon take over the points of other people.
MOST_UNCERTAIN_M = 0.35
# A track with at most this many entries may have been started with an aliased speed.
YOUNG_ENTRIES = 3
UNRESOLVED_M = 0.8  # distance below which the echoes of two people share range cells


def person_owners(
    live: Sequence[TrackState], values: Float[np.ndarray, "point value"], max_speed_mps: float
) -> Int[np.ndarray, " point"]:
    """Index of the track nearest to each point; -1 if no track is near enough.

    Args:
        live: tracks, predicted to the time of the frame.
        values: points of the frame, in the order of `POINT_VALUES`.
        max_speed_mps: unambiguous speed of the radar [m/s].
    """
    if not live or not len(values):
        return np.full(len(values), -1)
    away = np.stack([_distance(one, values, max_speed_mps) for one in live])
    nearest = away.argmin(0)
    return np.where(away.min(0) <= GATE, nearest, -1)


def single_owners(
    live: Sequence[TrackState], values: Float[np.ndarray, "point value"], max_speed_mps: float
) -> Int[np.ndarray, " point"]:
    """Index of the track of each point; each track gets at most one point, and other points get -1.

    The assignment minimises the total distance; the arguments are those of `person_owners`.

    If the strongest point were assigned first, a flickering wall could take over the track of a
    person who walks past it.
    """
    owner = np.full(len(values), -1)
    if live and len(values):
        away = np.stack([_single_distance(one, values, max_speed_mps) for one in live])
        rows, columns = linear_sum_assignment(np.where(away <= 1, away, UNASSIGNED))
        near = away[rows, columns] <= 1
        owner[columns[near]] = rows[near]
    return owner


def _single_distance(one: TrackState, values, max_speed_mps) -> np.ndarray:
    """Distance of each point from the prediction, relative to the gate.

    The last measured range serves as a second prediction, because the measured speed of an aliased
    target does not predict its range.
    """
    range_m = values[:, COLUMN["range_m"]]
    last = one.entries[-1]
    step_s = one.time_s - last.time_s
    expected_m = (
        np.linalg.norm(one.mean[:2]),
        last.range_m,
        last.range_m + last.speed_mps * step_s,
    )
    near_m = np.min([np.abs(range_m - each_m) for each_m in expected_m], axis=0)
    change_mps = wrapped(values[:, COLUMN["speed_mps"]] - last.speed_mps, max_speed_mps)
    return np.maximum(near_m / GATE_M, np.abs(change_mps) / GATE_MPS)


def _distance(one: TrackState, values, max_speed_mps) -> np.ndarray:
    """Distance of each point from the predicted torso, in standard deviations."""
    range_m, azimuth_rad = np.linalg.norm(one.mean[:2]), np.arctan2(one.mean[1], one.mean[0])
    sight, across = one.mean[:2] / range_m, one.mean[[1, 0]] * [-1, 1] / range_m
    position = one.covariance[:2, :2]
    range_sd = np.hypot(BODY_RANGE_M, _limited_m(sight @ position @ sight))
    cross_sd = np.hypot(BODY_CROSS_M, _limited_m(across @ position @ across))
    cross_sd = np.hypot(cross_sd, AZIMUTH_ERROR_RAD * range_m)
    turn_rad = np.nan_to_num(values[:, COLUMN["azimuth_rad"]]) - azimuth_rad
    radial_mps = sight @ one.mean[2:]
    speed_sd = np.hypot(BODY_SPEED_MPS, np.sqrt(sight @ one.covariance[2:, 2:] @ sight))
    terms = (
        (values[:, COLUMN["range_m"]] - range_m) / range_sd,
        range_m * np.sin(turn_rad) / cross_sd,
        wrapped(values[:, COLUMN["speed_mps"]] - radial_mps, max_speed_mps) / speed_sd,
    )
    return np.sqrt(sum(term**2 for term in terms))


def _limited_m(variance_m2: float) -> float:
    return min(np.sqrt(variance_m2), MOST_UNCERTAIN_M)


def with_likely_speed(
    one: TrackState, values: Float[np.ndarray, "point value"], max_speed_mps: float
) -> TrackState:
    """Change the Doppler ambiguity of a young track if no point is near its predicted position.

    A target at 1.2 times the unambiguous speed is measured at -0.8 times that speed. The chosen
    ambiguity is the one whose prediction has the most points nearby.

    Args:
        one: track, predicted to the time of the frame.
        values: points of the frame, in the order of `POINT_VALUES`.
        max_speed_mps: unambiguous speed of the radar [m/s].
    """
    if len(one.entries) >= YOUNG_ENTRIES or not len(values):
        return one
    states = [one.with_more_speed(2 * fold * max_speed_mps) for fold in (0, 1, -1)]
    counts = [(_distance(state, values, max_speed_mps) <= GATE).sum() for state in states]
    return one if counts[0] else states[int(np.argmax(counts))]


def unresolved(live: Sequence[TrackState]) -> Bool[np.ndarray, " track"]:
    """Whether another person is so close to each track that their echoes share range cells."""
    place_m = np.array([one.mean[:2] for one in live]).reshape(-1, 2)
    apart_m = np.linalg.norm(place_m[:, None] - place_m, axis=-1)
    return (apart_m + np.diag(np.full(len(live), np.inf)) < UNRESOLVED_M).any(1)
