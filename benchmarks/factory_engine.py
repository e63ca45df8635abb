"""Rate of dataset builds relative to the simulator alone, for the same clips in one run.

    python -m benchmarks.factory --engine --preset zeroshot --rate-clips 16 --workers 2

The simulator alone ("engine") computes the IF cubes and the arrays of the store from clips whose
poses are already prepared and whose programs are already compiled, with as many processes as the
build has workers. The build is the command `builders.amass`, from its start to the finished store.
Both are measured in wall time and in processor time per frame, which is less sensitive to other
load on the machine.

The first build begins with an empty cache of compiled programs, as after the installation, and the
second build loads the programs of the first build. With `--rate-clips 1 --workers 1`, the time
of the first build is the time to the first clip.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.store_reader import Store

# Steps of a worker that the engine does not perform. The remaining steps of a build are the start
# of processes, the plan of the dataset and the loading of compiled programs.
WORKER_STEPS = ("prepare", "store")


def compare(preset: str, num_clips: int, workers: int) -> dict:
    """Measure the engine and builds of the same clips, and return the ratios of their rates.

    Args:
        preset: name of a bundled recipe.
        num_clips: number of clips, taken from the start of the preset.
        workers: largest number of worker processes of the build, and of processes of the engine.

    Returns:
        Measured values of the engine and of the builds, and their ratios.
    """
    from pipelines.plan import clips_per_shard

    # A worker makes whole shards, so a build of few clips has fewer workers.
    workers = min(workers, -(-num_clips // clips_per_shard(num_clips)))
    wanted = ["--preset", preset, "--if-cubes", "off"]
    wanted += ["--limit", str(num_clips), "--workers", str(workers)]
    with tempfile.TemporaryDirectory() as folder:
        place, programs = Path(folder), Path(folder, "programs")
        cold = _built(place / "cold.zarr", wanted, programs)
        engine = _engine(place / "cold.zarr", workers, programs)
        warm = _built(place / "warm.zarr", wanted, programs)
    return {"clips": num_clips, "workers": workers, **figures(engine, cold, warm)}


def figures(engine: Sequence[dict], cold: dict, warm: dict) -> dict:
    """Return frame rates, processor times per frame, and their ratios.

    Args:
        engine: result of `stages` for each process of the engine.
        cold, warm: times of the build with an empty and with a filled cache of programs.
    """
    frames = sum(each["frames"] for each in engine)
    engine_rate = frames / max(each["engine_wall_s"] for each in engine)
    build_rate = frames / warm["wall_s"]
    spent_ms = {
        name: 1e3 * sum(each["processor_s"][name] for each in engine) / frames
        for name in engine[0]["processor_s"]
    }
    warm_ms, cold_ms = (1e3 * each["processor_s"] / frames for each in (warm, cold))
    return {
        "frames": frames,
        "build_with_empty_cache": cold,
        "build_with_cached_programs": warm,
        "engine_frames_per_s": engine_rate,
        "build_frames_per_s": build_rate,
        "ratio_by_wall_time": build_rate / engine_rate,
        "ratio_by_processor_time": spent_ms["engine"] / warm_ms,
        "ratio_with_empty_cache": spent_ms["engine"] / cold_ms,
        "ratio_of_steps": spent_ms["engine"] / sum(spent_ms.values()),
        "processor_ms_per_frame": {
            "build": warm_ms,
            **spent_ms,
            "rest": warm_ms - sum(spent_ms.values()),
        },
    }


def engine_text(found: dict) -> str:
    """Return the results as text for the terminal."""
    spent = found["processor_ms_per_frame"]
    parts = ", ".join(f"{name} {each:.1f}" for name, each in spent.items())
    cold, empty = found["ratio_with_empty_cache"], found["build_with_empty_cache"]
    return "\n".join(
        [
            f"{found['clips']} clips, {found['frames']} frames, {found['workers']} workers:",
            f"  engine {found['engine_frames_per_s']:.1f} frames/s, "
            f"build {found['build_frames_per_s']:.1f} frames/s",
            f"  build relative to engine: {found['ratio_by_wall_time']:.0%} by wall time, "
            f"{found['ratio_by_processor_time']:.0%} by processor time "
            f"({cold:.0%} with an empty cache of programs, {found['ratio_of_steps']:.0%} without "
            "the start of processes, the plan and the loading of programs)",
            f"  processor time per frame [ms]: {parts}",
            f"  build with an empty cache: {empty['processor_s']:.0f} s of processor time, "
            f"{empty['wall_s']:.0f} s of wall time",
        ]
    )


def _built(out: Path, wanted: Sequence[str], programs: Path) -> dict:
    """Run `builders.amass` and return its wall time and the processor time of all processes."""
    environment = {**os.environ, **_cache(programs)}
    command = [sys.executable, "-m", "builders.amass", "--out", str(out), "--quiet", *wanted]
    before, start_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    wall_s, after = time.monotonic() - start_s, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": wall_s, "processor_s": spent_s}


def _cache(programs: Path) -> dict[str, str]:
    """Return the environment variables of a program cache, as set by `worker_environment`."""
    return {
        "JAX_COMPILATION_CACHE_DIR": str(programs),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.5",
    }


def _engine(store: Path, workers: int, programs: Path) -> list[dict]:
    """Run the processes of the engine at the same time, each for its share of the clips."""
    from pipelines.worker_environment import worker_environment

    environment = {**os.environ, **worker_environment(), **_cache(programs)}
    command = [sys.executable, "-m", "benchmarks.factory", "--child"]
    tasks = [json.dumps({"engine": [str(store), index, workers]}) for index in range(workers)]
    children = [
        subprocess.Popen([*command, task], env=environment, stdout=subprocess.PIPE, text=True)
        for task in tasks
    ]
    outputs = [child.communicate()[0] for child in children]
    if any(child.returncode for child in children):
        raise RuntimeError("a process of the engine failed; its message is above")
    return [json.loads(output.splitlines()[-1]) for output in outputs]


def stages(store: str, first: int, step: int) -> dict:
    """Time the stages of every `step`-th clip of a store, in a separate process.

    Every clip is simulated twice, and only the second simulation is timed, because the programs of
    the clip are then already loaded.

    Args:
        store: path of the store whose clips are simulated again.
        first: row of the first clip.
        step: distance between the rows of successive clips.

    Raises:
        RuntimeError: the simulated values of a clip differ from the stored values.
    """
    from pipelines.store_reader import Store
    from pipelines.subjects import fit_take

    built, num_frames = Store(store), 0
    with tempfile.TemporaryDirectory() as place:
        _make_again(built, first, Path(place, "first"), _Watch())  # imports and loads programs
        fit_take.cache_clear()
        watch = _Watch()
        for row in range(first, built.num_clips, step):
            _make_again(built, row, Path(place, str(row)), watch)
            num_frames += built.recipe.num_frames
    return {
        "frames": num_frames,
        "engine_wall_s": watch.wall_s["engine"],
        "processor_s": {name: watch.processor_s[name] for name in ("engine", *WORKER_STEPS)},
    }


def _make_again(built: "Store", row: int, place: Path, watch: "_Watch") -> None:
    """Simulate and store one clip of a store again, and time the steps."""
    from builders.sources.motion_lookup import MotionPaths, find_source_take
    from pipelines.clip_simulation import cube_of_clip, prepare_clip
    from pipelines.cube_arrays import arrays_of_cube
    from pipelines.room_arrays import arrays_of_room
    from pipelines.store_checks import compare_arrays

    recipe, clip = built.recipe, built.clips[row]
    take = find_source_take(recipe, clip, MotionPaths())
    with watch.timed("prepare"):
        prepared = prepare_clip(recipe, clip, take)
    for name in ("load", "engine"):
        with watch.timed(name):
            cube_v, room = cube_of_clip(recipe, prepared)
            arrays = arrays_of_cube(recipe, clip, cube_v, keep_cubes=False)
            arrays |= {} if room is None else arrays_of_room(room)
    with watch.timed("store"):
        _store(built, clip, take, arrays, place)
    if compare_arrays({name: built.array(name, row) for name in arrays}, arrays):
        raise RuntimeError(f"{clip.id}: the engine and the build computed different values")


def _store(built, clip, take, arrays: dict, place: Path) -> None:
    """Encode the arrays of one clip, and write the arrays as the only shard of a new store."""
    from pipelines.plan import make_plan
    from pipelines.storage import LocalFolder
    from pipelines.store_spec import make_store_spec
    from pipelines.store_writer import ShardWriter

    plan, takes = make_plan(built.recipe, [clip]), dict.fromkeys(clip.takes, take)
    writer = ShardWriter(LocalFolder(place), make_store_spec(plan, takes), 0)
    writer.add(0, clip.id, arrays)
    writer.finish({}, {})


class _Watch:
    """Wall time and processor time [s] of named steps, summed over clips."""

    def __init__(self):
        self.wall_s, self.processor_s = Counter(), Counter()

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        start_s, start_processor_s = time.perf_counter(), time.process_time()
        yield
        self.wall_s[name] += time.perf_counter() - start_s
        self.processor_s[name] += time.process_time() - start_processor_s
