"""Speed of reading random training windows (three heatmaps of 224 columns) from a store.

    python -m benchmarks.reader --json reader.json

The script writes a store of noise with the writer that dataset builds use; noise compresses less
than echoes and is therefore the worst case. The script then reads windows with tensorstore (many
concurrent reads, in random and in sequential order) and with zarr (one window after the other, in
random order). The file cache is warm; the methods are measured alternately.
"""

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.machine_info import commit

# Number of columns of a window.
WINDOW = 224
# Number of columns of a clip.
COLUMNS = 385
# Largest number of windows that tensorstore reads concurrently.
IN_FLIGHT = 64
MAPS = ("time_doppler", "time_range", "time_angle")


def main(arguments: list[str] | None = None) -> int:
    """Measure and print the rates; return the exit status."""
    options = make_parser().parse_args(arguments)
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        num_clips = write_store(folder / "noise.zarr", options.gigabytes)
        result = {"commit": commit(), **measure(folder / "noise.zarr", num_clips, options)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


def write_store(path: Path, gigabytes: float) -> int:
    """Write a store of noise of at least the given size; return the number of clips."""
    import numpy as np
    from tqdm import tqdm

    from builders.sources.takes import BuiltInTake
    from pipelines.plan import make_plan
    from pipelines.recipe import Keep, Recipe
    from pipelines.storage import LocalFolder
    from pipelines.store_spec import make_store_spec
    from pipelines.store_writer import ShardWriter, finish_store, prepare
    from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

    recipe = Recipe(radar=BOARDS[DEFAULT_BOARD], keep=Keep(if_cubes="off"))
    take = BuiltInTake(activity="jump", subject_number=0, repeat=0, seed=0, duration_s=5.0)
    clip_bytes = len(MAPS) * COLUMNS * 256 * 2 * 0.8  # noise with two digits compresses to 80 %
    num_clips = int(gigabytes * 1e9 / clip_bytes)
    plan = make_plan(recipe, list(_clips(take.id, num_clips)))
    store_spec, folder = make_store_spec(plan, {take.id: take}), LocalFolder(path)
    shapes = {spec.name: spec.shape[1:] for spec in store_spec.arrays if spec.per_clip}
    prepare(folder, store_spec)
    rng = np.random.default_rng(0)
    counts = {"num_frames": np.int32(50), "num_columns": np.int32(COLUMNS)}
    for shard in tqdm(range(plan.num_shards), "writing noise"):
        writer = ShardWriter(folder, store_spec, shard)
        for clip in plan.shard(shard):
            maps = {
                name: rng.normal(3, 6, shapes[name]).round(1).clip(-10).astype(np.float16)
                for name in MAPS
            }
            writer.add(clip.row, clip.id, maps | counts)
        writer.finish({}, {"clips": len(plan.shard(shard))})
    finish_store(folder, store_spec)
    return num_clips


def _clips(take: str, count: int) -> Iterator:
    from pipelines.plan import Clip

    for number in range(count):
        yield Clip(
            id=str(number), take=take, source="noise", licence="", subject="none", num_frames=50
        )


def measure(path: Path, num_clips: int, options: argparse.Namespace) -> dict:
    """Windows per second of each method, and the ratio of random to sequential reads."""
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    methods = {
        "tensorstore_random": lambda: tensorstore_windows(path, num_clips, options.windows, True),
        "tensorstore_sequential": lambda: tensorstore_windows(
            path, num_clips, options.windows, False
        ),
        "zarr_random": lambda: zarr_windows(path, num_clips, options.windows // 4),
    }
    for file in path.rglob("*"):  # This untimed read fills the file cache.
        if file.is_file():
            file.read_bytes()
    rates: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(options.rounds):
        for name, read in methods.items():
            rates[name].append(read())
    per_s = {name: round(statistics.median(each), 1) for name, each in rates.items()}
    ratio = per_s["tensorstore_random"] / per_s["tensorstore_sequential"]
    return {
        "store_gb": round(size / 1e9, 2),
        "windows_per_s": per_s,
        "random_over_sequential": round(ratio, 3),
    }


def window_positions(num_clips: int, count: int, shuffled: bool) -> list[tuple[int, int]]:
    """Draw the clip and the first column of each window."""
    rng = random.Random(0)
    rows = (rng.randrange(num_clips) for _ in range(count)) if shuffled else range(count)
    return [(row % num_clips, rng.randrange(COLUMNS - WINDOW)) for row in rows]


def tensorstore_windows(path: Path, num_clips: int, count: int, shuffled: bool) -> float:
    """Windows per second of tensorstore with many concurrent reads."""
    import tensorstore

    arrays = [
        tensorstore.open(
            {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(path / name)}}
        ).result()
        for name in MAPS
    ]
    positions = window_positions(num_clips, count, shuffled)
    start_s = time.perf_counter()
    in_flight = []
    for row, first in positions:
        in_flight.append([array[row, first : first + WINDOW].read() for array in arrays])
        if len(in_flight) == IN_FLIGHT:
            for read in in_flight.pop(0):
                read.result()
    for reads in in_flight:
        for read in reads:
            read.result()
    return count / (time.perf_counter() - start_s)


def zarr_windows(path: Path, num_clips: int, count: int) -> float:
    """Windows per second of a simple loop with zarr, one read after the other."""
    import zarr

    group = zarr.open_group(path, mode="r")
    arrays = [group[name] for name in MAPS]
    positions = window_positions(num_clips, count, True)
    start_s = time.perf_counter()
    for row, first in positions:
        for array in arrays:
            array[row, first : first + WINDOW]
    return count / (time.perf_counter() - start_s)


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reader",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--gigabytes", type=float, default=2.2, metavar="GB", help="size of the store (%(default)s)"
    )
    parser.add_argument(
        "--windows", type=int, default=4000, metavar="N", help="windows per round (%(default)s)"
    )
    parser.add_argument(
        "--rounds", type=int, default=3, metavar="N", help="number of rounds (%(default)s)"
    )
    parser.add_argument(
        "--folder", metavar="DIR", help="parent folder of the store (the system's temporary folder)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
