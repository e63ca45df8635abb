"""What a TI configuration told a chip, whatever its file looked like; made into a `Setup`.

SDK `.cfg` files, mmWave Studio JSON and Studio logs set the same registers in different words. Each
parser fills a `ChipSettings`; here they are checked against each other and become a radar.
"""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from radarsim.errors import InputError

# Bits 0 to 5 of the gain register; bits 6 and 7 choose the RF stage.
_GAIN_BITS = 0x3F
_SAMPLE_KINDS = {0: "real", 1: "complex1x", 2: "complex2x"}
_ADC_BITS = {0: 12, 1: 14, 2: 16}


@dataclass(kw_only=True)
class Profile:
    """One chirp profile, in the units TI prints."""

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
    high_pass: tuple[int, int] = (0, 0)


@dataclass(kw_only=True)
class ChirpRange:
    """Chirps `first` to `last`: profile, transmitters as a bit mask, changes to the profile."""

    first: int
    last: int
    profile: int
    tx_mask: int
    changes: tuple[Decimal, ...] = ()


@dataclass(kw_only=True)
class FramePlan:
    """Chirps `first` to `last`, so many loops, so many frames (0: until stopped)."""

    first: int
    last: int
    loops: int
    frames: int
    period_ms: Decimal


@dataclass(kw_only=True)
class ChipSettings:
    """Everything that decides a capture.

    Attributes:
        where: the file, for messages.
        platform: chip or board as the file names it; "" where it does not.
        rx_mask, tx_mask: receivers and transmitters that are on, bit 0 the first.
        adc_bits, adc_format: codes of the chip: 0, 1, 2 for 12, 14, 16 bits and for real,
            complex 1x, complex 2x.
        q_first: whether Q comes before I; None where the file does not say.
        lanes: LVDS lanes; None likewise.
        profiles: by number.
        chirps: in the order given; later ones replace earlier ones.
        frame: None until the file has set it.
        calibration: the arguments of `compRangeBiasAndRxChanPhase`.
        notes: what the file says beyond this.
    """

    where: str
    platform: str = ""
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
    notes: list[str] = field(default_factory=list)

    @property
    def sample_kind(self) -> str:
        """See `CaptureFormat.samples`."""
        if self.adc_format not in _SAMPLE_KINDS:
            problem = f"is {self.adc_format}"
            raise self.error("ADC format", problem, "give 0 (real), 1 (complex 1x), 2 (complex 2x)")
        return _SAMPLE_KINDS[self.adc_format]

    @property
    def word_bits(self) -> int:
        """Width of one sample."""
        if self.adc_bits not in _ADC_BITS:
            hint = "give 0 (12 bits), 1 (14 bits), 2 (16 bits)"
            raise self.error("ADC bits", f"is {self.adc_bits}", hint)
        return _ADC_BITS[self.adc_bits]

    def error(self, name: str, problem: str, hint: str) -> InputError:
        """A refusal that names this file."""
        return InputError(self.where, name, problem, hint)

    def receivers(self) -> tuple[int, ...]:
        """Indices of the receivers that are on."""
        mask = 0xF if self.rx_mask is None else self.rx_mask
        if not 0 < mask < 16:
            raise self.error("receivers", f"mask is {mask}", "set bits 0 to 3 of those that are on")
        return tuple(idx for idx in range(4) if mask >> idx & 1)

    def firing(self) -> tuple[Profile, tuple[int, ...], int]:
        """The one profile in use, transmitters in firing order, and loops.

        Raises:
            InputError: chirps that no frame of equal loops can express.
        """
        if self.frame is None:
            raise self.error("frame", "is missing", "give the file that configured the capture")
        first, last = self.frame.first, self.frame.last
        if not 0 <= first <= last < 512 or self.frame.loops < 1:
            problem = f"runs from chirp {first} to {last}, {self.frame.loops} loops"
            raise self.error("frame", problem, "give chirps 0 to 511 and at least one loop")
        chirps = [self._chirp(idx) for idx in range(first, last + 1)]
        profiles = {chirp.profile for chirp in chirps}
        if len(profiles) > 1:
            problem = f"uses profiles {sorted(profiles)} in one frame"
            raise self.error("chirps", problem, "only frames of one profile are modelled")
        number = profiles.pop()
        if number not in self.profiles:
            problem = f"is used by chirps {first} to {last} but not set"
            raise self.error(f"profile {number}", problem, "add it")
        order = [self._transmitter(chirp) for chirp in chirps]
        period = next(n for n in range(1, len(order) + 1) if _repeats(order, n))
        if len(set(order[:period])) != period:
            names = ", ".join(f"TX{idx + 1}" for idx in order[:period])
            problem = f"fire {names} in one loop"
            raise self.error("chirps", problem, "a loop must fire each transmitter once")
        loops = self.frame.loops * (len(order) // period)
        return self.profiles[number], tuple(order[:period]), loops

    def gain_db(self, profile: Profile) -> int:
        """Receiver gain without the bits that choose the RF stage [dB]."""
        return profile.rx_gain & _GAIN_BITS

    def _chirp(self, idx: int) -> ChirpRange:
        found = [each for each in self.chirps if each.first <= idx <= each.last]
        if not found:
            problem = f"{idx} belongs to the frame but is not set"
            raise self.error("chirp", problem, "add it, or correct the frame's first and last")
        if any(found[-1].changes):
            problem = f"{idx} changes its profile by {', '.join(map(str, found[-1].changes))}"
            raise self.error("chirp", problem, "only chirps that are their profile are modelled")
        return found[-1]

    def _transmitter(self, chirp: ChirpRange) -> int:
        fired = [idx for idx in range(8) if chirp.tx_mask >> idx & 1]
        if len(fired) != 1:
            names = " and ".join(f"TX{idx + 1}" for idx in fired) or "no transmitter"
            problem = f"{chirp.first} fires {names} at once"
            raise self.error("chirp", problem, "only one transmitter at a time is modelled")
        if self.tx_mask is not None and not self.tx_mask >> fired[0] & 1:
            problem = f"{chirp.first} fires TX{fired[0] + 1}, which is off (mask {self.tx_mask})"
            raise self.error("chirp", problem, "correct the channel mask or the chirp")
        return fired[0]


def plain_number(text: object) -> Decimal | None:
    """A finite decimal of sane size from what a file says, or None."""
    try:
        value = Decimal(text) if isinstance(text, str | int | Decimal) else Decimal("NaN")
    except InvalidOperation:
        return None
    return value if value.is_finite() and -30 < value.adjusted() < 12 else None


def _repeats(order: list[int], period: int) -> bool:
    whole = len(order) % period == 0
    return whole and all(order[idx] == order[idx % period] for idx in range(len(order)))
