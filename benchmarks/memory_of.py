"""How much memory does long motion take? Run in a process of its own, above what imports take.

    python -m benchmarks.memory_of --seconds 60

The motion is cut into pieces as the dataset builder cuts it into clips: one piece after the other
becomes an IF cube, then heatmaps, and only the heatmaps are kept. Whole frames of every piece are
simulated, none is held back.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
from pathlib import Path

PIECE_S = 5.0
RUNS = 3


def main(arguments: list[str] | None = None) -> int:
    """Simulate so many seconds and print the peak as JSON; returns the exit status."""
    options = _parser().parse_args(arguments)
    print(json.dumps(peak(options.seconds, options.piece, options.range, options.sigma)))
    return 0


def in_own_processes(seconds: float, range_m: float, sigma_rad: float, runs: int = RUNS) -> dict:
    """What `peak` finds in new processes, the median of some.

    Programs are compiled beside the first clip: which of two threads does that when moves the peak
    of a single process by 50 MB.
    """
    found = [in_own_process(seconds, range_m, sigma_rad) for _ in range(runs)]
    return sorted(found, key=lambda one: one["above_baseline_mb"])[runs // 2]


def in_own_process(seconds: float, range_m: float, sigma_rad: float) -> dict:
    """What `peak` finds in a new process."""
    command = [
        sys.executable, "-m", "benchmarks.memory_of",
        "--seconds", str(seconds), "--range", str(range_m), "--sigma", str(sigma_rad),
    ]  # fmt: skip
    child = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(child.stdout.splitlines()[-1])


def peak(
    seconds: float, piece_s: float, range_m: float, sigma_rad: float, radar=None, body=None
) -> dict:
    """Peak memory of this process while it simulates [MB], and of what was imported before.

    Args:
        seconds: length of the motion, a whole number of pieces.
        piece_s: length of one piece.
        range_m: mean distance of the subject.
        sigma_rad: lobe width.
        radar: default the paper's board.
        body: default the free body.
    """
    import jax

    from benchmarks.scenes import BenchmarkScene, pieces
    from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

    jax.devices()
    baseline_mb = peak_mb()
    radar = BOARDS[DEFAULT_BOARD] if radar is None else radar
    per_piece = round(piece_s / radar.frame.period_s)
    num_frames = round(seconds / radar.frame.period_s)
    performer = BenchmarkScene(radar, num_frames, range_m, sigma_rad, body=body)
    kept = [jax.device_get(jax.tree.leaves(maps)) for maps in pieces(performer, per_piece)]
    # Linux counts pages by core and in batches: a later reading may be a little less.
    most_mb = max(baseline_mb, peak_mb())
    return {
        "seconds": seconds,
        "pieces": len(kept),
        "baseline_mb": round(baseline_mb, 1),
        "peak_mb": round(most_mb, 1),
        "above_baseline_mb": round(most_mb - baseline_mb, 1),
    }


def peak_mb() -> float:
    """The most memory that this process has held so far [MB]."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux hands ru_maxrss on to children: one of a large parent would seem to need nothing.
        found = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(), re.MULTILINE)
        if found:
            return int(found[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.memory_of",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--seconds", type=float, default=60.0, metavar="S", help="of motion (%(default)s)")
    add("--piece", type=float, default=PIECE_S, metavar="S", help="simulated at once (%(default)s)")
    add("--range", type=float, default=2.5, metavar="M", help="of the subject (%(default)s)")
    add("--sigma", type=float, default=0.35, metavar="RAD", help="lobe width (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
