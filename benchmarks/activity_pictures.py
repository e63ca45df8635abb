"""Recorded time-Doppler pictures of five activities, and simulated pictures by the same receiver.

The recordings (docs/real.md) are pictures of log(1 + |FFT|) in the colours of viridis. Each column
is the transform of 128 samples without a window; each of these samples is the sum of two samples
recorded at 2 kHz. The I/Q samples have eight bits between 0 and 1 and an offset, and are clipped by
strong echoes. Approaching motion has positive frequencies: in the recording of a person who walks
towards the radar, the frequencies are positive for five seconds, in which the level rises by 17 dB.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Complex, Float

from radarsim.captures.array_description import ArrayDescription
from radarsim.captures.map_pictures import open_picture

LABELS = ("convulsion", "cough", "drink", "fall", "wave")
DEVELOPMENT, FINAL = tuple("ABCDE"), tuple("FGHIJKLMNO")
NUM_BINS, NUM_COLUMNS, COLUMN_S = 128, 78, 0.128
# Offset of I and of Q, RMS noise per complex sample, and quantisation step of the stored samples,
# in units of full scale, measured in the recordings of a room in which a person sits still.
OFFSET, NOISE_RMS, STEP = 0.655, 0.0032, 1 / 255
# Largest value of log(1 + |FFT|) in a picture, which the offset causes at zero frequency.
PEAK_LOG = float(np.log1p(2 * NUM_BINS * OFFSET * np.sqrt(2)))
_DESCRIPTION = ArrayDescription(
    axes=("speed", "time"),
    sections={
        "picture": {
            "colour_map": "viridis",
            "rows": NUM_BINS,
            "columns": 2 * NUM_COLUMNS,
            "first_column": 1,
            "column_step": 2,
        }
    },
    where="activity pictures",
)


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """Properties of the receiver of the recordings that can be changed for an ablation.

    Attributes:
        noise_rms: RMS noise per complex sample, in units of full scale.
        step: quantisation step of the samples, in units of full scale; 0: not quantised.
        clips: whether samples outside the range from 0 to 1 are clipped.
        window: whether each column is weighted by a Hann window.
    """

    noise_rms: float = NOISE_RMS
    step: float = STEP
    clips: bool = True
    window: bool = False


RECORDING = Receiver()


@dataclass(frozen=True, kw_only=True, eq=False)
class Pictures:
    """Time-Doppler pictures with labels.

    Attributes:
        values: relative values from 0 to 1 [picture, bin, column]; bin 64 is zero frequency, and
            higher bins contain motion towards the radar.
        labels: activity of each picture.
        people: person in each picture.
    """

    values: Float[np.ndarray, "picture bin column"]
    labels: np.ndarray
    people: np.ndarray

    def part(self, keep: np.ndarray) -> "Pictures":
        """Return the pictures that a mask or an array of indices selects."""
        return Pictures(
            values=self.values[keep], labels=self.labels[keep], people=self.people[keep]
        )


def person_of(name: str) -> str:
    """Person of a recording `LABEL_NUMBER_PERSON..._doppler.png`; "" if unknown."""
    field = name.split("_")[2] if name.count("_") >= 3 else ""
    return field[:1] if field[:1] in (*DEVELOPMENT, *FINAL) else ""


def recorded_pictures(folder: str | Path, people: tuple[str, ...]) -> Pictures:
    """Read the recordings of the given people, without opening the files of other people.

    Args:
        folder: folder with one subfolder per label.
        people: letters of the people whose recordings are read.
    """
    files = [
        (label, person_of(path.name), path)
        for label in LABELS
        for path in sorted((Path(folder) / label).glob("*.png"))
    ]
    files = [each for each in files if each[1] in people]
    return Pictures(
        values=np.array([read_picture(path) for _, _, path in files]),
        labels=np.array([label for label, _, _ in files]),
        people=np.array([person for _, person, _ in files]),
    )


def read_picture(path: Path) -> Float[np.ndarray, "bin column"]:
    """Read the relative values of one recorded picture."""
    array = open_picture(path, _DESCRIPTION)
    return np.asarray(array.read((slice(None), slice(None))))


def doppler_picture(
    echo: Complex[np.ndarray, " sample"], rng: np.random.Generator, receiver: Receiver = RECORDING
) -> Float[np.ndarray, "bin column"]:
    """Simulate the picture that the receiver of the recordings produces from an echo.

    Args:
        echo: I/Q samples of the echo at 2 kHz without noise, in units of full scale; approaching
            echoes have positive frequencies.
        rng: random number generator for the receiver noise.
        receiver: properties of the receiver.
    """
    noise = rng.normal(0.0, receiver.noise_rms / np.sqrt(2), (2, len(echo)))
    samples = echo + OFFSET * (1 + 1j) + noise[0] + 1j * noise[1]
    stored = _stored(samples.real, receiver) + 1j * _stored(samples.imag, receiver)
    sums = stored[: 2 * NUM_BINS * NUM_COLUMNS].reshape(NUM_COLUMNS, NUM_BINS, 2).sum(axis=-1)
    if receiver.window:
        window = np.hanning(NUM_BINS + 2)[1:-1]
        sums = sums * window / np.sqrt(np.mean(window**2))
    spectra = np.fft.fftshift(np.fft.fft(sums, axis=1), axes=1)
    picture = np.log1p(np.abs(spectra)).T
    picture /= picture.max()
    return (np.floor(picture * 255.999) + 0.5) / 256


def _stored(part, receiver: Receiver) -> np.ndarray:
    """I or Q samples as they are stored, in units of full scale."""
    if receiver.step:
        part = np.round(part / receiver.step) * receiver.step
    return np.clip(part, 0, 1) if receiver.clips else part


def level_db(values: Float[np.ndarray, "*picture bin column"]) -> np.ndarray:
    """Amplitude of every cell [dB re noise], scaled by the known offset at zero frequency."""
    amplitude = np.expm1(PEAK_LOG * values)
    noise = NOISE_RMS * np.sqrt(2 * NUM_BINS)
    return 20 * np.log10(np.maximum(amplitude, 0.5 * noise) / noise)
