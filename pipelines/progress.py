"""How far a build is: a bar in a terminal, plain lines in a log or under a batch system."""

import sys
import time
from typing import TextIO

from tqdm import tqdm

from pipelines.plan import Plan

# A log of a week's build stays readable: a line this often, but the first clips come at once.
LINE_EVERY_S = 30.0


class Progress:
    """Clips, frames per second and time left.

    Args:
        plan: what there is to do.
        quiet: say nothing.
        stream: where to; a terminal gets a bar, anything else a line now and then.
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
        self._said_s = -LINE_EVERY_S

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()
        if self._lines and self._clips:
            self._say()

    def making(self, shard: int):
        """What a task of this shard calls after each clip."""
        return lambda num_clips, num_frames: self.made(shard, num_clips, num_frames)

    def made(self, shard: int, num_clips: int, num_frames: int) -> None:
        """A clip more; late news of a shard that is already counted changes nothing."""
        more = num_clips - self._clips.get(shard, 0)
        if more <= 0:
            return
        self._clips[shard], self._frames[shard] = num_clips, num_frames
        self._bar.set_postfix_str(f"{self._rate():.1f} frames/s", refresh=False)
        self._bar.update(more)
        if self._lines and time.monotonic() - self._said_s >= LINE_EVERY_S:
            self._say()

    def finished(self, shard: int, outcome: dict | Exception) -> None:
        """A shard came in; one found done does not count towards the rate."""
        if isinstance(outcome, Exception):
            return
        if not outcome.get("found"):
            self.made(shard, self._sizes[shard], outcome["frames"])
            return
        self._clips[shard] = self._sizes[shard]
        self._found += self._sizes[shard]
        if not self._bar.disable:
            self._bar.initial += self._sizes[shard]
            self._bar.update(self._sizes[shard])

    def _rate(self) -> float:
        """Frames per second of this run."""
        return sum(self._frames.values()) / max(time.monotonic() - self._start_s, 1e-3)

    def _say(self) -> None:
        self._said_s = time.monotonic()
        clips = sum(self._clips.values())
        made = clips - self._found
        left_s = (self._total - clips) * (self._said_s - self._start_s) / max(made, 1)
        left = f"{left_s / 60:.0f} min left" if made else "time left unknown"
        text = f"{clips}/{self._total} clips, {self._rate():.1f} frames/s, {left}"
        print(text, file=self._stream, flush=True)
