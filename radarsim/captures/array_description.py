"""Description of an array that a radar recorded: axes, units, transforms, and what is unknown.

    radar = "hall.toml"          # radar file in the same folder, or the name of a board
    array = "mergedData"         # name of the array in the file, if there are several
    axes = ["frame", "chirp", "rx", "range"]
    units = "unknown"            # or V, codes (ADC codes)
    scale = 1.0                  # units per stored value
    conjugate = false            # true: I and Q of chirps are exchanged; speeds change sign
    unknown = ["sign of the speed"]     # stored with the unknowns that follow from the settings

    [range]                      # an axis `range`: spectra over the samples of a chirp
    fft_length = 256             # points of the transform; default: samples of the radar
    first_bin = 0                # number of the first bin that was kept
    window = "unknown"           # name of the window before the transform, or none

    [doppler]                    # an axis `doppler`: spectra over the chirps of a frame
    centred = true               # zero speed in the middle; false: in the first bin
    window = "unknown"

    [time]                       # heatmaps: an axis `time` with an axis speed, range or angle
    period_s = 0.128

    [speed]                      # or [range] with first_m, last_m; [angle] with first_deg, last_deg
    first_hz = -500.0            # centre of the first bin in Hz, or first_mps in m/s (receding > 0)
    last_hz = 500.0

    [map]
    values = "dB"                # or power, amplitude, log1p_amplitude, relative
    noise_db = 0.0               # level of the noise; default: estimated

    [picture]                    # a heatmap as a picture; columns are times if axes end with time
    colour_map = "viridis"
    rows = 128                   # rows and columns of the array before it was stretched
    columns = 156
    first_column = 1             # every second column, beginning with the second
    column_step = 2
    low = 0.0                    # value of the lowest and the highest colour
    high = 1.0

The axes determine the kind of recording. An IF cube has `chirp` or `doppler`, either `sample` or
`range` (neither for a radar without a sweep), and `frame`, `tx`, `rx`, `antenna` (all pairs, tx
first) and `iq` as required; axes of length 1 may be omitted. Heatmaps have `time` and one more
axis. Range-Doppler frames of real values become heatmaps. Settings that have no effect on the
recording are refused (`settings_used`), except for names of windows, which are only stored.
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from radarsim.checks import check_choice, checked_count, checked_number
from radarsim.errors import InputError
from radarsim.radar.toml_text import toml_text

CUBE_AXES = ("frame", "chirp", "doppler", "tx", "rx", "antenna", "sample", "range", "iq")
MAP_AXES = ("time", "speed", "range", "angle")
UNITS = ("V", "codes", "unknown")
MAP_VALUES = ("dB", "power", "amplitude", "log1p_amplitude", "relative")
_SECTIONS = {
    "range": ("fft_length", "first_bin", "window", "first_m", "last_m"),
    "doppler": ("centred", "window"),
    "time": ("period_s",),
    "speed": ("first_hz", "last_hz", "first_mps", "last_mps"),
    "angle": ("first_deg", "last_deg"),
    "map": ("values", "noise_db"),
    "picture": (
        "colour_map",
        "rows",
        "columns",
        "first_column",
        "column_step",
        "low",
        "high",
    ),
}
_TEXTS = ("window", "values", "colour_map")
_COUNTS = {"fft_length": 1, "first_bin": 0, "rows": 1, "columns": 1, "first_column": 0}
_COUNTS |= {"column_step": 1}


@dataclass(frozen=True, kw_only=True)
class ArrayDescription:
    """Meaning of a recorded array; the attributes are the keys of the file (see the module).

    Attributes:
        axes: names of the axes, in the order of the array.
        array, radar, units, scale, conjugate: keys of the file.
        unknown: what the user states as unknown.
        sections: tables of the file by name.
        where: file that contains the description, for messages.
    """

    axes: tuple[str, ...]
    array: str = ""
    radar: str = ""
    units: str = "unknown"
    scale: float = 1.0
    conjugate: bool = False
    unknown: tuple[str, ...] = ()
    sections: Mapping[str, Mapping] = field(default_factory=dict)
    where: str = field(default="description", compare=False)

    def __post_init__(self):
        where = self.where
        check_choice(where, "units", self.units, UNITS)
        scale = checked_number(where, "scale", self.scale, above=0.0)
        object.__setattr__(self, "scale", scale)
        if not isinstance(self.conjugate, bool):
            raise InputError(where, "conjugate", f"is {self.conjugate!r}", "give true or false")
        _check_axes(where, self.axes)
        for name, table in self.sections.items():
            _check_section(where, name, table)
        check_choice(where, "map.values", self.get("map", "values", "relative"), MAP_VALUES)

    @property
    def is_map(self) -> bool:
        """Whether the array is a heatmap."""
        return "time" in self.axes

    def get(self, section: str, key: str, default=None):
        """Return a setting of a section, or `default` if the setting is not given."""
        return self.sections.get(section, {}).get(key, default)

    @property
    def unknowns(self) -> tuple[str, ...]:
        """List all unknowns: the entries of the user, and the settings that are not given."""
        found = list(self.unknown)
        windows = [
            f"window of the {axis} transform"
            for axis in ("range", "doppler")
            if axis in self.axes and self.get(axis, "window", "unknown") == "unknown"
        ]
        if self.is_map or "map" in self.sections:
            if self.get("map", "values", "relative") == "relative":
                found.append("level: the values of each heatmap are relative")
            elif self.get("map", "noise_db") is None:
                found.append("level: estimated, the median of each heatmap is 0 dB")
            return tuple(found if self.is_map else found + windows)
        if self.units == "unknown":
            found.append("level: estimated, so that the noise floor is that of the radar")
        return tuple(found + windows)

    def as_table(self) -> dict:
        """All settings, for the attributes of a store."""
        names = ("axes", "array", "units", "scale", "conjugate")
        table = {name: getattr(self, name) for name in names} | {"unknown": list(self.unknowns)}
        return {**table, "axes": list(self.axes), **{k: dict(v) for k, v in self.sections.items()}}

    def dump(self) -> str:
        """TOML text that `parse_description` reads back."""
        table = {**self.as_table(), "unknown": list(self.unknown)}
        return toml_text(table | ({"radar": self.radar} if self.radar else {}))


def parse_description(text: str, where: str, **changes) -> ArrayDescription:
    """Parse a description.

    Args:
        text: TOML text as in the module docstring; "" if everything is in `changes`.
        where: name of the file, for messages.
        changes: values that replace top-level keys of the file; None and () change nothing.

    Raises:
        InputError: a setting is unknown, missing or out of range, or the axes contradict each
            other.
    """
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        hint = 'write name = value; text in "quotes", axes = ["frame", "chirp"]'
        raise InputError(where, "TOML", f"cannot be read ({error})", hint) from None
    tables |= {key: value for key, value in changes.items() if value not in (None, ())}
    keys = [
        each.name for each in fields(ArrayDescription) if each.name not in ("sections", "where")
    ]
    sections = {name: tables.pop(name) for name in _SECTIONS if name in tables}
    for key in tables:
        if key not in keys:
            raise InputError(where, key, "is not known", _suggest(key, (*keys, *_SECTIONS)))
    if "axes" not in tables:
        hint = "name all axes of the array in order, such as --axes frame,chirp,rx,sample"
        raise InputError(where, "axes", "are not given", hint)
    lists = {
        key: _texts(where, key, tables.pop(key)) for key in ("axes", "unknown") if key in tables
    }
    for key in ("array", "radar"):
        if not isinstance(tables.get(key, ""), str):
            raise InputError(where, key, f"is {tables[key]!r}", "put it in quotes")
    return ArrayDescription(**tables, **lists, sections=sections, where=where)


def _check_axes(where: str, axes: tuple[str, ...]) -> None:
    known = MAP_AXES if "time" in axes else CUBE_AXES
    for axis in axes:
        if axis not in known:
            hint = (
                f"{_suggest(axis, known)}; heatmaps have time and one of {', '.join(MAP_AXES[1:])}"
            )
            raise InputError(where, "axes", f"contain {axis!r}, which is not an axis name", hint)
    if len(set(axes)) != len(axes):
        raise InputError(where, "axes", f"{', '.join(axes)}: one is named twice", "correct them")
    if "time" in axes and len(axes) != 2:
        problem = f"are {', '.join(axes)}; a heatmap has two"
        raise InputError(where, "axes", problem, "give time and one of speed, range, angle")
    for pair in (("chirp", "doppler"), ("sample", "range"), ("antenna", "tx"), ("antenna", "rx")):
        if set(pair) <= set(axes):
            problem = f"contain {pair[0]} and {pair[1]}, which exclude each other"
            raise InputError(where, "axes", problem, "name the axis of the stored values")
    if "iq" in axes and axes[-1] != "iq":
        raise InputError(where, "axes", "have iq in the middle", "only the last axis may be iq")


def _check_section(where: str, name: str, table) -> None:
    if not isinstance(table, Mapping):
        raise InputError(where, name, f"is {table!r}, not a section", f"write [{name}]")
    for key, value in table.items():
        place = f"{name}.{key}"
        if key not in _SECTIONS[name]:
            raise InputError(where, place, "is not known", _suggest(key, _SECTIONS[name]))
        if key in _TEXTS:
            if not isinstance(value, str):
                raise InputError(where, place, f"is {value!r}, not text", "put it in quotes")
        elif key == "centred":
            if not isinstance(value, bool):
                raise InputError(where, place, f"is {value!r}", "give true or false")
        elif key in _COUNTS:
            checked_count(where, place, value, _COUNTS[key])
        else:
            checked_number(where, place, value, above=0.0 if key == "period_s" else None)


def _texts(where: str, key: str, value) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(each, str) for each in value):
        raise InputError(where, key, f"is {value!r}", f'write {key} = ["frame", "chirp"]')
    return tuple(value)


def _suggest(name: str, known) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"use {', '.join(known)}"
