"""Fast simulation of the five activities with a coarse body, written as I/Q samples.

    python -m benchmarks.activity_simulation --out five.npz --takes 100

The preset `five-activities` simulates the whole body with occlusion; this command, which is meant
for development, simulates faces of 6 cm without occlusion, in an eighth of the processor time. The
output file is written after every tenth take, and takes that the file already contains are not
simulated again.
"""

import argparse
from pathlib import Path

import jax
import numpy as np

import radarsim as rs
from builders.building.recipe_loading import PRESET_FOLDER
from builders.five_activities import FIVE_ACTIVITIES, perform_five
from pipelines.recipe_toml import parse_recipe
from radarsim.scene.coarsening import coarsen

CELL_M = 0.06
FAST = rs.SimulationSettings(
    method="fast", visibility="facing", thermal_noise=False, quantise=False
)
_SAVE_EVERY = 10


def main(arguments: list[str] | None = None) -> None:
    """Simulate the takes that the output file does not contain yet."""
    options = _parser().parse_args(arguments)
    text = (PRESET_FOLDER / "five-activities.toml").read_text()
    recipe, body = parse_recipe(text, "preset five-activities"), coarsen(rs.free_body(), CELL_M)
    path = Path(options.out)
    done = dict(np.load(path)) if path.is_file() else {}
    for number in range(options.takes):
        name = take_name(number)
        if name not in done:
            done[name] = simulate_take(recipe, body, number, options.seed)
        if number % _SAVE_EVERY == _SAVE_EVERY - 1 or number == options.takes - 1:
            partial = path.with_suffix(".part.npz")
            np.savez(partial, **done)
            partial.replace(path)  # readers never see an incomplete file


def take_name(number: int) -> str:
    """Name of a take, `ACTIVITY/PERSON`: each person performs every activity once."""
    person, activity = divmod(number, len(FIVE_ACTIVITIES))
    return f"{list(FIVE_ACTIVITIES)[activity]}/{person:03d}"


def simulate_take(recipe, body: rs.BodyModel, number: int, seed: int) -> np.ndarray:
    """I/Q samples of one take without noise [V], at a random placement from the preset's ranges."""
    activity, person = take_name(number).split("/")
    rng = np.random.default_rng((seed, number))
    length_s = recipe.clips.length_s
    motion = perform_five(activity, int(person), seed=seed, take_s=length_s + 0.1).motion
    placements = recipe.placements
    placement = rs.Placement(
        distance_m=rng.uniform(*placements.distance_m),
        lateral_m=rng.uniform(*placements.lateral_m),
        heading_rad=rng.uniform(*placements.heading_rad),
    )
    pose = rs.RadarPose(height_m=rng.uniform(*placements.radar_height_m))
    scene = rs.Scene([rs.Subject(motion, body, placement)], radar_pose=pose)
    reflection = rs.QuasiSpecular(sigma_rad=rng.uniform(*recipe.simulation.sigma_rad))
    frames = int(length_s / recipe.radar.frame.period_s)
    key = jax.random.key(number)
    cube_v = rs.simulate(recipe.radar, scene, key, reflection, FAST, num_frames=frames)
    return np.asarray(cube_v).ravel().astype(np.complex64)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.activity_simulation")
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", required=True, help="output file of the I/Q samples (.npz)")
    parser.add_argument("--takes", type=int, default=100, help="number of takes")
    parser.add_argument("--seed", type=int, default=5, help="random seed of people and placements")
    return parser


if __name__ == "__main__":
    main()
