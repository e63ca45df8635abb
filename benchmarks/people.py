"""Cost of two people in one scene, relative to the sum of the costs of two scenes of one person.

    python -m benchmarks.people --frames 8

The costs are processor times of all threads, because the wall-clock time depends on the load of the
machine. The scenes are run in turn, and the medians of their processor times are compared.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace

import jax
import numpy as np

from benchmarks.interleaved_timing import show_progress
from benchmarks.scenes import BenchmarkScene, settings_for
from radarsim.files import load_radar
from radarsim.radar.boards import DEFAULT_BOARD
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject
from radarsim.simulate import simulate

# Positions of the second person: distance from the radar [m] and lateral shift [m].
PLACES = {"side by side": (2.5, 1.5), "half behind": (4.0, 0.4)}
FIRST_M = 2.5
SIGMA_RAD = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the relative cost of two people for each position of the second; return 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--radar", default=DEFAULT_BOARD, help="board name or radar .toml file")
    parser.add_argument("--frames", type=int, default=8, metavar="N", help="frames per run")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="runs of each scene")
    options = parser.parse_args(arguments)
    radar = load_radar(options.radar)
    first = BenchmarkScene(radar, options.frames, FIRST_M, SIGMA_RAD).scene.subjects[0]
    for name, (distance_m, left_m) in PLACES.items():
        far = BenchmarkScene(radar, options.frames, distance_m, SIGMA_RAD).scene.subjects[0]
        second = shifted(far, left_m)
        scenes = [Scene(people) for people in ((first, second), (first,), (second,))]
        show_progress(f"two people {name}")
        both_s, *alone_s = processor_times_s(radar, scenes, options.frames, options.rounds)
        ratio = both_s / sum(alone_s)
        print(f"{name}: {both_s:.2f} s of processor time, {ratio:.2f} of the separate scenes")
    return 0


def shifted(subject: Subject, left_m: float) -> Subject:
    """Return the subject moved to the left, with the direction of the path unchanged."""
    motion = subject.fitted.motion
    moved_m = motion.transl_m + np.array([0.0, left_m, 0.0])
    fitted = subject.fitted._replace(motion=replace(motion, transl_m=moved_m))
    return Subject(fitted, subject.body, placement=None)


def processor_times_s(radar, scenes: list[Scene], num_frames: int, rounds: int) -> list[float]:
    """Median processor time [s] of each scene; the first round compiles and is not timed."""
    times_s: list[list[float]] = [[] for _ in scenes]
    settings, key = settings_for("accurate"), jax.random.key(0)
    for _ in range(rounds + 1):
        for scene, found in zip(scenes, times_s, strict=True):
            start_s = time.process_time()
            jax.block_until_ready(
                simulate(radar, scene, key, settings=settings, num_frames=num_frames)
            )
            found.append(time.process_time() - start_s)
    return [float(np.median(found[1:])) for found in times_s]


if __name__ == "__main__":
    raise SystemExit(main())
