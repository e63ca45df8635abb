"""Heatmaps that were recorded without their IF samples: arrays, pictures, range-Doppler magnitudes.

Values are converted to dB above the noise. If the noise level of the values is not stated, it is
their median over the first part of the file, because most cells of a heatmap contain only noise.
Relative values (such as pictures in which every clip is scaled by itself) are kept as they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
from jaxtyping import Float

from radarsim.captures.array_description import ArrayDescription
from radarsim.captures.recording import BLOCK_BYTES
from radarsim.captures.stored_arrays import StoredArray
from radarsim.errors import InputError
from radarsim.radar.radar import Radar

# Axis of a heatmap: name of the heatmap, and name of the coordinate.
MAP_OF_AXIS = {"speed": "time_doppler", "range": "time_range", "angle": "time_angle"}
COORDINATE = {"speed": "speed_mps", "range": "range_m", "angle": "angle_rad"}
# Before the logarithm is taken, powers are limited to at least this fraction of the largest power
# of a heatmap.
_LEAST_POWER = 1e-15


@dataclass(frozen=True, kw_only=True, eq=False)
class RecordedMaps:
    """Heatmaps of one recording, read on request.

    Attributes:
        name: path of the file, for messages.
        radar: radar that recorded them.
        axes: coordinate of each axis: `speed_mps` (receding positive), `range_m`, `angle_rad`.
        num_columns: number of columns.
        column_period_s: time from one column to the next [s]; the first column is at time zero.
        units: "dB" (above the noise), or "1" for relative values.
        read: function of the first column and the column after the last one, which returns the
            heatmaps [time, bin] by name, such as `time_doppler`.
        notes: remarks about the file for the user.
    """

    name: str
    radar: Radar
    axes: Mapping[str, np.ndarray]
    num_columns: int
    column_period_s: float
    units: str
    read: Callable[[int, int], dict[str, np.ndarray]]
    notes: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Duration of all columns [s]."""
        return self.num_columns * self.column_period_s


def is_recorded_map(array: StoredArray, description: ArrayDescription) -> bool:
    """Whether an array holds heatmaps or magnitudes, from which no IF samples can be recovered."""
    magnitudes = "doppler" in description.axes and "iq" not in description.axes
    return description.is_map or (magnitudes and not array.is_complex)


def map_recording(
    array: StoredArray, description: ArrayDescription, radar: Radar, is_real: bool = False
) -> RecordedMaps:
    """Open an array of heatmaps, or of range-Doppler magnitudes, as heatmaps.

    Args:
        array: array of real values.
        description: axes of the array and kind of its values.
        radar: radar that recorded it.
        is_real: whether the radar has one real ADC per receiver, with 2 N samples for the N complex
            samples of `radar`; `fft_length` of magnitudes then counts real samples.

    Raises:
        InputError: the axes do not fit the array or the radar, a coordinate is not stated, or the
            values cannot be converted.
    """
    if len(array.shape) != len(description.axes):
        problem = f"has axes of lengths {array.shape}; {len(description.axes)} are named: "
        problem += ", ".join(description.axes)
        raise InputError(array.path, "axes", problem, "name every axis in the array's order")
    if array.is_complex:
        hint = 'store magnitudes, and state values = "amplitude" under [map]'
        raise InputError(array.path, "array", "contains complex values, not a heatmap", hint)
    if description.is_map:
        return _ready_map(array, description, radar)
    return _magnitudes(array, description, radar, is_real)


def _ready_map(array, description, radar) -> RecordedMaps:
    axis = next(name for name in description.axes if name != "time")
    time_axis = description.axes.index("time")
    period_s = description.get("time", "period_s")
    if period_s is None:
        hint = "state the time between two columns: [time] period_s = 0.1"
        raise InputError(description.where, "time.period_s", "is not given", hint)
    bins = _coordinates(description, radar, axis, array.shape[1 - time_axis])
    falls = len(bins) > 1 and bins[0] > bins[-1]

    def read_stored(start: int, stop: int) -> np.ndarray:
        part = [slice(None), slice(None)]
        part[time_axis] = slice(start, stop)
        values = array.read(tuple(part)).astype(np.float64)
        values = values if time_axis == 0 else values.T
        return values[:, ::-1] if falls else values

    return _converted(
        array,
        description,
        radar,
        axes={COORDINATE[axis]: bins[::-1] if falls else bins},
        num_columns=array.shape[time_axis],
        column_period_s=period_s,
        read=lambda start, stop: {MAP_OF_AXIS[axis]: read_stored(start, stop)},
    )


def _magnitudes(array, description, radar, is_real: bool) -> RecordedMaps:
    """Mean power over ranges, speeds and antennas of range-Doppler frames."""
    _check_magnitudes(array, description, radar)
    axes, lengths = description.axes, dict(zip(description.axes, array.shape))

    def read(start: int, stop: int) -> dict[str, np.ndarray]:
        part = tuple(slice(start, stop) if axis == "frame" else slice(None) for axis in axes)
        power = _power(description, array.read(part).astype(np.float64))
        power = np.moveaxis(
            power, [axes.index(a) for a in ("frame", "doppler", "range")], (0, 1, 2)
        )
        power = power.reshape(*power.shape[:3], -1).mean(-1)
        if not description.get("doppler", "centred", True):
            power = np.fft.fftshift(power, axes=1)
        if description.conjugate:
            power = np.take(
                power, np.arange(2 * centre, 2 * centre - power.shape[1], -1), 1, mode="wrap"
            )
        return {"time_doppler": power.mean(2), "time_range": power.mean(1)}

    centre = lengths["doppler"] // 2
    return _converted(
        array,
        description,
        radar,
        axes={
            "speed_mps": (np.arange(lengths["doppler"]) - centre) * radar.speed_resolution_mps,
            "range_m": _ranges_m(description, radar, is_real, lengths["range"]),
        },
        num_columns=lengths["frame"],
        column_period_s=radar.frame.period_s,
        read=read,
        values="power",
    )


