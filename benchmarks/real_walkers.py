"""Compare recorded walks away from a radar and back with walks simulated for the same radar.

    python -m benchmarks.real_walkers --recordings DIR --bvh walk.bvh --json walkers.json

DIR has one file of range profiles per run (docs/real.md names a public data set). The simulated
walkers have the speed and the cadence of one run. For the other runs, only the start time and the
step phase are fitted, by shifting the time. The walk away from the radar and the walk back are
compared while the person is 2 to 8 m from the radar.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import radarsim as rs
from benchmarks.walker_comparison import (
    aligned_speed_rms_mps,
    measures,
    print_table,
    straight_legs,
)
from benchmarks.walker_measures import Walk, measure_walk
from benchmarks.walker_pattern import ElevationPattern, Mounting, fit_mounting, level_difference_db
from benchmarks.walker_simulation import (
    WalkPlan,
    built_in_walk,
    captured_walk,
    simulated_walk,
    steady_part,
)

RADAR = Path(__file__).parents[1] / "examples" / "radars" / "fmcw_24ghz_1tx2rx.toml"
AXES = ("frame", "chirp", "rx", "range")
ARRAY = "mergedData"
# Amplitude of the forward speed within a step; 0.05 to 0.16 m/s were measured in the recordings.
SURGE_MPS = 0.1
# Height of the simulated radar with isotropic antennas; the recordings do not state a height.
HEIGHT_M = 1.0


def main(arguments: list[str] | None = None) -> None:
    """Run the comparison with the given command-line arguments."""
    options = make_parser().parse_args(arguments)
    runs = {name: recorded_walk(options, name) for name in (options.fit, *options.score)}
    legs = {name: straight_legs(walk) for name, (_, walk) in runs.items()}
    rows = [_row(name, leg, walk) for name, each in legs.items() for leg, walk in each.items()]
    walkers, mounting = {}, fit_mounting(legs[options.fit]["out"])
    print(f"elevation pattern fitted to the levels of {options.fit}: {mounting}")
    for leg, walk in legs[options.fit].items():
        walkers[leg] = simulated_walkers(options, runs[options.fit][0], walk, mounting)
        rows += [_row(name, leg, simulated) for name, simulated in walkers[leg].items()]
    for name, each in legs.items():
        rows += [row for leg, walk in each.items() for row in _speeds(name, leg, walk, walkers)]
    print_table(rows, options.fit)
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1))


def recorded_walk(options: argparse.Namespace, name: str) -> tuple[rs.Radar, Walk]:
    """Read one recording: the radar, and the measures of the walk."""
    path = Path(options.recordings) / f"{name}.mat"
    recording = rs.load_recording(path, options.radar, axes=AXES, array=ARRAY)
    cube_v = np.asarray(recording.read(0, recording.num_frames))
    return recording.radar, measure_walk(recording.radar, cube_v)


def simulated_walkers(
    options: argparse.Namespace, radar: rs.Radar, walk: Walk, mounting: Mounting
) -> dict[str, Walk]:
    """Simulate walks with the speed and cadence of a recorded leg, keyed by walker name."""
    values = measures(walk)
    speed_mps = values["range rate [m/s]"]
    plan = dict(
        speed_mps=speed_mps,
        start_m=float(np.clip(walk.range_m[0], 2.0, 8.0)),
        duration_s=float(np.ptp(walk.times_s)) + 1.0,
        step_hz=values["step frequency [Hz]"],
    )
    steps, surging = WalkPlan(**plan), WalkPlan(**plan, surge_mps=SURGE_MPS)
    natural = WalkPlan(**plan | {"step_hz": None})
    body = rs.QuasiSpecular()
    pattern = ElevationPattern(body, mounting.tilt_rad, mounting.null_rad)
    cases = {
        "natural cadence": (built_in_walk(natural), natural, body),
        "built-in": (built_in_walk(steps), steps, body),
        "surge": (built_in_walk(surging), surging, body),
        "surge, pattern": (built_in_walk(surging), surging, pattern),
    }
    if options.bvh:
        motion = captured_walk(steady_part(rs.read_motion(options.bvh)), steps)
        cases["captured"] = (motion, steps, body)
        cases["captured, pattern"] = (motion, steps, pattern)
    chosen = options.walkers or list(cases)
    heights_m = {name: mounting.height_m if "pattern" in name else HEIGHT_M for name in chosen}
    return {name: simulated_walk(radar, *cases[name], heights_m[name]) for name in chosen}


def _row(name: str, leg: str, walk: Walk) -> dict:
    return {"walk": name, "leg": leg, **measures(walk)}


def _speeds(name, leg, walk, walkers) -> list[dict]:
    """Torso speed and level differences between a recorded leg and every simulated walker."""
    return [
        {"walk": name, "leg": leg, "simulation": each}
        | aligned_speed_rms_mps(walk, simulated)
        | level_difference_db(walk, simulated)
        for each, simulated in walkers.get(leg, {}).items()
    ]


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real_walkers", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--recordings", required=True, help="folder of the recordings (.mat)")
    parser.add_argument("--radar", default=str(RADAR), help="radar file of the recordings")
    parser.add_argument("--fit", default="1pS3", help="run whose speed and cadence are used")
    parser.add_argument(
        "--score", nargs="*", default=["1pS1", "1pS2", "1pS4", "1pS5"], help="other runs"
    )
    parser.add_argument("--bvh", default="", help="captured walk for a second walker")
    parser.add_argument("--walkers", nargs="*", help="simulated walkers to compare (default: all)")
    parser.add_argument("--json", default="", help="output file of all measures")
    return parser


if __name__ == "__main__":
    main()
