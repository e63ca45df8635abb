"""IF cubes from recorded arrays: samples, range profiles or range-Doppler spectra, read in parts.

    stored values -> complex -> [frame, chirp, tx, rx, sample] -> inverse transforms -> volts

Spectra are transformed back to samples, so that all later stages are the same for every radar.
Often, only the first bins of a range transform are recorded: K bins of an N-point transform are
equivalent to K samples at the rate f_s K / N, which cover the same sweep in the same time. The
radar of the recording has this number of samples and this rate. Bins below the first recorded bin
are set to zero.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Complex64

from radarsim.captures.array_description import ArrayDescription
from radarsim.captures.noise_floor import noise_floor_rms
from radarsim.captures.recording import BLOCK_BYTES, Recording
from radarsim.captures.stored_arrays import StoredArray
from radarsim.errors import InputError
from radarsim.radar.radar import Radar

_ORDER = ("frame", "chirp", "tx", "rx", "sample")
# Axes of transformed values, and the axis of the cube that the inverse transform restores.
_BECOMES = {"doppler": "chirp", "range": "sample"}


def cube_recording(
    array: StoredArray, description: ArrayDescription, radar: Radar, is_real: bool = False
) -> Recording:
    """Open an array as a recording in volts.

    Args:
        array: the stored array.
        description: axes, units and transforms of the array.
        radar: radar that recorded the array; the radar of the result has the sample rate and the
            number of samples that correspond to the recorded bins.
        is_real: whether the radar has one real ADC per receiver, with 2 N samples for the N complex
            samples of `radar`.

    Returns:
        The recording; frames are read on request.

    Raises:
        InputError: the axes do not have the lengths of the radar, or a transform cannot be undone.
    """
    cube = _StoredCube(array, description, radar, is_real)
    read = cube.read
    recording = Recording(
        radar=cube.radar,
        num_frames=cube.num_frames,
        read=read,
        name=array.path,
        notes=(*array.notes, *cube.notes),
    )
    scale = np.float32(_volts_per_value(recording, description))
    return replace(recording, read=lambda start, stop: read(start, stop) * scale)


def _volts_per_value(recording: Recording, description: ArrayDescription) -> float:
    receiver = recording.radar.receiver
    if description.units == "V":
        return description.scale
    if description.units == "codes":
        return description.scale * receiver.adc_step_v
    floor = noise_floor_rms(recording.read(0, _frames_for_noise(recording)))
    if not floor > 0:
        problem = "are unknown, and the noise floor of the recording is zero"
        hint = 'state units = "V" or "codes", and the scale'
        raise InputError(recording.name, "units", problem, hint)
    return receiver.noise_rms_v(recording.radar.chirp.sample_rate_hz) / floor


def _frames_for_noise(recording: Recording) -> int:
    return min(recording.num_frames, max(1, BLOCK_BYTES // recording.frame_bytes))


class _StoredCube:
    """Frames of a stored array, in stored units."""

    def __init__(self, array, description, radar, is_real):
        self._array, self._description, self._is_real = array, description, is_real
        self.notes: tuple[str, ...] = ()
        self._axes = description.axes
        if len(array.shape) != len(self._axes):
            problem = (
                f"has {len(array.shape)} axes of lengths {array.shape}; {len(self._axes)} are "
            )
            problem += f"named: {', '.join(self._axes)}"
            raise InputError(array.path, "axes", problem, "name every axis in the array's order")
        self._lengths = dict(zip(self._axes, array.shape))
        self._given = radar
        self._check_complex()
        self._check_lengths()
        self.radar = self._radar_of_bins()
        self.num_frames = self._count_frames()

    def read(self, start: int, stop: int) -> Complex64[np.ndarray, "frame chirp tx rx sample"]:
        """Frames from `start` up to `stop`."""
        if not 0 <= start <= stop <= self.num_frames:
            problem = f"{start} to {stop} requested; the recording has {self.num_frames}"
            raise InputError(self._array.path, "frames", problem, "request frames that exist")
        axis, per_frame = self._frame_axis
        part = [slice(None)] * len(self._axes)
        if axis:
            part[self._axes.index(axis)] = slice(start * per_frame, stop * per_frame)
        values = self._complex(self._array.read(tuple(part)))
        return self._samples(self._in_order(values)).astype(np.complex64)

    @property
    def _frame_axis(self) -> tuple[str, int]:
        """Axis along which frames follow each other, and its length per frame."""
        if "frame" in self._axes:
            return "frame", 1
        return ("chirp", self._given.frame.num_chirps) if "chirp" in self._axes else ("", 0)

    def _complex(self, values: np.ndarray) -> np.ndarray:
        """Complex values without the axis `iq`; real samples become their analytic signal."""
        if "iq" in self._axes:
            return values[..., 0] + np.complex64(1j) * values[..., 1]
        if not self._halves:
            return values
        axis = self._axes.index("sample")
        count = self._given.chirp.num_samples
        half = np.fft.rfft(np.asarray(values, np.float32), axis=axis)
        return np.fft.ifft(np.take(half, np.arange(count), axis=axis), axis=axis)

    @property
    def _halves(self) -> bool:
        """Whether the values are 2 N real samples for N complex samples."""
        return self._is_real and "sample" in self._axes and not self._array.is_complex

    def _in_order(self, values: np.ndarray) -> np.ndarray:
        """Put the axes in the order of an IF cube; missing axes get length 1."""
        axes = [_BECOMES.get(axis, axis) for axis in self._axes if axis != "iq"]
        if "antenna" in axes:
            at, array = axes.index("antenna"), self._given.array
            pairs = (array.num_tx, array.num_rx)
            values = values.reshape(*values.shape[:at], *pairs, *values.shape[at + 1 :])
            axes[at : at + 1] = ["tx", "rx"]
        values = values.transpose([axes.index(name) for name in _ORDER if name in axes])
        missing = [index for index, name in enumerate(_ORDER) if name not in axes]
        values = np.expand_dims(values, missing)
        return values.reshape(-1, self._given.frame.num_chirps, *values.shape[2:])

    def _samples(self, values: np.ndarray) -> np.ndarray:
        """Undo the Doppler and the range transform."""
        if "doppler" in self._axes:
            if self._description.get("doppler", "centred", True):
                values = np.fft.ifftshift(values, axes=1)
            values = np.fft.ifft(values, axis=1)
        # After the Doppler transform, because conjugate spectra would keep the sign of the speeds.
        values = np.conj(values) if self._description.conjugate else values
        if "range" in self._axes:
            first = self._description.get("range", "first_bin", 0)
            before = np.zeros((*values.shape[:-1], first), values.dtype)
            # NumPy's inverse transform divides by the number of recorded bins instead of by N.
            share = (first + values.shape[-1]) / self._fft_length
            values = np.fft.ifft(np.concatenate([before, values], axis=-1), axis=-1) * share
            values = values[..., : self.radar.chirp.num_samples]
        return values

    @property
    def _fft_length(self) -> int:
        """Points of the range transform, counted in complex samples."""
        default = self._given.chirp.num_samples * (2 if self._is_real else 1)
        length = self._description.get("range", "fft_length", default)
        return length // 2 if self._is_real else length

    def _radar_of_bins(self) -> Radar:
        """Radar whose samples are the inverse transform of the recorded bins."""
        if "range" not in self._axes:
            return self._given
        chirp, length = self._given.chirp, self._fft_length
        kept = self._lengths["range"] + self._description.get("range", "first_bin", 0)
        where = self._description.where
        if kept > length:
            problem = f"ends at bin {kept - 1}; a transform of {length} points has no such bin"
            raise InputError(where, "range.first_bin", problem, "correct first_bin or fft_length")
        if length < chirp.num_samples or (length > chirp.num_samples and kept < length):
            problem = f"is {length} for {chirp.num_samples} samples, of which {kept} bins were kept"
            hint = "give the samples before zero padding in the radar file, or all bins"
            raise InputError(where, "range.fft_length", problem, hint)
        if kept == length:
            return self._given
        rate_hz = chirp.sample_rate_hz * kept / length
        return replace(self._given, chirp=replace(chirp, num_samples=kept, sample_rate_hz=rate_hz))

    def _check_complex(self) -> None:
        stored, axes = self._array, self._axes
        if "iq" in axes:
            if stored.is_complex or self._lengths["iq"] != 2:
                problem = f"has length {self._lengths['iq']}, and values of type "
                problem += "complex" if stored.is_complex else "real"
                hint = "the axis iq holds one I and one Q: correct the axes"
                raise InputError(stored.path, "iq", problem, hint)
        elif not stored.is_complex and not self._halves:
            problem = "contains real values, which have no phase"
            hint = 'name an axis iq, use a radar file with samples = "real" under [capture], or '
            hint += "for magnitudes the axes frame,doppler,range"
            raise InputError(stored.path, "array", problem, hint)

    def _check_lengths(self) -> None:
        radar, real = self._given, 2 if self._halves else 1
        num_tx, num_rx = radar.array.num_tx, radar.array.num_rx
        chirps, samples = radar.frame.num_chirps, radar.chirp.num_samples
        required = {"tx": num_tx, "rx": num_rx, "antenna": num_tx * num_rx}
        required |= {"doppler": chirps, "sample": samples * real}
        if "frame" in self._axes:
            required["chirp"] = chirps
        for axis, length in required.items():
            if axis in self._axes and self._lengths[axis] != length:
                self._refuse(axis, self._lengths[axis], length)
        spans = {
            ("chirp", "doppler"): chirps,
            ("sample", "range"): samples,
            ("tx", "antenna"): num_tx,
            ("rx", "antenna"): num_rx,
        }
        for axes, length in spans.items():
            if length > 1 and not set(axes) & set(self._axes):
                self._refuse(axes[0], 1, length)

    def _refuse(self, axis: str, found: int, required: int) -> None:
        named = ", ".join(f"{name} {length}" for name, length in self._lengths.items())
        problem = f"has length {found}; radar {self._given.name} has {required} (array: {named})"
        hint = "correct the order of the axes, or the radar file"
        raise InputError(self._array.path, f"axis {axis}", problem, hint)

    def _count_frames(self) -> int:
        axis, per_frame = self._frame_axis
        if not axis:
            return 1
        frames, rest = divmod(self._lengths[axis], per_frame)
        if frames == 0:
            problem = f"has length {self._lengths[axis]}, less than one frame of {per_frame}"
            hint = "give the radar that recorded it, or record again"
            raise InputError(self._array.path, f"axis {axis}", problem, hint)
        if rest:
            self.notes = (f"{rest} chirps of an incomplete last frame are ignored",)
        return frames