def _check_magnitudes(array: StoredArray, description: ArrayDescription, radar: Radar) -> None:
    axes, lengths = description.axes, dict(zip(description.axes, array.shape))
    if description.get("map", "values", "relative") == "relative":
        hint = 'state values = "dB", "power", "amplitude" or "log1p_amplitude" under [map]'
        raise InputError(description.where, "map.values", "are not given", hint)
    for axis in ("frame", "doppler", "range"):
        if axis not in axes:
            problem = f"are {', '.join(axes)}: {axis} is missing"
            raise InputError(array.path, "axes", problem, "give frame,doppler,range")
    if lengths["doppler"] != radar.frame.num_chirps:
        problem = f"has length {lengths['doppler']}; radar {radar.name} has frames of "
        problem += f"{radar.frame.num_chirps} chirps"
        hint = "correct the order of the axes, or the radar file"
        raise InputError(array.path, "axis doppler", problem, hint)


def _ranges_m(
    description: ArrayDescription, radar: Radar, is_real: bool, count: int
) -> Float[np.ndarray, " bin"]:
    """Ranges of the stored bins of a range transform, which may be padded with zeros [m]."""
    samples = radar.chirp.num_samples * (2 if is_real else 1)
    length = description.get("range", "fft_length", samples)
    bins = description.get("range", "first_bin", 0) + np.arange(count)
    # The transform of real samples has its last independent bin at half the sample rate.
    if bins[-1] >= (length // 2 + 1 if is_real else length):
        problem = f"ends at bin {bins[-1]}; a transform of {length} points has no such bin"
        hint = "correct first_bin or fft_length"
        raise InputError(description.where, "range.first_bin", problem, hint)
    return bins * (radar.range_resolution_m * samples / length)


def _converted(array, description, radar, *, read, values=None, **opened) -> RecordedMaps:
    """Add the conversion to dB above the noise."""
    values = values or description.get("map", "values", "relative")
    relative = values == "relative"
    per_column = 8 * prod(array.shape) // max(1, opened["num_columns"])
    first = read(0, max(1, min(opened["num_columns"], BLOCK_BYTES // max(1, per_column))))
    _check_values(array, first)
    noise_db = {
        name: 0.0 if relative else _noise_db(description, _decibels(values, each))
        for name, each in first.items()
    }

    def read_db(start: int, stop: int) -> dict[str, np.ndarray]:
        if not 0 <= start <= stop <= opened["num_columns"]:
            problem = f"{start} to {stop} requested; the recording has {opened['num_columns']}"
            raise InputError(array.path, "columns", problem, "request columns that exist")
        stored = read(start, stop)
        if relative:
            return stored
        return {name: _decibels(values, each) - noise_db[name] for name, each in stored.items()}

    return RecordedMaps(
        name=array.path,
        radar=radar,
        units="1" if relative else "dB",
        read=read_db,
        notes=array.notes,
        **opened,
    )


def _check_values(array: StoredArray, maps: Mapping[str, np.ndarray]) -> None:
    for values in maps.values():
        if not np.all(np.isfinite(values)):
            hint = "replace the values that are not finite, or leave these columns out"
            raise InputError(array.path, "array", "contains values that are not finite", hint)


def _noise_db(description: ArrayDescription, map_db: np.ndarray) -> float:
    stated = description.get("map", "noise_db")
    return float(np.median(map_db)) if stated is None else float(stated)


def _power(description: ArrayDescription, stored: np.ndarray) -> np.ndarray:
    values = description.get("map", "values")
    if values == "dB":
        return 10 ** (stored / 10)
    if values == "power":
        return stored
    return (np.expm1(stored) if values == "log1p_amplitude" else stored) ** 2


def _decibels(values: str, stored: np.ndarray) -> np.ndarray:
    if values == "dB":
        return stored
    power = stored if values == "power" else np.square(stored)
    if values == "log1p_amplitude":
        power = np.square(np.expm1(stored))
    least = max(float(power.max()) * _LEAST_POWER, np.finfo(np.float64).tiny)
    return 10 * np.log10(np.maximum(power, least))


def _coordinates(
    description: ArrayDescription, radar: Radar, axis: str, count: int
) -> Float[np.ndarray, " bin"]:
    """Centres of the bins in SI units, from the first and the last centre in the description."""
    factors = {
        "speed": {"mps": 1.0, "hz": radar.chirp.wavelength_m / 2},
        "range": {"m": 1.0},
        "angle": {"deg": np.pi / 180},
    }[axis]
    for unit, factor in factors.items():
        ends = [description.get(axis, f"{end}_{unit}") for end in ("first", "last")]
        if None not in ends:
            return np.linspace(ends[0] * factor, ends[1] * factor, count)
    unit = next(iter(factors))
    problem = f"has {count} bins whose coordinates are not given"
    hint = f"state the centres of the first and the last: [{axis}] first_{unit}, last_{unit}"
    raise InputError(description.where, axis, problem, hint)
