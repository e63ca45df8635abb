"""Fast simulation of the five activities with a coarse body, written as I/Q samples.

    python -m benchmarks.activity_simulation --out five.npz --takes 150
    python -m benchmarks.activity_simulation --out far.npz --takes 50 --change far

The preset `five-activities` simulates the whole body with occlusion; this command, which is meant
for development, simulates faces of 6 cm without occlusion, in an eighth of the processor time. With
`--change`, a single property of the simulation differs, which shows how much this property matters;
docs/real.md compares such simulations with 50 takes each, and states scores with 150 takes.
The output file is written after every tenth take, and takes that the file already contains are not
simulated again.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import jax
import numpy as np

import radarsim as rs
from builders.activities.breathing import add_breathing
from builders.building.recipe_loading import PRESET_FOLDER
from builders.five_activities import FIVE_ACTIVITIES, perform_five
from pipelines.recipe_toml import parse_recipe
from radarsim.scene.coarsening import coarsen

CELL_M = 0.06
_SAVE_EVERY = 10


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Conditions of the simulated recordings, each of which is drawn anew for every take.

    The distances, the headings and the roughness were found with the recordings of the people A to
    E: the echoes of their arms are stronger, relative to the trunk, than at larger distances and
    with less roughness. The preset has the same ranges, but one range of distances for all
    activities.

    Attributes:
        distance_m: range of the distance of the person.
        fall_distance_m: range of the distance of a person who falls, which needs space.
        heading_rad: range of the heading; 0 faces the radar.
        sigma_rad: range of the RMS slope of the rough surface.
        breathing: share of the takes in which the person breathes.
        visibility: "facing", or "occlusion" to remove faces behind other faces.
    """

    distance_m: tuple[float, float] = (0.5, 1.2)
    fall_distance_m: tuple[float, float] = (0.8, 2.0)
    heading_rad: tuple[float, float] = (-0.7, 0.7)
    sigma_rad: tuple[float, float] = (0.5, 0.9)
    breathing: float = 0.5
    visibility: str = "facing"

    @property
    def settings(self) -> rs.SimulationSettings:
        """Settings of the simulator: the fast sum without receiver noise."""
        return rs.SimulationSettings(
            method="fast", visibility=self.visibility, thermal_noise=False, quantise=False
        )


# Conditions that differ from the default in a single property.
CHANGES = {
    "none": Conditions(),
    "no-breathing": Conditions(breathing=0.0),
    "all-breathe": Conditions(breathing=1.0),
    "far": Conditions(distance_m=(1.2, 2.5), fall_distance_m=(1.2, 2.5)),
    "sideways": Conditions(heading_rad=(-1.6, 1.6)),
    "smooth": Conditions(sigma_rad=(0.2, 0.4)),
    "occlusion": Conditions(visibility="occlusion"),
}


def main(arguments: list[str] | None = None) -> None:
    """Simulate the takes that the output file does not contain yet."""
    options = make_parser().parse_args(arguments)
    recipe, body = five_recipe(), coarsen(rs.free_body(), CELL_M)
    path = Path(options.out)
    done = dict(np.load(path)) if path.is_file() else {}
    for number in range(options.takes):
        name = take_name(number)
        if name not in done:
            done[name] = simulate_take(recipe, body, number, options.seed, CHANGES[options.change])
        if number % _SAVE_EVERY == _SAVE_EVERY - 1 or number == options.takes - 1:
            save_arrays(path, done)


def save_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays as an .npz file, which readers never see incomplete."""
    partial = path.with_suffix(".part.npz")
    np.savez(partial, **arrays)
    partial.replace(path)


def five_recipe():
    """Recipe of the preset `five-activities`."""
    text = (PRESET_FOLDER / "five-activities.toml").read_text()
    return parse_recipe(text, "preset five-activities")


def take_name(number: int) -> str:
    """Name of a take, `ACTIVITY/PERSON`: each person performs every activity once."""
    person, activity = divmod(number, len(FIVE_ACTIVITIES))
    return f"{list(FIVE_ACTIVITIES)[activity]}/{person:03d}"


def simulate_take(
    recipe, body: rs.BodyModel, number: int, seed: int, conditions: Conditions = CHANGES["none"]
) -> np.ndarray:
    """I/Q samples of one take without noise [V], under randomly drawn conditions."""
    activity, person = take_name(number).split("/")
    rng = np.random.default_rng((seed, number))
    length_s = recipe.clips.length_s
    motion = perform_five(activity, int(person), seed=seed, take_s=length_s + 0.1).motion
    if rng.uniform() < conditions.breathing:
        motion = add_breathing(motion, seed)
    if activity == "fall":
        conditions = replace(conditions, distance_m=conditions.fall_distance_m)
    placement = rs.Placement(
        distance_m=rng.uniform(*conditions.distance_m),
        lateral_m=rng.uniform(*recipe.placements.lateral_m),
        heading_rad=rng.uniform(*conditions.heading_rad),
    )
    subject = rs.Subject(motion, body, placement)
    return simulate_echo(recipe, subject, conditions, rng, number)


def simulate_echo(
    recipe, subject: rs.Subject, conditions: Conditions, rng: np.random.Generator, number: int
) -> np.ndarray:
    """I/Q samples of a moving person without noise [V], for the length of the recipe's clips."""
    pose = rs.RadarPose(height_m=rng.uniform(*recipe.placements.radar_height_m))
    scene = rs.Scene([subject], radar_pose=pose)
    reflection = rs.QuasiSpecular(sigma_rad=rng.uniform(*conditions.sigma_rad))
    frames = int(recipe.clips.length_s / recipe.radar.frame.period_s)
    key, settings = jax.random.key(number), conditions.settings
    cube_v = rs.simulate(recipe.radar, scene, key, reflection, settings, num_frames=frames)
    return np.asarray(cube_v).ravel().astype(np.complex64)


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.activity_simulation")
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", required=True, help="output file of the I/Q samples (.npz)")
    parser.add_argument("--takes", type=int, default=100, help="number of takes")
    parser.add_argument("--change", choices=CHANGES, default="none", help="changed property")
    parser.add_argument("--seed", type=int, default=5, help="random seed of people and placements")
    return parser


if __name__ == "__main__":
    main()
