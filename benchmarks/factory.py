"""What does a dataset cost: frames and bytes per second, memory, and where the time goes?

    python -m benchmarks.factory                  rates and shares, with the paper's radar
    python -m benchmarks.factory --memory         peak memory: few clips, many, a long motion

Builds are real (built-in activities, free body) and go through `pipelines.run`, as a user's would.
Memory is measured with a small radar and clips of two frames, as a thousand clips of the paper's
take hours: it is what grows with clips that is looked for, not what one clip takes.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.machine_info import commit

SAMPLE_EVERY_S = 0.2
LONG_S = 20 * 60.0


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit status."""
    options = _parser().parse_args(arguments)
    if options.child:
        _child(**json.loads(options.child))
        return 0
    result = {"commit": commit()}
    if options.memory:
        result["memory"] = memory(options.clips)
    else:
        result["rates"] = [rate(options.rate_clips, workers) for workers in options.workers]
        result["shares"] = shares(options.rate_clips)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


def rate(num_clips: int, workers: int) -> dict:
    """Frames and megabytes per second of one build; a first one compiles and is not counted."""
    task = {"clips": num_clips, "workers": workers, "small": False}
    _watched({**task, "clips": workers})
    return {"workers": workers, **_watched(task)}


def memory(counts: list[int]) -> list[dict]:
    """Peak memory of builds of so many clips, and of one motion of twenty minutes."""
    tasks = [{"clips": count, "workers": 1, "small": True} for count in counts]
    # What any of them compiles is in the cache for all: compiling takes memory, too, and a build
    # that meets a new program would seem to need more for having more clips.
    _watched(max(tasks, key=lambda task: task["clips"]))
    with tempfile.TemporaryDirectory() as folder:
        write_long_motion(Path(folder, "long_poses.npz"))
        tasks.append({"clips": 0, "workers": 1, "small": True, "motions": folder})
        return [{"long_motion": "motions" in task, **_watched(task)} for task in tasks]


def write_long_motion(path: Path) -> None:
    """Twenty minutes in a file as AMASS has them: a minute of a performance, to and fro."""
    import numpy as np

    from builders.activities import perform
    from builders.corpus.writer import amass_bytes

    minute = perform("march_in_place", duration_s=60.0)
    rounds = np.pad(np.arange(minute.num_poses), (0, round(LONG_S * minute.rate_hz)), "reflect")
    rounds = rounds[: round(LONG_S * minute.rate_hz) + 1]
    long = replace(minute, poses_rad=minute.poses_rad[rounds], transl_m=minute.transl_m[rounds])
    path.write_bytes(amass_bytes(long))


def shares(num_clips: int) -> dict:
    """Where one worker's time goes: simulation, encoding, writing."""
    from pipelines.stages import make_clip
    from pipelines.storage import LocalFolder
    from pipelines.store_writer import ShardWriter, prepare

    build = _build(num_clips, small=False)
    clips = build.plan.clips
    stage = partial(make_clip, keep_cubes=True)
    make = partial(stage, build.plan.recipe)
    make(clips[0], build.takes[clips[0].take])
    spent_s = {"simulate": 0.0, "encode": 0.0, "write": 0.0}
    with tempfile.TemporaryDirectory() as place:
        folder = _Timed(LocalFolder(place))
        prepare(folder, build.blueprint)
        folder.spent_s = 0.0
        writer = ShardWriter(folder, build.blueprint, 0)
        for clip in build.plan.shard(0):
            start_s = time.perf_counter()
            arrays = make(clip, build.takes[clip.take])
            made_s = time.perf_counter()
            writer.add(clip.row, clip.id, arrays)
            spent_s["simulate"] += made_s - start_s
            spent_s["encode"] += time.perf_counter() - made_s
        start_s = time.perf_counter()
        writer.finish({}, {})
        spent_s["encode"] += time.perf_counter() - start_s - folder.spent_s
        spent_s["write"] = folder.spent_s
    whole_s = sum(spent_s.values())
    return {name: round(seconds / whole_s, 4) for name, seconds in spent_s.items()}


