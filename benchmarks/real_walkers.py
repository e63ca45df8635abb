"""Compare recorded walks and runs in front of a radar with people simulated for the same radar.

    python -m benchmarks.real_walkers --recordings DIR --bvh walk.bvh --json walkers.json

DIR has one file of range profiles per run (docs/real.md names a public data set). In most runs, one
person walks away from the radar and back. The simulated walkers have the speed and the cadence of
one run. For the other runs, only the start time and the step phase are fitted, by shifting the
time. The walk away from the radar and the walk back are compared while the person is 2 to 8 m from
the radar.

The simulated runner has the mean speed of each leg of the run with one runner. Two people are
separated by the two receivers and compared one by one, between 3.5 and 8 m: two walkers have the
speeds and the cadences of one recording, and two runners have the speeds of the single runner.
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
from benchmarks.walker_measures import (
    RUNNING,
    WALKING,
    Pace,
    Walk,
    measure_walk,
    step_frequency_hz,
    step_prominence,
)
from benchmarks.walker_options import read_options
from benchmarks.walker_pair_legs import PairLeg, pair_legs, pair_measures, simulated_pair
from benchmarks.walker_pairs import SIDES, separated_walks
from benchmarks.walker_pattern import ElevationPattern, Mounting, fit_mounting, level_difference_db
from benchmarks.walker_simulation import (
    WalkPlan,
    built_in_run,
    built_in_walk,
    captured_walk,
    more_s,
    simulated_walk,
    steady_part,
)

AXES = ("frame", "chirp", "rx", "range")
ARRAY = "mergedData"
# Amplitude of the forward speed within a step; 0.05 to 0.16 m/s were measured in the recordings.
SURGE_MPS = 0.1
# Height of the simulated radar with isotropic antennas; the recordings do not state a height.
HEIGHT_M = 1.0


def main(arguments: list[str] | None = None) -> None:
    """Run the comparison with the given command-line arguments."""
    options = read_options(arguments, __doc__)
    runs = {name: recorded_walk(options, name) for name in (options.fit, *options.score)}
    legs = {name: straight_legs(walk) for name, (_, walk) in runs.items()}
    mounting = fit_mounting(legs[options.fit]["out"])
    print(f"elevation pattern fitted to the levels of {options.fit}: {mounting}")
    rows = walker_rows(options, runs[options.fit][0], legs, mounting)
    print_table(rows, options.fit)
    running_mps = {}
    if options.run:
        run_rows, running_mps = runner_rows(options, mounting)
        print_table(run_rows, options.run)
        rows += run_rows
    for names in pair_groups(options):
        found = pair_rows(options, names, mounting, running_mps)
        print_table(found, options.pair_fit)
        rows += found
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1))


def recorded_cube(options: argparse.Namespace, name: str) -> tuple[rs.Radar, np.ndarray]:
    """Read one recording: the radar, and the IF cube [V]."""
    path = Path(options.recordings) / f"{name}.mat"
    recording = rs.load_recording(path, options.radar, axes=AXES, array=ARRAY)
    return recording.radar, np.asarray(recording.read(0, recording.num_frames))


def recorded_walk(
    options: argparse.Namespace, name: str, pace: Pace = WALKING
) -> tuple[rs.Radar, Walk]:
    """Read one recording of one person: the radar, and the measures of the walk."""
    radar, cube_v = recorded_cube(options, name)
    return radar, measure_walk(radar, cube_v, pace)


def walker_rows(
    options: argparse.Namespace, radar: rs.Radar, legs: dict[str, dict[str, Walk]], mounting
) -> list[dict]:
    """Measures of recorded and simulated walks of one person, and their differences."""
    rows = [_row(name, leg, walk) for name, each in legs.items() for leg, walk in each.items()]
    walkers = {}
    for leg, walk in legs[options.fit].items():
        walkers[leg] = simulated_walkers(options, radar, walk, mounting)
        rows += [_row(name, leg, simulated) for name, simulated in walkers[leg].items()]
    for name, each in legs.items():
        if name != options.fit:
            fitted = {
                leg: {_repeated(options.fit): walk} for leg, walk in legs[options.fit].items()
            }
            rows += [row for leg, walk in each.items() for row in _speeds(name, leg, walk, fitted)]
        rows += [row for leg, walk in each.items() for row in _speeds(name, leg, walk, walkers)]
    return rows


def runner_rows(
    options: argparse.Namespace, mounting: Mounting
) -> tuple[list[dict], dict[str, float]]:
    """Rows of the recorded and simulated run of one person, and the speed of each leg [m/s]."""
    radar, run = recorded_walk(options, options.run, RUNNING)
    rows, speeds_mps = [], {}
    for leg, walk in straight_legs(run).items():
        speeds_mps[leg] = measures(walk)["range rate [m/s]"]
        plan = WalkPlan(
            speed_mps=speeds_mps[leg],
            start_m=float(np.clip(walk.range_m[0], 2.0, 8.0)),
            duration_s=float(np.ptp(walk.times_s)) + more_s(speeds_mps[leg]),
        )
        rows.append(_row(options.run, leg, walk))
        for name, model, height_m in _models(options, mounting, "run"):
            motion = built_in_run(plan)
            simulated = simulated_walk(radar, motion, plan, model, height_m, RUNNING)
            if simulated is not None:
                rows.append(_row(name, leg, simulated))
                rows.append(_difference(options.run, leg, name, walk, simulated))
    return rows, speeds_mps


def pair_groups(options: argparse.Namespace) -> list[list[str]]:
    """Recordings of two people: the walks, beginning with the fitted one, and the run.

    The run is omitted without the run of one person, whose speeds the simulated runners have.
    """
    walks = [options.pair_fit, *options.pair_score] if options.pair_fit else []
    runs = [options.pair_run] if options.run and options.pair_run else []
    return [names for names in (walks, runs) if names]


def pair_rows(
    options: argparse.Namespace, names: list[str], mounting: Mounting, running_mps: dict[str, float]
) -> list[dict]:
    """Rows of recordings of two people, and of two people simulated on the paths of the first one.

    Args:
        options: options of the command.
        names: recordings with the same kind of legs.
        mounting: height and elevation pattern of the radar.
        running_mps: speed of a runner on each leg [m/s]; for the recording `options.pair_run` only.
            Pairs with a direction without a speed are not simulated.

    Returns:
        Rows of the recorded legs, and then of each simulated pair and its differences.
    """
    running = names == [options.pair_run]
    radars, recorded = {}, {}
    for name in names:
        radars[name], cube_v = recorded_cube(options, name)
        people = separated_walks(radars[name], cube_v, RUNNING if running else WALKING)
        recorded[name] = pair_legs(people)
    rows = [row for name, pairs in recorded.items() for each in pairs for row in _rows(name, each)]
    for pair in recorded[names[0]]:
        others = {name: recorded[name] for name in names[1:]}
        rows += _pair_differences(others, _directions(pair), pair, _repeated(names[0]))
        if running and not set(_directions(pair)) <= running_mps.keys():
            continue
        plans = _running_plans(pair, running_mps) if running else _walking_plans(pair)
        built = built_in_run if running else built_in_walk
        for model, reflection, height_m in _models(
            options, mounting, "run" if running else "surge"
        ):
            simulated = simulated_pair(radars[names[0]], pair, plans, built, reflection, height_m)
            rows += _rows(model, simulated)
            rows += _pair_differences(recorded, _directions(pair), simulated, model)
    return rows


def _pair_differences(
    recorded: dict[str, list[PairLeg]], directions: list[str], model: PairLeg, name: str
) -> list[dict]:
    """Differences of each person between recorded legs and a simulated or repeated leg."""
    return [
        _difference(f"{run} {side}", leg.direction, name, leg.walk, model[side].walk)
        for run, pairs in recorded.items()
        for each in pairs
        for side, leg in each.items()
        if side in model and _directions(each) == directions
    ]


def _walking_plans(pair: PairLeg) -> dict[str, WalkPlan]:
    """Speeds of two recorded walkers, and the cadence whose line is the more prominent one."""
    clearest = max((leg.walk for leg in pair.values()), key=step_prominence)
    step_hz = step_frequency_hz(clearest)
    return {
        side: WalkPlan(
            speed_mps=leg.forward_mps(),
            start_m=0.0,
            duration_s=0.0,
            step_hz=step_hz,
            surge_mps=SURGE_MPS,
        )
        for side, leg in pair.items()
    }


def _running_plans(pair: PairLeg, running_mps: dict[str, float]) -> dict[str, WalkPlan]:
    """Speed of the single runner in the directions of two runners."""
    return {
        side: WalkPlan(speed_mps=running_mps[leg.direction], start_m=0.0, duration_s=0.0)
        for side, leg in pair.items()
    }


def _directions(pair: PairLeg) -> list[str]:
    return [pair[side].direction for side in SIDES]


def _models(options, mounting: Mounting, name: str) -> list[tuple]:
    """Name, reflection model and height of the radar [m], without and with elevation pattern."""
    body = rs.QuasiSpecular()
    pattern = ElevationPattern(body, mounting.tilt_rad, mounting.null_rad)
    models = [(name, body, HEIGHT_M), (f"{name}, pattern", pattern, mounting.height_m)]
    return [each for each in models if options.walkers is None or each[0] in options.walkers]


def simulated_walkers(
    options: argparse.Namespace, radar: rs.Radar, walk: Walk, mounting: Mounting
) -> dict[str, Walk]:
    """Simulate walks with the speed and cadence of a recorded leg.

    Returns:
        Legs within the limits of range of the recorded leg, keyed by walker name. Walkers whose leg
        is too short are missing.
    """
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
    chosen = [name for name in cases if options.walkers is None or name in options.walkers]
    heights_m = {name: mounting.height_m if "pattern" in name else HEIGHT_M for name in chosen}
    found = {name: simulated_walk(radar, *cases[name], heights_m[name]) for name in chosen}
    return {name: walk for name, walk in found.items() if walk is not None}


def _repeated(fitted: str) -> str:
    """Name, in the table, of a recorded run that takes the place of the simulation.

    Its differences from other recordings show how well the people repeat a walk.
    """
    return f"recorded {fitted}"


def _row(name: str, leg: str, walk: Walk) -> dict:
    return {"walk": name, "leg": leg, **measures(walk)}


def _rows(name: str, pair: PairLeg) -> list[dict]:
    """Rows of the two people of a leg."""
    return [
        {"walk": f"{name} {side}", "leg": leg.direction, **pair_measures(leg)}
        for side, leg in pair.items()
    ]


def _speeds(name, leg, walk, walkers) -> list[dict]:
    """Differences between a recorded leg and every simulated walker."""
    return [
        _difference(name, leg, each, walk, simulated)
        for each, simulated in walkers.get(leg, {}).items()
    ]


def _difference(name: str, leg: str, model: str, walk: Walk, simulated: Walk) -> dict:
    """Torso speed, range and level differences between a recorded and a simulated leg."""
    return (
        {"walk": name, "leg": leg, "simulation": model}
        | aligned_speed_rms_mps(walk, simulated)
        | level_difference_db(walk, simulated)
    )


if __name__ == "__main__":
    main()
