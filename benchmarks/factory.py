"""Speed and peak memory of dataset builds, and the share of each step in the run time.

    python -m benchmarks.factory                  rates and time shares with the paper's radar
    python -m benchmarks.factory --memory         peak memory: few clips, many clips, a long motion
    python -m benchmarks.factory --engine         builds compared with the simulator alone
    python -m benchmarks.factory --plan FILE      prediction for the GPU of a plan and its cores

Builds use the built-in activities and the free body, and run through `pipelines.run` like any other
build. Memory is measured with a small radar and clips of two frames, because a thousand clips with
the paper's radar would take hours, and only the growth of memory with the number of clips is of
interest.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.machine_info import commit
from benchmarks.timed_folder import TimedFolder
from radarsim.errors import InputError

# Interval between two readings of a build's memory use.
SAMPLE_EVERY_S = 0.2
# Duration of the long motion.
LONG_S = 20 * 60.0


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = make_parser().parse_args(arguments)
    if options.child:
        _run_child(json.loads(options.child))
        return 0
    result = {"commit": commit()}
    if options.plan or options.gpu_frames_per_s:
        try:
            result["prediction"] = prediction(options)
        except InputError as error:
            print(error, file=sys.stderr)
            return 2
    elif options.engine:
        result["engine"] = beside_engine(options)
    elif options.memory:
        result["memory"] = memory(options.clips)
    else:
        result["rates"] = [rate(options.rate_clips, workers) for workers in options.workers]
        result["shares"] = shares(options.rate_clips)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


def prediction(options: argparse.Namespace) -> dict:
    """Rates of one core of this machine, and the predicted time of datasets on a GPU."""
    from benchmarks import factory_plan
    from benchmarks.machine_info import processor

    card, frames_per_s = "a GPU", options.gpu_frames_per_s
    if options.plan:
        card, frames_per_s = factory_plan.planned_frames_per_s(options.plan)
    planned = plan_build(factory_plan.TIMED_CLIPS + 1, small=False, keep_cubes="off")
    rates = factory_plan.measure_rates(planned)
    period_s = planned.plan.recipe.radar.frame.period_s
    found = factory_plan.predict(rates, frames_per_s, options.gpu_cores, period_s)
    print(factory_plan.prediction_text(card, found))
    return {"card": card, "measured_on": processor(), "rates": rates, **found}


def beside_engine(options: argparse.Namespace) -> dict:
    """Compare a build with the simulator alone, for the largest number of workers."""
    from benchmarks.factory_engine import compare, engine_text
    from benchmarks.machine_info import processor

    found = compare(options.preset, options.rate_clips, max(options.workers))
    print(engine_text(found))
    return {"measured_on": processor(), "load_average": os.getloadavg()[0], **found}


def rate(num_clips: int, workers: int) -> dict:
    """Frames and megabytes per second of a build, after a build that compiles all programs."""
    task = {"clips": num_clips, "workers": workers, "small": False}
    _monitored_build({**task, "clips": workers})
    return {"workers": workers, **_monitored_build(task)}


def memory(counts: list[int]) -> list[dict]:
    """Peak memory of builds with different clip counts, and of a build from a 20-minute motion."""
    tasks = [{"clips": count, "workers": 1, "small": True} for count in counts]
    # Fill the compilation cache first: compilation also needs memory, which would otherwise be
    # attributed to the number of clips.
    _monitored_build(max(tasks, key=lambda task: task["clips"]))
    with tempfile.TemporaryDirectory() as folder:
        write_long_motion(Path(folder, "long_poses.npz"))
        tasks.append({"clips": 0, "workers": 1, "small": True, "motions": folder})
        return [{"long_motion": "motions" in task, **_monitored_build(task)} for task in tasks]


def write_long_motion(path: Path) -> None:
    """Write a 20-minute AMASS file: one minute of motion, played forwards and backwards in turn."""
    import numpy as np

    from builders.activities import perform
    from builders.corpus.writer import amass_bytes

    minute = perform("march_in_place", duration_s=60.0)
    poses = np.pad(np.arange(minute.num_poses), (0, round(LONG_S * minute.rate_hz)), "reflect")
    poses = poses[: round(LONG_S * minute.rate_hz) + 1]
    long = replace(minute, poses_rad=minute.poses_rad[poses], transl_m=minute.transl_m[poses])
    path.write_bytes(amass_bytes(long))


def shares(num_clips: int) -> dict:
    """Fractions of one worker's time spent on simulating, encoding and writing the first shard."""
    from pipelines.clip_simulation import make_clip
    from pipelines.storage import LocalFolder
    from pipelines.store_writer import prepare

    planned = plan_build(num_clips, small=False)
    make = partial(make_clip, planned.plan.recipe, keep_cubes=True)
    first = planned.plan.clips[0]
    make(first, planned.takes[first.take])  # The first call includes compilation.
    with tempfile.TemporaryDirectory() as place:
        folder = TimedFolder(LocalFolder(place))
        prepare(folder, planned.store_spec)
        spent_s = _shard_times(planned, make, folder)
    whole_s = sum(spent_s.values())
    return {name: round(seconds / whole_s, 4) for name, seconds in spent_s.items()}


