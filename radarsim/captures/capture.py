"""A recorded capture, read as IF cubes with the same axes and signs as simulated cubes.

Frames are read from the file on request, so a capture of 20 GB never has to fit in memory.
`files.open_capture` creates a `Capture`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Complex64, Int16

from radarsim.captures.dca1000_codec import (
    decode_words,
    to_complex,
    words_per_chirp,
    words_per_frame,
)
from radarsim.captures.lost_packets import LostPackets, cut_chirps, find_lost_packets
from radarsim.errors import InputError
from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.radar import Radar

# Number of 16-bit words held in memory during a scan of the whole capture (32 MB).
SCAN_WORDS = 1 << 24

# Prefix of notes that the user should not ignore.
WARNING = "warning: "


@dataclass(frozen=True, kw_only=True, eq=False)
class Capture:
    """Frames of one recording.

    Attributes:
        name: name of the file, for messages.
        radar: radar settings: counts, timing and antennas.
        capture_format: order of the 16-bit words in the file.
        num_frames: number of complete frames.
        iq_order: "i_first" or "q_first".
        iq_evidence: text that explains how the I/Q order was determined.
        notes: remarks about the file for the user; those that begin with "warning: " mean that
            the file and its configuration contradict each other, or that parts are missing.
        read_words: function that returns the 16-bit words from one index up to, but excluding,
            another; lost packets read as zeros.
        recorded_losses: packets that are missing according to the sequence numbers of a `.pcap`;
            None for a `.bin` file, which contains no sequence numbers.
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
        """Voltage at the ADC per code [V]."""
        return self.radar.receiver.adc_step_v

    @property
    def duration_s(self) -> float:
        """Time from the start of the first frame to the end of the last frame [s]."""
        return self.num_frames * self.radar.frame.period_s

    @property
    def assumed(self) -> tuple[str, ...]:
        """Radar settings that were guessed, from `CaptureFormat.assumed`."""
        return self.capture_format.assumed

    def read_codes(self, start: int, stop: int) -> Int16[np.ndarray, "frame chirp tx rx sample 2"]:
        """Read the ADC codes of the frames from `start` up to `stop` (`dca1000_codec`).

        Args:
            start: index of the first frame.
            stop: index after the last frame.

        Raises:
            InputError: the frames are outside the capture, or the file can no longer be read.
        """
        if not 0 <= start <= stop <= self.num_frames:
            problem = f"{start} to {stop} requested; the capture has {self.num_frames}"
            raise InputError(self.name, "frames", problem, "request frames that exist")
        per_frame = words_per_frame(self.radar, self.capture_format)
        words = self.read_words(start * per_frame, stop * per_frame)
        return decode_words(self.radar, self.capture_format, words, self.iq_order)

    def read(self, start: int, stop: int) -> Complex64[np.ndarray, "frame chirp tx rx sample"]:
        """Read frames as complex ADC codes; multiply by `volts_per_code` for volts.

        Args:
            start: index of the first frame.
            stop: index after the last frame.
        """
        return to_complex(self.capture_format, self.read_codes(start, stop))

    def blocks(
        self, frames_per_block: int
    ) -> Iterator[Complex64[np.ndarray, "frame chirp tx rx sample"]]:
        """Iterate over all frames in blocks; the last block may be shorter."""
        for start in range(0, self.num_frames, frames_per_block):
            yield self.read(start, min(start + frames_per_block, self.num_frames))

    @cached_property
    def lost_packets(self) -> LostPackets:
        """Lost packets, found from sequence numbers or runs of zeros; the file is scanned once."""
        if self.recorded_losses is not None:
            return self.recorded_losses
        per_frame = words_per_frame(self.radar, self.capture_format)
        per_loop = per_frame // self.radar.frame.num_chirps
        num_words = self.num_frames * per_frame
        return find_lost_packets(self.read_words, num_words, per_frame, per_loop, SCAN_WORDS)

    def cut_chirps(self, start: int, stop: int) -> Bool[np.ndarray, "frame chirp tx"]:
        """Find the chirps of the frames from `start` up to `stop` that lack at least one word.

        Args:
            start: index of the first frame.
            stop: index after the last frame.
        """
        radar, per_chirp = self.radar, words_per_chirp(self.radar, self.capture_format)
        shape = (stop - start, radar.frame.num_chirps, radar.array.num_tx)
        per_frame = words_per_frame(radar, self.capture_format)
        span = range(start * per_frame, stop * per_frame, per_chirp)
        cut = cut_chirps(self.lost_packets.runs, span).reshape(shape)
        return cut[:, :, np.argsort(radar.frame.tx_order)]

    @property
    def warnings(self) -> tuple[str, ...]:
        """The `notes` that are warnings."""
        return tuple(note for note in self.notes if note.startswith(WARNING))

    @property
    def findings(self) -> tuple[str, ...]:
        """The notes and, if packets were lost, a line about the loss; the file is scanned once."""
        lost = self.lost_packets.describe(self.num_frames)
        return (*self.notes, lost) if lost else self.notes

    @property
    def dropped_packets(self) -> int:
        """Number of packets that the board sent but that are missing from the file."""
        return self.lost_packets.packets

    @property
    def dropped_frames(self) -> int:
        """Number of frames that lack at least part of a packet."""
        return len(self.lost_packets.frames)
