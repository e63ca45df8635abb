"""Settings of a TI radar chip, independent of the format of the configuration file.

SDK `.cfg` files, mmWave Studio JSON and Studio logs set the same registers with different names.
Each parser fills a `ChipSettings`, whose methods check the settings against each other.
`configuration_files` converts the settings to a radar.
"""

from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from radarsim.errors import InputError

# Bits 0 to 5 of the gain register hold the gain; bits 6 and 7 select the RF stage.
_GAIN_BITS = 0x3F
_SAMPLE_KINDS = {0: "real", 1: "complex1x", 2: "complex2x"}
_ADC_BITS = {0: 12, 1: 14, 2: 16}


@dataclass(kw_only=True)
class Profile:
    """One chirp profile, in TI's units."""

    start_ghz: Decimal
    idle_us: Decimal
    adc_start_us: Decimal
    ramp_end_us: Decimal
    slope_mhz_per_us: Decimal
    num_samples: int
    sample_rate_ksps: Decimal
    rx_gain: int
    tx_backoff_db: int = 0
    tx_phase: int = 0
    high_pass: tuple[int, ...] = (0, 0)


@dataclass(kw_only=True)
class ChirpRange:
    """Profile, transmitter mask and deviations from the profile for chirps `first` to `last`."""

    first: int
    last: int
    profile: int
    tx_mask: int
    changes: tuple[Decimal, ...] = ()


@dataclass(kw_only=True)
class FramePlan:
    """Chirps `first` to `last` of a loop, and number of loops and frames (0: until stopped).

    `slot_gap_us` and `loop_gap_us` are idle times after every chirp and every loop.
    """

    first: int
    last: int
    loops: int
    frames: int
    period_ms: Decimal
    slot_gap_us: Decimal = Decimal(0)
    loop_gap_us: Decimal = Decimal(0)


class Geometry(NamedTuple):
    """Positions of the transmitter-receiver pairs in a file, in transmitter order.

    Attributes:
        command: command that contains the positions.
        steps: position (left, up) of each pair, as a number of steps.
        step_half_waves: lengths of one step to the left and one step up [half wavelengths of the
            board].
        step_mm: lengths of the two steps in millimetres, if the file uses millimetres.
    """

    command: str
    steps: tuple[tuple[int, int], ...]
    step_half_waves: tuple[float, float] = (1.0, 1.0)
    step_mm: tuple[float, float] | None = None


class Firing(NamedTuple):
    """Profile in use, transmitter indices in firing order, and number of loops per frame."""

    profile: Profile
    tx_order: tuple[int, ...]
    loops: int