def _shard_times(planned: "PlannedBuild", make: Callable, folder: "TimedFolder") -> dict:
    """Make and write the first shard; return the time of each step [s]."""
    from pipelines.store_writer import ShardWriter

    spent_s = {"simulate": 0.0, "encode": 0.0}
    folder.spent_s = 0.0
    writer = ShardWriter(folder, planned.store_spec, 0)
    for clip in planned.plan.shard(0):
        start_s = time.perf_counter()
        arrays = make(clip, planned.takes[clip.take])
        made_s = time.perf_counter()
        writer.add(clip.row, clip.id, arrays)
        spent_s["simulate"] += made_s - start_s
        spent_s["encode"] += time.perf_counter() - made_s
    start_s = time.perf_counter()
    writer.finish({}, {})
    spent_s["encode"] += time.perf_counter() - start_s - folder.spent_s
    return {**spent_s, "write": folder.spent_s}


@dataclass
class PlannedBuild:
    plan: object
    takes: dict
    store_spec: object


def plan_build(
    num_clips: int, small: bool, motions: str | None = None, keep_cubes: str = "on"
) -> PlannedBuild:
    """Plan a build of short built-in activities, or of a folder of motion files."""
    from builders.sources.takes import amass_takes, built_in_takes
    from pipelines.clip_selection import select_clips
    from pipelines.plan import make_plan
    from pipelines.recipe import Clips, Keep, Recipe
    from pipelines.store_spec import make_store_spec
    from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

    radar = BOARDS[DEFAULT_BOARD]
    clips, keep = Clips(), Keep(if_cubes=keep_cubes)
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
    return PlannedBuild(plan, takes, make_store_spec(plan, takes))


def _run_child(task: dict) -> None:
    """Run the part of a measurement that needs a separate process, and print the result."""
    if "engine" in task:
        from benchmarks.factory_engine import stages

        print(json.dumps(stages(*task["engine"])))
    else:
        _child(**task)


def _child(clips: int, workers: int, small: bool, out: str, motions: str | None = None) -> None:
    """Run one build in a separate process whose memory use is sampled."""
    import jax

    jax.config.update("jax_platforms", "cpu")
    from pipelines.clip_maker import ClipMaker
    from pipelines.run import build

    planned = plan_build(clips, small, motions)
    stage = ClipMaker(keep_cubes=True)
    start_s = time.monotonic()
    summary = build(
        planned.plan, planned.takes, out, planned.store_spec, stage, workers=workers, quiet=True
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


def _monitored_build(task: dict) -> dict:
    """Run a build in a child process; return the reported figures and the peak memory [MB]."""
    import psutil

    place = tempfile.mkdtemp()
    task = json.dumps({**task, "out": f"{place}/s.zarr"})
    command = [sys.executable, "-m", "benchmarks.factory", "--child", task]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peaks: dict[str, float] = {"build": 0.0, "worker": 0.0}
    try:
        monitored = psutil.Process(child.pid)
        while child.poll() is None:
            for name, bytes_ in _in_use(monitored).items():
                peaks[name] = max(peaks[name], bytes_ / 1e6)
            time.sleep(SAMPLE_EVERY_S)
        figures = json.loads(child.stdout.read().splitlines()[-1])
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return {**figures, "peak_mb": {name: round(peak) for name, peak in peaks.items()}}


def _in_use(process) -> dict[str, float]:
    """Resident memory [bytes] of the build process and of its largest worker."""
    import psutil

    used = {"build": 0.0, "worker": 0.0}
    try:
        used["build"] = process.memory_info().rss
        for child in process.children(recursive=True):
            used["worker"] = max(used["worker"], child.memory_info().rss)
    except psutil.Error:
        pass  # the process has just exited
    return used


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.factory",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--memory", action="store_true", help="measure memory instead of rates")
    parser.add_argument(
        "--engine",
        action="store_true",
        help="measure a build and the simulator alone on the same clips, and the remaining steps",
    )
    parser.add_argument(
        "--preset",
        default="zeroshot",
        metavar="NAME",
        help="bundled recipe whose first clips --engine uses (default: zeroshot)",
    )
    add = partial(parser.add_argument, type=int, metavar="N")
    add(
        "--clips",
        nargs="+",
        default=[50, 1000],
        help="numbers of clips for --memory (default: 50 1000)",
    )
    add("--rate-clips", default=8, help="clips per build without --memory (default: 8)")
    add("--workers", nargs="+", default=[1, 2], help="numbers of workers (default: 1 2)")
    parser.add_argument(
        "--plan",
        type=Path,
        metavar="FILE",
        help="predict large datasets for the GPU of this plan (JSON of benchmarks.gpu_plan)",
    )
    parser.add_argument(
        "--gpu-frames-per-s",
        type=float,
        metavar="RATE",
        help="instead of --plan: frames per second from poses to heatmaps",
    )
    add("--gpu-cores", default=16, help="cores of the GPU's machine, per GPU (default: 16)")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the results to this file"
    )
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
