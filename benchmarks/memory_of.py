"""Peak memory of the simulation of a long motion, minus the memory in use after the imports.

    python -m benchmarks.memory_of --seconds 60

The motion is cut into chunks, as the dataset builder cuts a motion into clips: each chunk becomes
an IF cube, then heatmaps, and only the heatmaps are kept. All frames of every chunk are simulated.
Each measurement needs a separate process, because the peak memory of a process never decreases.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
from pathlib import Path

# Default length of a chunk.
CHUNK_S = 5.0
# Default number of processes whose median peak is reported.
RUNS = 3


def main(arguments: list[str] | None = None) -> int:
    """Simulate a motion of the requested length, print the peak as JSON, return the exit status."""
    options = make_parser().parse_args(arguments)
    print(json.dumps(measure_peak(options.seconds, options.piece, options.range, options.sigma)))
    return 0


def median_peak_in_new_processes(
    seconds: float, range_m: float, sigma_rad: float, runs: int = RUNS
) -> dict:
    """Run `measure_peak` in several new processes; return the result with the median peak.

    Because programs are compiled while the first chunk is simulated, the peak of a single process
    varies by 50 MB with thread scheduling.
    """
    peaks = [peak_in_new_process(seconds, range_m, sigma_rad) for _ in range(runs)]
    return sorted(peaks, key=lambda one: one["above_baseline_mb"])[runs // 2]


def peak_in_new_process(seconds: float, range_m: float, sigma_rad: float) -> dict:
    """Run `measure_peak` in a new process and return its result."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.memory_of",
        f"--seconds={seconds}",
        f"--range={range_m}",
        f"--sigma={sigma_rad}",
    ]
    child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(child.stdout.splitlines()[-1])


def measure_peak(
    seconds: float, chunk_s: float, range_m: float, sigma_rad: float, radar=None, body=None
) -> dict:
    """Measure the peak memory of this process [MB], after the imports and after the simulation.

    Args:
        seconds: length of the motion, a whole number of chunks.
        chunk_s: length of one chunk.
        range_m: mean distance of the subject.
        sigma_rad: lobe width of the reflection.
        radar: radar to simulate; default: the paper's board.
        body: body model; default: the free body.
    """
    import jax

    from benchmarks.scenes import BenchmarkScene, heatmap_chunks
    from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

    jax.devices()
    baseline_mb = peak_mb()
    radar = BOARDS[DEFAULT_BOARD] if radar is None else radar
    per_chunk = round(chunk_s / radar.frame.period_s)
    num_frames = round(seconds / radar.frame.period_s)
    scene = BenchmarkScene(radar, num_frames, range_m, sigma_rad, body=body)
    kept = [jax.device_get(jax.tree.leaves(maps)) for maps in heatmap_chunks(scene, per_chunk)]
    # Linux counts pages per core and in batches, so a later reading may be slightly lower.
    most_mb = max(baseline_mb, peak_mb())
    return {
        "seconds": seconds,
        "pieces": len(kept),
        "baseline_mb": round(baseline_mb, 1),
        "peak_mb": round(most_mb, 1),
        "above_baseline_mb": round(most_mb - baseline_mb, 1),
    }


def peak_mb() -> float:
    """Peak resident memory of this process so far [MB]."""
    status = Path("/proc/self/status")
    if status.exists():
        # On Linux, a child inherits ru_maxrss, which would report the peak of a large parent.
        found = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.MULTILINE)
        if found:
            return int(found[1]) * 1024 / 1e6
    # The unit of ru_maxrss is bytes on macOS and kilobytes on other systems.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.memory_of",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--seconds",
        type=float,
        default=60.0,
        metavar="S",
        help="length of the motion (%(default)s)",
    )
    add("--piece", type=float, default=CHUNK_S, metavar="S", help="length of a chunk (%(default)s)")
    add(
        "--range",
        type=float,
        default=2.5,
        metavar="M",
        help="mean distance (%(default)s)",
    )
    add("--sigma", type=float, default=0.35, metavar="RAD", help="lobe width (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
