"""Check IF cubes against the radar with which they were recorded or simulated."""

from typing import Any

import numpy as np

from radarsim.array_checks import COMPLEX, NUMBERS, as_array, check_axes, check_finite, is_traced
from radarsim.errors import InputError
from radarsim.radar.radar import Radar

CUBE_AXES = ("frame", "chirp", "tx", "rx", "sample")


def checked_cube(where: str, radar: Radar, cube_v: Any):
    """Check that an IF cube in volts fits a radar, and return it as an array.

    Args:
        where: name of the function, for messages.
        radar: radar that has been checked.
        cube_v: cube to be checked.

    Raises:
        InputError: the cube is not in complex volts, does not have the radar's shape, or has values
            that are not finite.
    """
    hint = "give complex volts; noise_and_adc.from_codes converts ADC codes"
    cube_v = as_array(where, "cube_v", cube_v, COMPLEX, hint)
    check_cube_axes(where, "cube_v", cube_v.shape, radar)
    check_finite(where, "cube_v", cube_v, CUBE_AXES, "look for damaged frames of the recording")
    if not is_traced(cube_v):
        _check_not_codes(where, radar, cube_v)
    return cube_v


def check_cube_axes(where: str, field: str, shape: tuple[int, ...], radar: Radar) -> None:
    """Check that the shape of an IF cube matches a radar's frames.

    Raises:
        InputError: the shape differs; the message names the axis.
    """
    hint = (
        f"give frames of radar '{radar.name}'; for a part of its antennas, a Radar with "
        "AntennaArray.with_tx or with_rx"
    )
    check_axes(where, field, shape, cube_lengths(radar), hint)


def cube_lengths(radar: Radar) -> dict[str, int | None]:
    """Names and lengths of the axes of a radar's IF cubes; None for any number of frames."""
    array = radar.array
    counts = (radar.frame.num_chirps, array.num_tx, array.num_rx, radar.chirp.num_samples)
    return dict(zip(CUBE_AXES, (None, *counts)))


def checked_codes(where: str, radar: Radar, cube: Any):
    """Check that an IF cube in ADC codes (complex, or integers with a last axis I, Q) fits a radar.

    Args:
        where: name of the function, for messages.
        radar: radar that has been checked.
        cube: cube to be checked.

    Raises:
        InputError: the cube is in volts, does not have the radar's shape, has values that are not
            finite, or has I and Q values that are not 16-bit whole numbers.
    """
    hint = "give complex ADC codes, or the int16 codes of noise_and_adc.to_codes"
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
        problem = f"of type {cube.dtype} contains values that are not 16-bit codes"
        raise InputError(where, "cube", problem, hint)
    return codes


def _check_not_volts(where: str, cube) -> None:
    """Reject a cube whose values are all below half a code, because they would round to zero."""
    parts = np.abs(np.ascontiguousarray(cube).view(cube.real.dtype))
    largest = float(parts.max())
    if 0 < largest < 0.5:
        problem = f"holds values up to {largest:.3g}: volts, not ADC codes"
        raise InputError(where, "cube", problem, "divide by radar.receiver.adc_step_v")


def _check_not_codes(where: str, radar: Radar, cube_v) -> None:
    """Reject a cube in ADC codes: whole numbers, some of which exceed the full scale in volts."""
    first = np.ascontiguousarray(cube_v[0])
    parts = first.view(first.real.dtype)
    largest = float(np.abs(parts).max())
    if largest > max(1.0, radar.receiver.full_scale_v) and np.array_equal(parts, np.round(parts)):
        problem = f"holds whole numbers up to {largest:g}: ADC codes, not volts"
        hint = "multiply by radar.receiver.adc_step_v (Capture.volts_per_code)"
        raise InputError(where, "cube_v", problem, hint)
