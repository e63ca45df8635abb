"""Checks of IF cubes against the radar they are given with."""

from typing import Any

import numpy as np

from radarsim.array_checks import COMPLEX, NUMBERS, as_array, check_axes, check_finite, is_traced
from radarsim.errors import InputError
from radarsim.radar.config import Radar

CUBE_AXES = ("frame", "chirp", "tx", "rx", "sample")


def checked_cube(where: str, radar: Radar, cube_v: Any):
    """An IF cube in volts that fits a radar.

    Args:
        where: the function, for messages.
        radar: checked already.
        cube_v: as given.

    Raises:
        InputError: not complex volts, another shape than the radar's, or values not finite.
    """
    hint = "give complex volts; receiver.from_codes converts ADC codes"
    cube_v = as_array(where, "cube_v", cube_v, COMPLEX, hint)
    check_cube_axes(where, "cube_v", cube_v.shape, radar)
    check_finite(where, "cube_v", cube_v, CUBE_AXES, "look for damaged frames of the recording")
    if not is_traced(cube_v):
        _check_not_codes(where, radar, cube_v)
    return cube_v


def check_cube_axes(where: str, field: str, shape: tuple[int, ...], radar: Radar) -> None:
    """Check that the shape of an IF cube is that of a radar's frames.

    Raises:
        InputError: naming the axis that differs.
    """
    hint = (
        f"give frames of radar '{radar.name}'; for a part of its antennas, a Radar with "
        "AntennaArray.with_tx or with_rx"
    )
    check_axes(where, field, shape, cube_lengths(radar), hint)


def cube_lengths(radar: Radar) -> dict[str, int | None]:
    """Axes of a radar's IF cubes by name, and their lengths; None for any number of frames."""
    array = radar.array
    counts = (radar.frame.num_chirps, array.num_tx, array.num_rx, radar.chirp.num_samples)
    return dict(zip(CUBE_AXES, (None, *counts)))


def checked_codes(where: str, radar: Radar, cube: Any):
    """An IF cube in ADC codes that fits a radar: complex, or whole numbers with I and Q last.

    Args:
        where: the function, for messages.
        radar: checked already.
        cube: as given.

    Raises:
        InputError: volts, another shape than the radar's, values not finite or beyond 16 bits.
    """
    hint = "give complex ADC codes, or the int16 codes of receiver.to_codes"
    cube = np.asarray(as_array(where, "cube", cube, NUMBERS, hint))
    if np.iscomplexobj(cube):
        check_cube_axes(where, "cube", cube.shape, radar)
        check_finite(where, "cube", cube, CUBE_AXES, hint)
        _check_not_volts(where, cube)
        return cube
    lengths = cube_lengths(radar) | {"iq": 2}
    check_axes(where, "cube", cube.shape, lengths, hint)
    check_finite(where, "cube", cube, tuple(lengths), hint)
    codes = cube.astype(np.int16)
    if not np.array_equal(codes, cube):
        problem = f"of type {cube.dtype} holds values that are no 16-bit codes"
        raise InputError(where, "cube", problem, hint)
    return codes


def _check_not_volts(where: str, cube) -> None:
    """Refuse a cube that would become zeros, because every part of it is below half a code."""
    parts = np.abs(np.ascontiguousarray(cube).view(cube.real.dtype))
    largest = float(parts.max())
    if 0 < largest < 0.5:
        problem = f"holds values up to {largest:.3g}: volts, not ADC codes"
        raise InputError(where, "cube", problem, "divide by radar.receiver.adc_step_v")


def _check_not_codes(where: str, radar: Radar, cube_v) -> None:
    """Refuse ADC codes: whole numbers beyond the ADC's full scale, in all of the first frame."""
    first = np.ascontiguousarray(cube_v[0])
    parts = first.view(first.real.dtype)
    largest = float(np.abs(parts).max())
    if largest > max(1.0, radar.receiver.full_scale_v) and np.array_equal(parts, np.round(parts)):
        problem = f"holds whole numbers up to {largest:g}: ADC codes, not volts"
        hint = "multiply by radar.receiver.adc_step_v (Capture.volts_per_code)"
        raise InputError(where, "cube_v", problem, hint)
