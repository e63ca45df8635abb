"""Refuse settings of a description that have no effect on the kind of recording that it describes.

A setting that is read but not used would leave the axes or levels of a recording wrong without a
message. Names of windows are stored for every kind of recording, so they are always allowed.
"""

from collections.abc import Mapping

from radarsim.captures.array_description import ArrayDescription
from radarsim.errors import InputError

# Keys with an effect, by kind of recording and section. The sections of axes also need their axis.
_TRANSFORMS = {"range": ("fft_length", "first_bin"), "doppler": ("centred",)}
_LEVELS = {"map": ("values", "noise_db")}
CUBE: Mapping = _TRANSFORMS
MAGNITUDES: Mapping = _TRANSFORMS | _LEVELS
HEATMAP: Mapping = _LEVELS | {
    "time": ("period_s",),
    "speed": ("first_hz", "last_hz", "first_mps", "last_mps"),
    "range": ("first_m", "last_m"),
    "angle": ("first_deg", "last_deg"),
}
_NO_AXIS = ("map", "picture")
_SPEED_UNITS = (("first_hz", "last_hz"), ("first_mps", "last_mps"))


def check_settings_used(
    description: ArrayDescription, kind: Mapping, is_picture: bool = False
) -> None:
    """Check that every setting of a description has an effect.

    Args:
        description: description of the recording.
        kind: `CUBE`, `MAGNITUDES` or `HEATMAP`.
        is_picture: whether the recording is a picture.

    Raises:
        InputError: a setting has no effect; the message names it.
    """
    for section, table in description.sections.items():
        allowed = tuple(kind.get(section, ()))
        if section not in _NO_AXIS and section not in description.axes:
            allowed = ()
        if is_picture and section == "picture":
            allowed = tuple(table)
        for key in table:
            if key != "window" and key not in allowed:
                _refuse(description, f"{section}.{key}")
    if kind is CUBE:
        _check_scale(description)
    else:
        _check_levels(description)
    if kind is HEATMAP:
        _check_coordinates(description)


def _refuse(description: ArrayDescription, key: str, hint: str = "") -> None:
    problem = f"has no effect on a recording with axes {', '.join(description.axes)}"
    hint = hint or "remove it, or correct the axes"
    raise InputError(description.where, key, problem, hint)


def _check_scale(description: ArrayDescription) -> None:
    if description.scale != 1.0 and description.units == "unknown":
        problem = f"is {description.scale:g}, but values without units are scaled by their noise"
        hint = 'state units = "V" or "codes" of samples or spectra, or remove it'
        raise InputError(description.where, "scale", problem, hint)


def _check_levels(description: ArrayDescription) -> None:
    if description.units != "unknown":
        _refuse(description, "units", "remove it; [map] states values and noise_db")
    if description.scale != 1.0:
        _refuse(description, "scale", "remove it; [map] states values and noise_db")
    relative = description.get("map", "values", "relative") == "relative"
    if relative and description.get("map", "noise_db") is not None:
        problem = "has no effect on relative values"
        hint = 'state values = "dB", "power", "amplitude" or "log1p_amplitude" under [map]'
        raise InputError(description.where, "map.noise_db", problem, hint)


def _check_coordinates(description: ArrayDescription) -> None:
    if description.conjugate:
        hint = "exchange first_... and last_... of [speed] to reverse the speeds"
        _refuse(description, "conjugate", hint)
    given = [
        any(description.get("speed", key) is not None for key in pair) for pair in _SPEED_UNITS
    ]
    if all(given):
        problem = "gives the first and last centre in Hz and in m/s"
        raise InputError(description.where, "speed", problem, "give one of the two")
