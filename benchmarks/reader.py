"""How fast do random training windows come out of a store: three maps of 224 columns each?

    python -m benchmarks.reader --json reader.json

Writes a store of noise through the writer that builds use (noise compresses worse than echoes do:
the hard case), then reads windows at random through tensorstore with many reads in flight, through
zarr one by one, and whole clips in their order. All from a warm cache, in turns.
"""

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine_info import commit

WINDOW = 224
IN_FLIGHT = 64


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns the exit status."""
    options = _parser().parse_args(arguments)
    place = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        num_clips = write_store(place / "noise.zarr", options.gigabytes)
        result = {"commit": commit(), **measure(place / "noise.zarr", num_clips, options)}
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


def write_store(path: Path, gigabytes: float) -> int:
    """A store of noise of at least that size; returns its number of clips."""
    import numpy as np
    from tqdm import tqdm

    from builders.sources.takes import BuiltInTake
    from pipelines.blueprint import make_blueprint
    from pipelines.plan import Clip, make_plan
    from pipelines.recipe import Keep, Recipe
    from pipelines.storage import LocalFolder
    from pipelines.store_writer import ShardWriter, finish_store, prepare
    from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

    recipe = Recipe(radar=BOARDS[DEFAULT_BOARD], keep=Keep(if_cubes="off"))
    take = BuiltInTake(activity="jump", subject_number=0, repeat=0, seed=0, duration_s=5.0)
    clip_bytes = 3 * 385 * 256 * 2 * 0.8  # what noise of two digits takes, compressed
    num_clips = int(gigabytes * 1e9 / clip_bytes)
    clips = [
        Clip(id=str(i), take=take.id, source="noise", licence="", subject="nobody", num_frames=50)
        for i in range(num_clips)
    ]
    plan = make_plan(recipe, clips)
    blueprint, folder = make_blueprint(plan, {take.id: take}), LocalFolder(path)
    shapes = {spec.name: spec.shape[1:] for spec in blueprint.arrays if spec.per_clip}
    prepare(folder, blueprint)
    rng = np.random.default_rng(0)
    for shard in tqdm(range(plan.num_shards), "writing noise"):
        writer = ShardWriter(folder, blueprint, shard)
        for clip in plan.shard(shard):
            maps = {
                name: rng.normal(3, 6, shapes[name]).round(1).clip(-10).astype(np.float16)
                for name in ("time_doppler", "time_range", "time_angle")
            }
            counts = {"num_frames": np.int32(50), "num_columns": np.int32(385)}
            writer.add(clip.row, clip.id, maps | counts)
        writer.finish({}, {"clips": len(plan.shard(shard))})
    finish_store(folder, blueprint)
    return num_clips


def measure(path: Path, num_clips: int, options: argparse.Namespace) -> dict:
    """Windows per second of each way, in turns, and their ratios."""
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    ways = {
        "tensorstore_random": lambda: tensorstore_windows(path, num_clips, options.windows, True),
        "tensorstore_sequential": lambda: tensorstore_windows(
            path, num_clips, options.windows, False
        ),
        "zarr_random": lambda: zarr_windows(path, num_clips, options.windows // 4),
    }
    for file in path.rglob("*"):  # into the cache
        if file.is_file():
            file.read_bytes()
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, read in ways.items():
            rates[name].append(read())
    per_s = {name: round(statistics.median(found), 1) for name, found in rates.items()}
    ratio = per_s["tensorstore_random"] / per_s["tensorstore_sequential"]
    return {
        "store_gb": round(size / 1e9, 2),
        "windows_per_s": per_s,
        "random_over_sequential": round(ratio, 3),
    }


def windows_at(num_clips: int, count: int, shuffled: bool) -> list[tuple[int, int]]:
    """(clip, first column) of each window."""
    chance = random.Random(0)
    rows = range(count) if not shuffled else (chance.randrange(num_clips) for _ in range(count))
    return [(row % num_clips, chance.randrange(385 - WINDOW)) for row in rows]


def tensorstore_windows(path: Path, num_clips: int, count: int, shuffled: bool) -> float:
    """Windows per second with many reads in flight."""
    import tensorstore

    arrays = [
        tensorstore.open(
            {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(path / name)}}
        ).result()
        for name in ("time_doppler", "time_range", "time_angle")
    ]
    wanted = windows_at(num_clips, count, shuffled)
    start_s = time.perf_counter()
    waiting = []
    for row, first in wanted:
        waiting.append([array[row, first : first + WINDOW].read() for array in arrays])
        if len(waiting) == IN_FLIGHT:
            for read in waiting.pop(0):
                read.result()
    for reads in waiting:
        for read in reads:
            read.result()
    return count / (time.perf_counter() - start_s)


def zarr_windows(path: Path, num_clips: int, count: int) -> float:
    """Windows per second one after the other, as a simple loop reads them."""
    import zarr

    group = zarr.open_group(path, mode="r")
    arrays = [group[name] for name in ("time_doppler", "time_range", "time_angle")]
    wanted = windows_at(num_clips, count, True)
    start_s = time.perf_counter()
    for row, first in wanted:
        for array in arrays:
            array[row, first : first + WINDOW]
    return count / (time.perf_counter() - start_s)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reader",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--gigabytes", type=float, default=2.2, metavar="GB", help="(%(default)s)")
    parser.add_argument("--windows", type=int, default=4000, metavar="N", help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="(%(default)s)")
    parser.add_argument("--folder", metavar="DIR", help="where to write (the temporary folder)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