class _Timed:
    """A folder that knows how long it wrote."""

    def __init__(self, folder):
        self._folder, self.spent_s = folder, 0.0

    def __getattr__(self, name):
        return getattr(self._folder, name)

    def write(self, path, data):
        start_s = time.perf_counter()
        self._folder.write(path, data)
        self.spent_s += time.perf_counter() - start_s


@dataclass
class _Planned:
    plan: object
    takes: dict
    blueprint: object


def _build(num_clips: int, small: bool, motions: str | None = None) -> _Planned:
    """The plan of a build: short performances, or a folder of motion files."""
    from builders.sources.takes import amass_takes, built_in_takes
    from pipelines.blueprint import make_blueprint
    from pipelines.clip_selection import select_clips
    from pipelines.plan import make_plan
    from pipelines.recipe import Clips, Keep, Recipe
    from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

    radar = BOARDS[DEFAULT_BOARD]
    clips, keep = Clips(), Keep(if_cubes="on")
    if small:
        frame = replace(radar.frame, num_chirps=160, period_s=0.2, tx_order=(0,))
        chirp, array = replace(radar.chirp, num_samples=64), radar.array.with_tx((0,))
        radar = replace(radar, frame=frame, chirp=chirp, array=array)
        clips = Clips(length_s=0.4, stride_s=2.0, min_frames=2)
    recipe = Recipe(radar=radar, clips=clips, keep=keep)
    built_in = built_in_takes(num_clips, 8, 0, clips.length_s)
    found = amass_takes(motions) if motions else built_in
    takes = {take.id: take for take in found}
    plan = make_plan(recipe, [clip for take in found for clip in select_clips(recipe, take).clips])
    return _Planned(plan, takes, make_blueprint(plan, takes))


def _child(clips: int, workers: int, small: bool, out: str, motions: str | None = None) -> None:
    """One build, in a process of its own that is watched."""
    import jax

    jax.config.update("jax_platforms", "cpu")
    from pipelines.run import build
    from pipelines.stages import make_clip

    planned = _build(clips, small, motions)
    stage = partial(make_clip, keep_cubes=True)
    start_s = time.monotonic()
    summary = build(
        planned.plan, planned.takes, out, planned.blueprint, stage, workers=workers, quiet=True
    )
    assert not summary.unfinished, summary.unfinished[:1]
    spent_s = time.monotonic() - start_s
    print(
        json.dumps(
            {
                "clips": summary.num_clips,
                "frames": summary.num_frames,
                "frames_per_s": round(summary.num_frames / spent_s, 2),
                "mb_per_s": round(summary.num_bytes / 1e6 / spent_s, 2),
                "seconds": round(spent_s, 1),
            }
        )
    )


def _watched(task: dict) -> dict:
    """What a build says of itself, and the most memory that its processes took together [MB]."""
    import psutil

    place = tempfile.mkdtemp()
    task = json.dumps({**task, "out": f"{place}/s.zarr"})
    command = [sys.executable, "-m", "benchmarks.factory", "--child", task]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peaks: dict[str, float] = {"build": 0.0, "worker": 0.0}
    try:
        watched = psutil.Process(child.pid)
        while child.poll() is None:
            for name, bytes_ in _in_use(watched).items():
                peaks[name] = max(peaks[name], bytes_ / 1e6)
            time.sleep(SAMPLE_EVERY_S)
        said = json.loads(child.stdout.read().splitlines()[-1])
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return {**said, "peak_mb": {name: round(peak) for name, peak in peaks.items()}}


def _in_use(process) -> dict[str, float]:
    """Memory of the build itself and of its largest worker [bytes]."""
    import psutil

    used = {"build": 0.0, "worker": 0.0}
    try:
        used["build"] = process.memory_info().rss
        for child in process.children(recursive=True):
            used["worker"] = max(used["worker"], child.memory_info().rss)
    except psutil.Error:
        pass  # it just ended
    return used


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.factory",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--memory", action="store_true", help="measure memory, not rates")
    parser.add_argument(
        "--clips", type=int, nargs="+", default=[50, 1000], metavar="N",
        help="clips of the builds whose memory is measured (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--rate-clips", type=int, default=8, metavar="N", help="clips of the others (%(default)s)"
    )
    parser.add_argument(
        "--workers", type=int, nargs="+", default=[1, 2], metavar="N", help="(%(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
