"""A recorded capture as a stream of IF cubes, in the axes and signs of simulated ones.

A capture of 20 GB is never loaded: frames are read when asked for. `files.open_capture` makes one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Complex64, Int16

from radarsim.captures.dca1000_codec import decode_words, to_complex, words_per_frame
from radarsim.captures.lost_packets import LostPackets, find_lost_packets
from radarsim.errors import InputError
from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.config import Radar

# Words handled at a time by scans of the whole capture: 32 MB.
SCAN_WORDS = 1 << 24


@dataclass(frozen=True, kw_only=True, eq=False)
class Capture:
    """Frames of one recording.

    Attributes:
        name: the file, for messages.
        radar: counts, timing and antennas of the board.
        capture_format: layout of the words.
        num_frames: whole frames.
        iq_order: "i_first" or "q_first".
        iq_evidence: how that was decided, in words.
        notes: what a person should know about the file, in words.
        read_words: words from one index to another; zeros where packets were lost.
        recorded_losses: packets that are missing by their sequence numbers (`.pcap`); None
            where the file does not hold these numbers (`.bin`).
    """

    name: str
    radar: Radar
    capture_format: CaptureFormat
    num_frames: int
    iq_order: str
    iq_evidence: str
    read_words: Callable[[int, int], np.ndarray]
    notes: tuple[str, ...] = ()
    recorded_losses: LostPackets | None = None

    @property
    def volts_per_code(self) -> float:
        """Voltage at the ADC of one code [V]."""
        return self.radar.receiver.adc_step_v

    @property
    def duration_s(self) -> float:
        """From the first frame to the end of the last [s]."""
        return self.num_frames * self.radar.frame.period_s

    @property
    def assumed(self) -> tuple[str, ...]:
        """Settings of the radar that were guessed: see `CaptureFormat.assumed`."""
        return self.capture_format.assumed

    def read_codes(self, start: int, stop: int) -> Int16[np.ndarray, "frame chirp tx rx sample 2"]:
        """ADC codes of some frames, see `dca1000.decode_words`.

        Args:
            start: first frame.
            stop: the frame after the last.

        Raises:
            InputError: there are no such frames, or the file cannot be read any more.
        """
        if not 0 <= start <= stop <= self.num_frames:
            problem = f"{start} to {stop} asked for; there are {self.num_frames}"
            raise InputError(self.name, "frames", problem, "ask for frames that are there")
        per_frame = words_per_frame(self.radar, self.capture_format)
        words = self.read_words(start * per_frame, stop * per_frame)
        return decode_words(self.radar, self.capture_format, words, self.iq_order)

    def read(self, start: int, stop: int) -> Complex64[np.ndarray, "frame chirp tx rx sample"]:
        """Some frames as complex ADC codes; times `volts_per_code` they are volts.

        Args:
            start: first frame.
            stop: the frame after the last.
        """
        return to_complex(self.capture_format, self.read_codes(start, stop))

    def blocks(
        self, frames_per_block: int
    ) -> Iterator[Complex64[np.ndarray, "frame chirp tx rx sample"]]:
        """All frames in order, some at a time; the last block may be shorter."""
        for start in range(0, self.num_frames, frames_per_block):
            yield self.read(start, min(start + frames_per_block, self.num_frames))

    @cached_property
    def lost_packets(self) -> LostPackets:
        """Lost packets by sequence numbers, or by runs of zeros; reads the file once."""
        if self.recorded_losses is not None:
            return self.recorded_losses
        per_frame = words_per_frame(self.radar, self.capture_format)
        return find_lost_packets(
            self.read_words, self.num_frames * per_frame, per_frame, SCAN_WORDS
        )

    @property
    def findings(self) -> tuple[str, ...]:
        """`notes`, and what is missing, in words; reads the file once."""
        lost = self.lost_packets.describe(self.num_frames)
        return (*self.notes, lost) if lost else self.notes

    @property
    def dropped_packets(self) -> int:
        """Packets that the board sent and nobody stored."""
        return self.lost_packets.packets

    @property
    def dropped_frames(self) -> int:
        """Frames that lack at least part of a packet."""
        return len(self.lost_packets.frames)
