"""Speed and error of simulating IF cubes and heatmaps of a moving person on this machine.

    python -m benchmarks.throughput --json throughput.json --plot plots

One run measures every method on the same frames, interleaved, so that other load on the machine
affects all methods equally; ratios of speeds are therefore more reliable than absolute times. Every
timed result is first compared with the float64 oracle; if an error exceeds its bound, no speed is
printed and the exit status is 1.
"""

import argparse
import json
import os
import sys
from pathlib import Path

MODES = ("accurate", "fast")
# Durations of the motions whose peak memory is measured.
MEMORY_S = (5, 60)
# Number of frames whose gradient is timed.
GRADIENT_FRAMES = 4


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table, and write JSON and figures if requested.

    Returns:
        Exit status: 0; 1 if a timed result is wrong; 2 if matplotlib or a GPU is missing.
    """
    options = make_parser().parse_args(arguments)
    if options.device == "cpu":
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
    from benchmarks import throughput_figures
    from benchmarks.throughput_table import table

    if options.plot and not throughput_figures.matplotlib_available():
        print(throughput_figures.MATPLOTLIB_MISSING.format("--plot"), file=sys.stderr)
        return 2
    if options.device == "gpu" and not _gpu():
        return 2
    from benchmarks.accuracy_checks import WrongResult

    try:
        result = measure(options)
    except WrongResult as error:
        print(error, file=sys.stderr)
        return 1
    print(table(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
        print(f"written: {options.json}")
    if options.plot:
        print("written:", *throughput_figures.write_figures(result, options.plot))
    return 0


def _gpu() -> bool:
    """Whether JAX finds a GPU; an error is printed if there is none."""
    import jax

    platform = jax.devices()[0].platform
    if platform == "cpu":
        print(
            "--device gpu: JAX finds no GPU; on a machine with a GPU run "
            "pip install 'radarsim[cuda]', otherwise omit --device",
            file=sys.stderr,
        )
    return platform != "cpu"


def measure(options: argparse.Namespace, radar=None, body=None) -> dict:
    """Measure all results of one run; return them as JSON values.

    Args:
        options: parsed command line.
        radar: radar to simulate; default: the paper's board.
        body: body model; default: the free body.

    Raises:
        accuracy_checks.WrongResult: a timed result differs too much from the oracle.
    """
    import jax

    from benchmarks.machine_info import commit, machine
    from benchmarks.method_speeds import measure_speeds
    from benchmarks.scenes import BenchmarkScene
    from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

    radar = BOARDS[DEFAULT_BOARD] if radar is None else radar
    scene = BenchmarkScene(radar, options.frames, options.range, options.sigma, body=body)
    timed = measure_speeds(scene, options.rounds)
    spent_s = {name: run and run["median"] for name, run in timed["seconds_per_frame"].items()}
    return {
        "machine": machine(jax.devices()[0]),
        "commit": commit(),
        "settings": measured_settings(scene, options, timed["visible_faces"]),
        "ratio_vs_loop_culled": spent_s["loop"] / spent_s["body_to_if"],
        "ratio_vs_loop_unculled": spent_s["loop"] / spent_s["body_to_if_unculled"],
        "ratio_vs_numpy_direct": spent_s["numpy_direct"] / spent_s["body_to_if"],
        "frames_per_s": {name: seconds and 1 / seconds for name, seconds in spent_s.items()},
        "seconds_per_frame": timed["seconds_per_frame"],
        "checks": timed["checks"],
        **measure_optional_parts(options, scene),
    }


def measured_settings(scene, options, num_visible: int) -> dict:
    """Radar, subject and settings to which the results apply."""
    from dataclasses import asdict

    from benchmarks.accuracy_checks import checked_loops
    from benchmarks.scenes import settings_for

    radar, simulation = scene.radar, settings_for("accurate")
    return {
        "radar": radar.name,
        "loops": radar.frame.num_chirps,
        "tx": radar.array.num_tx,
        "rx": radar.array.num_rx,
        "samples": radar.chirp.num_samples,
        "sigma_rad": scene.sigma_rad,
        "range_m": options.range,
        "range_span_m": scene.span_m,
        "faces": len(scene.body.faces),
        "visible_faces": num_visible,
        "visibility_blocks": simulation.visibility_blocks,
        "simulation": asdict(simulation) | {"reflection": "paper", "cull": simulation.cull_ratio},
        "frames": scene.num_frames,
        "rounds": options.rounds,
        "slow_methods_from_loops": len(checked_loops(radar)),
    }


def measure_optional_parts(options: argparse.Namespace, scene) -> dict:
    """Run the measurements that --skip can omit; a skipped measurement is null in the JSON."""
    unmeasured = {method: {f"{at:g}": None for at in options.ranges} for method in MODES}
    results = {"error_db": unmeasured, "growth": None, "gradients": None}
    results["peak_mb_above_baseline"] = {f"{length}s": None for length in MEMORY_S}
    for name, measure_part in OPTIONAL_PARTS.items():
        if name not in options.skip:
            results |= measure_part(options, scene)
    return results | {"device": _device(options, scene)}


def _errors(options, scene) -> dict:
    from benchmarks.method_speeds import errors_by_range

    inputs = options.frames, options.ranges, scene.sigma_rad, scene.body
    return {"error_db": errors_by_range(scene.radar, *inputs)}


def _memory(options, scene) -> dict:
    from benchmarks.memory_of import median_peak_in_new_processes

    runs = {
        f"{length}s": median_peak_in_new_processes(length, options.range, scene.sigma_rad)
        for length in MEMORY_S
    }
    peaks = {name: run["above_baseline_mb"] for name, run in runs.items()}
    return {"memory": runs, "peak_mb_above_baseline": peaks}


def _growth(options, scene) -> dict:
    from benchmarks.growth import measure_growth

    inputs = options.range, scene.sigma_rad, options.rounds
    return {"growth": measure_growth(scene.radar, *inputs, body=scene.body)}


def _gradients(options, scene) -> dict:
    from benchmarks.gradients import measure as measure_gradients

    inputs = options.range, scene.sigma_rad, options.rounds
    return {"gradients": measure_gradients(scene.radar, GRADIENT_FRAMES, *inputs)}


OPTIONAL_PARTS = {
    "errors": _errors,
    "memory": _memory,
    "growth": _growth,
    "gradients": _gradients,
}


def _device(options, scene) -> dict:
    """Frame rates and peak rates of a GPU; "not measured" on a CPU."""
    if options.device == "cpu":
        return {"kind": "cpu", "gpu": "not measured"}
    from benchmarks.device import measure_device

    return measure_device(scene, options.gpu_minutes)


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    command = argparse.ArgumentParser(
        prog="python -m benchmarks.throughput",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Scene: the free body walking in front of the paper's AWR1843BOOST, all antenna "
        "pairs. Slow methods compute only some loops of a frame; their time is scaled to a frame.",
    )
    add = command.add_argument
    add("--json", type=Path, metavar="FILE", help="write the results as JSON")
    add("--plot", type=Path, metavar="DIR", help="draw speeds, errors and growth (needs [viz])")
    add("--frames", type=int, default=20, metavar="N", help="radar frames per run (%(default)s)")
    add("--rounds", type=int, default=5, metavar="N", help="timed runs per method (%(default)s)")
    add("--sigma", type=float, default=0.35, metavar="RAD", help="lobe width (%(default)s)")
    add("--range", type=float, default=2.5, metavar="M", help="mean distance (%(default)s)")
    add(
        "--ranges",
        type=float,
        nargs="+",
        default=[1.0, 2.5, 6.0],
        metavar="M",
        help="mean distances at which errors are measured (%(default)s)",
    )
    add("--skip", choices=OPTIONAL_PARTS, nargs="+", default=[], help="slow measurements to omit")
    add("--device", choices=("cpu", "gpu"), default="cpu", help="JAX device (%(default)s)")
    add(
        "--gpu-minutes",
        type=float,
        default=5.0,
        metavar="MIN",
        help="length of the motion with --device gpu (%(default)s)",
    )
    return command


if __name__ == "__main__":
    sys.exit(main())