@dataclass(kw_only=True)
class ChipSettings:
    """Chip settings that determine the samples of a capture.

    Attributes:
        where: name of the file, for messages.
        platform: chip or board named in the file; "" if none is named.
        platform_from: line or call that names the platform, for messages.
        family: "xWRL" or "xWR294x" if the form of the commands shows the family; "" otherwise.
        rx_mask, tx_mask: bit masks of enabled receivers and transmitters; bit 0 is the first
            channel.
        adc_bits, adc_format: register codes of the chip: 0, 1, 2 for 12, 14, 16 bits, and for real,
            complex 1x, complex 2x.
        q_first: whether Q precedes I; None if the file does not state it.
        lanes: number of LVDS lanes; None if the file does not state it.
        profiles: profiles keyed by number.
        chirps: chirp ranges in file order; later entries override earlier entries.
        frame: frame settings; None until they have been read.
        calibration: arguments of `compRangeBiasAndRxChanPhase`.
        phase_signs: arguments of `antPhaseRot`.
        geometry: positions of the transmitter-receiver pairs; None if the file contains none.
        notes: remarks about other settings in the file, for the user.
    """

    where: str
    platform: str = ""
    platform_from: str = ""
    family: str = ""
    rx_mask: int | None = None
    tx_mask: int | None = None
    adc_bits: int = 2
    adc_format: int = 1
    q_first: bool | None = None
    lanes: int | None = None
    profiles: dict[int, Profile] = field(default_factory=dict)
    chirps: list[ChirpRange] = field(default_factory=list)
    frame: FramePlan | None = None
    calibration: tuple[Decimal, ...] = ()
    phase_signs: tuple[int, ...] = ()
    geometry: Geometry | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def sample_kind(self) -> str:
        """Kind of samples, as in `CaptureFormat.samples`: "complex1x", "complex2x" or "real"."""
        if self.adc_format not in _SAMPLE_KINDS:
            problem = f"is {self.adc_format}"
            raise self.error("ADC format", problem, "give 0 (real), 1 (complex 1x), 2 (complex 2x)")
        return _SAMPLE_KINDS[self.adc_format]

    @property
    def word_bits(self) -> int:
        """Width of one sample in bits."""
        if self.adc_bits not in _ADC_BITS:
            hint = "give 0 (12 bits), 1 (14 bits), 2 (16 bits)"
            raise self.error("ADC bits", f"is {self.adc_bits}", hint)
        return _ADC_BITS[self.adc_bits]

    def error(self, name: str, problem: str, hint: str) -> InputError:
        """Return an InputError that names the file."""
        return InputError(self.where, name, problem, hint)

    def receivers(self) -> tuple[int, ...]:
        """Indices of the enabled receivers."""
        mask = 0xF if self.rx_mask is None else self.rx_mask
        if not 0 < mask < 16:
            raise self.error(
                "receivers", f"mask is {mask}", "set bits 0 to 3 for the enabled receivers"
            )
        return tuple(idx for idx in range(4) if mask >> idx & 1)

    def firing(self) -> Firing:
        """Determine the profile in use, the transmitters in firing order, and the number of loops.

        Raises:
            InputError: a setting of the frame or of a chirp is missing or invalid, or the chirps do
                not form equal loops with one profile.
        """
        if self.frame is None:
            raise self.error(
                "frame", "is missing", "give the file with which the capture was configured"
            )
        first, last = self.frame.first, self.frame.last
        if not 0 <= first <= last < 512 or self.frame.loops < 1:
            problem = f"runs from chirp {first} to {last}, {self.frame.loops} loops"
            raise self.error("frame", problem, "give chirps 0 to 511 and at least one loop")
        chirps = [self._chirp(idx) for idx in range(first, last + 1)]
        profile = self._profile_of(chirps)
        order = [self._transmitter(chirp) for chirp in chirps]
        period = next(n for n in range(1, len(order) + 1) if _repeats(order, n))
        if len(set(order[:period])) != period:
            names = ", ".join(f"TX{idx + 1}" for idx in order[:period])
            problem = f"fire {names} in one loop"
            raise self.error("chirps", problem, "a loop must fire each transmitter once")
        loops = self.frame.loops * (len(order) // period)
        return Firing(profile, tuple(order[:period]), loops)

    def gain_db(self, profile: Profile) -> int:
        """Receiver gain without the bits that select the RF stage [dB]."""
        return profile.rx_gain & _GAIN_BITS

    def _profile_of(self, chirps: list[ChirpRange]) -> Profile:
        """Return the profile that all chirps use; profiles with equal values count as one."""
        numbers = sorted({chirp.profile for chirp in chirps})
        for number in numbers:
            if number not in self.profiles:
                problem = f"is used by chirps {chirps[0].first} to {chirps[-1].last} but not set"
                raise self.error(f"profile {number}", problem, "add it")
        first = self.profiles[numbers[0]]
        for number in numbers[1:]:
            if self.profiles[number] != first:
                difference = _difference(first, self.profiles[number])
                problem = f"uses profiles {numbers} in one frame, which differ in {difference}"
                hint = "only frames with one profile are supported: give all chirps the same one"
                raise self.error("chirps", problem, hint)
        return first

    def _chirp(self, idx: int) -> ChirpRange:
        found = [each for each in self.chirps if each.first <= idx <= each.last]
        if not found:
            problem = f"{idx} belongs to the frame but is not set"
            raise self.error("chirp", problem, "add it, or correct the frame's first and last")
        if any(found[-1].changes):
            problem = f"{idx} changes its profile by {', '.join(map(str, found[-1].changes))}"
            raise self.error(
                "chirp", problem, "only chirps without deviations from their profile are supported"
            )
        return found[-1]

    def _transmitter(self, chirp: ChirpRange) -> int:
        fired = [idx for idx in range(8) if chirp.tx_mask >> idx & 1]
        if len(fired) != 1:
            names = " and ".join(f"TX{idx + 1}" for idx in fired) or "no transmitter"
            problem = f"{chirp.first} fires {names} simultaneously"
            raise self.error("chirp", problem, "only one transmitter at a time is supported")
        if self.tx_mask is not None and not self.tx_mask >> fired[0] & 1:
            problem = f"{chirp.first} fires TX{fired[0] + 1}, which is off (mask {self.tx_mask})"
            raise self.error("chirp", problem, "correct the channel mask or the chirp")
        return fired[0]


def _difference(one: Profile, other: Profile) -> str:
    """Name of the first setting in which two profiles differ, and its two values."""
    name = next(
        each.name for each in fields(one) if getattr(one, each.name) != getattr(other, each.name)
    )
    return f"{name} ({getattr(one, name)} and {getattr(other, name)})"


def plain_number(text: object) -> Decimal | None:
    """Convert a value from a file to a finite decimal of plausible size, or return None."""
    try:
        value = Decimal(text) if isinstance(text, str | int | Decimal) else Decimal("NaN")
    except InvalidOperation:
        return None
    return value if value.is_finite() and -30 < value.adjusted() < 12 else None


def _repeats(order: list[int], period: int) -> bool:
    whole = len(order) % period == 0
    return whole and all(order[idx] == order[idx % period] for idx in range(len(order)))
