"""Progress of a build, as a bar in a terminal or as lines in a log file or batch system."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

from tqdm import tqdm

from pipelines.plan import Plan

# Time between log lines, chosen so that the log of a week-long build stays readable. The first
# clips are logged immediately.
LINE_EVERY_S = 30.0


class Progress:
    """Display of the finished clips, the frames per second and the remaining time.

    Args:
        plan: all clips of the build.
        quiet: whether to show nothing.
        stream: output stream; a terminal shows a bar, and any other stream gets one line every
            `LINE_EVERY_S`.
    """

    def __init__(self, plan: Plan, quiet: bool, stream: TextIO | None = None):
        self._stream = stream or sys.stderr
        self._lines = not quiet and not self._stream.isatty()
        self._bar = tqdm(
            total=len(plan.clips),
            unit="clip",
            disable=quiet or self._lines,
            dynamic_ncols=True,
            file=self._stream,
        )
        self._sizes = {shard: len(plan.shard(shard)) for shard in range(plan.num_shards)}
        self._total = len(plan.clips)
        self._clips: dict[int, int] = {}
        self._frames: dict[int, int] = {}
        self._found = 0
        self._start_s = time.monotonic()
        self._last_line_s = -LINE_EVERY_S
        self._bar.set_postfix_str("compiling")
        if self._lines:
            print("compiling; the first clips take up to a minute", file=self._stream, flush=True)

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()
        if self._lines and self._clips:
            self._print_line()

    def callback_for(self, shard: int) -> Callable[[int, int], None]:
        """Progress callback for the task of a shard, called after each clip."""
        return lambda num_clips, num_frames: self.update(shard, num_clips, num_frames)

    def update(self, shard: int, num_clips: int, num_frames: int) -> None:
        """Set the numbers of finished clips and frames of a shard; smaller numbers are ignored."""
        new = num_clips - self._clips.get(shard, 0)
        if new <= 0:
            return
        self._clips[shard], self._frames[shard] = num_clips, num_frames
        self._bar.set_postfix_str(f"{self._rate():.1f} frames/s", refresh=False)
        self._bar.update(new)
        if self._lines and time.monotonic() - self._last_line_s >= LINE_EVERY_S:
            self._print_line()

    def finished(self, shard: int, outcome: dict | Exception) -> None:
        """Count a finished shard; shards that an earlier build finished do not affect the rate."""
        if isinstance(outcome, Exception):
            return
        if not outcome.get("found"):
            self.update(shard, self._sizes[shard], outcome["frames"])
            return
        self._clips[shard] = self._sizes[shard]
        self._found += self._sizes[shard]
        if not self._bar.disable:
            self._bar.initial += self._sizes[shard]
            self._bar.update(self._sizes[shard])

    def _rate(self) -> float:
        """Simulation rate of this run in frames per second."""
        return sum(self._frames.values()) / max(time.monotonic() - self._start_s, 1e-3)

    def _print_line(self) -> None:
        self._last_line_s = time.monotonic()
        clips = sum(self._clips.values())
        made = clips - self._found
        left_s = (self._total - clips) * (self._last_line_s - self._start_s) / max(made, 1)
        left = f"{left_s / 60:.0f} min left" if made else "time left unknown"
        text = f"{clips}/{self._total} clips, {self._rate():.1f} frames/s, {left}"
        print(text, file=self._stream, flush=True)
