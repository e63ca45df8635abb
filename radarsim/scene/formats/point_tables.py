"""Tables of 3-D points over time, and those in arrays, before columns are matched to a layout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.formats.smpl_parameters import RATE_KEYS, number_in

# Keys of arrays and of JSON values, in order of preference.
POINT_KEYS = (
    *("joints", "joints_3d", "keypoints", "keypoints_3d", "pose_keypoints_3d", "keypoint"),
    *("points", "points_m", "positions", "poses_3d", "markers", "landmarks", "pose_landmarks"),
)
CONFIDENCE_KEYS = (
    *("keypoint_confidence", "keypoint_scores"),
    *("confidence", "confidences", "conf", "scores", "score", "visibility"),
)
NAME_KEYS = ("names", "labels", "joint_names", "marker_names", "columns")
ID_KEYS = ("person_id", "id", "track_id", "person", "body_id")
KEYS = (*POINT_KEYS, *CONFIDENCE_KEYS, *NAME_KEYS, *RATE_KEYS)
# A confidence of at most this value is clipped to 1; a larger one is in percent.
_MAX_SCORE, _MAX_PERCENT = 10.0, 100.0
_SHAPE_HINT = "give [pose, joint, 3], [pose, joint, 4] with confidence, or [person, pose, joint, 3]"


@dataclass(frozen=True, eq=False)
class PointTable:
    """Points of one person, as stored in a file.

    Attributes:
        points: [pose, point, 3] in the file's unit and axes; NaN where missing.
        confidence: [pose, point], or None.
        names: names of the points; () if the file has none.
        rate_hz: poses per second; None if the file does not state it.
        unit: "m", "cm", "mm"; "" if the file does not state it.
        person: name of the person; "" for one person.
        notes: one line for each property that was inferred.
        rate_source: column and unit from which the rate was inferred; "" if it was not inferred.
    """

    points: np.ndarray
    confidence: np.ndarray | None = None
    names: tuple[str, ...] = ()
    rate_hz: float | None = None
    unit: str = ""
    person: str = ""
    notes: tuple[str, ...] = ()
    rate_source: str = ""


def tables_from_array(values: object, where: str, **known) -> list[PointTable]:
    """Points of each person in an array.

    Args:
        values: [pose, point, 3 or 4], [person, pose, point, 3 or 4], or [pose, 3 x point].
        where: name of the file, used in messages.
        known: other attributes of `PointTable`.

    Raises:
        InputError: the array has another shape or holds no numbers, or the confidence or the names
            do not fit the points.
    """
    values = _points_array(values, where)
    people = [values] if values.ndim == 3 else list(values)
    _check_names(known.get("names", ()), values.shape[-2], where)
    confidence = known.pop("confidence", None)
    if values.shape[-1] == 4:
        confidence = None  # the fourth column is the confidence
    confidence = _fitting_confidence(confidence, values.shape[:-1], where)
    tables = []
    for number, person in enumerate(people):
        own = confidence if confidence is None or values.ndim == 3 else confidence[number]
        own = person[..., 3] if person.shape[-1] == 4 else own
        label = str(number) if len(people) > 1 else known.get("person", "")
        tables.append(PointTable(person[..., :3], own, **{**known, "person": label}))
    return tables


def _points_array(values: object, where: str) -> np.ndarray:
    """Points [pose, point, 3 or 4] or [person, pose, point, 3 or 4] of an array."""
    values = np.asarray(values)
    if values.dtype.kind not in "fiu":
        raise InputError(where, "points", f"hold {values.dtype}, not numbers", _SHAPE_HINT)
    if values.ndim == 2 and values.shape[1] % 3 == 0 and values.shape[1] > 4:
        values = values.reshape(len(values), -1, 3)
    if values.ndim not in (3, 4) or values.shape[-1] not in (3, 4):
        if values.ndim in (3, 4) and values.shape[-1] == 2:
            hint = "triangulate the joints of two or more cameras first"
            raise InputError(where, "points", "are 2-D, but the fit needs 3-D", hint)
        raise InputError(where, "points", f"have shape {values.shape}", _SHAPE_HINT)
    return values.astype(np.float64)


def _check_names(names: Sequence[str], num_points: int, where: str) -> None:
    if names and len(names) != num_points:
        problem = f"{len(names)} names, but {num_points} points"
        raise InputError(where, "names", problem, "give one name per point")


def _fitting_confidence(confidence, shape: tuple[int, ...], where: str) -> np.ndarray | None:
    if confidence is None:
        return None
    confidence = np.asarray(confidence)
    # Arrays of one person often have the axis of people only in the points.
    shapes = [shape, shape[1:]] if shape[0] == 1 else [shape]
    fits = any(confidence.shape in (each, (*each, 1)) for each in shapes)
    if not fits or confidence.dtype.kind not in "fiub":
        problem = f"{confidence.dtype} of shape {confidence.shape}, but the points need {shape}"
        raise InputError(where, "confidence", problem, "give one number per pose and point")
    return confidence.reshape(shape).astype(np.float64)


def with_unit_confidence(tables: Sequence[PointTable], where: str) -> list[PointTable]:
    """Convert the confidence of all people to 0 to 1, as one scale applies to the whole file.

    Up to 1, values are kept; up to 10, values above 1 count as 1, because scores of some networks
    exceed 1; up to 100, they are percentages.

    Raises:
        InputError: values are above 100.
    """
    given = [table.confidence for table in tables if table.confidence is not None]
    finite = [each[np.isfinite(each)] for each in given]
    largest = max((float(each.max()) for each in finite if each.size), default=0.0)
    if largest <= 1:
        return list(tables)
    if largest > _MAX_PERCENT:
        problem = f"is up to {largest:.4g}"
        raise InputError(where, "confidence", problem, "give 0 to 1, or 0 to 100 in percent")
    factor, note = 1.0, f"confidence is up to {largest:.4g}: values above 1 count as 1"
    if largest > _MAX_SCORE:
        factor, note = 0.01, f"confidence is up to {largest:.4g}: divided by 100"
    return [
        table
        if table.confidence is None
        else replace(table, confidence=table.confidence * factor, notes=(*table.notes, note))
        for table in tables
    ]


def tables_from_arrays(arrays: Mapping[str, object], where: str) -> list[PointTable]:
    """Points in the arrays of an `.npz` file, found by the key constants of this module."""
    key = next((key for key in POINT_KEYS if key in arrays), None)
    if key is None:
        found = ", ".join(sorted(arrays)) or "no known key"
        problem = f"no array of joints (found {found})"
        raise InputError(where, "joints", problem, f"name the array {', '.join(POINT_KEYS[:3])}")
    confidence = next((np.asarray(arrays[k]) for k in CONFIDENCE_KEYS if k in arrays), None)
    names = next((np.ravel(arrays[k]) for k in NAME_KEYS if k in arrays), ())
    rate_hz = next((number_in(arrays[k]) for k in RATE_KEYS if k in arrays), None)
    names = tuple(str(name) for name in names)
    return tables_from_array(
        arrays[key], where, confidence=confidence, names=names, rate_hz=rate_hz
    )
