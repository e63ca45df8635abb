"""What does each effect of the scene, the radar and the body change in the heatmaps of one walk?

    python -m benchmarks.scene_effects --out effects

Every row is a simulation of the same walk with the same random key. The first row is one person in
free space in front of the ideal radar, and each further row switches one effect on (or occlusion
off). The command prints a table with three measures of each row, and draws a page with the heatmaps
of the first row, and with the difference of each further row from its reference row:

- levels: the change of the power above the noise in the time-range map, from which nothing is
  removed, and in the time-Doppler map, from which the median over the clip is removed;
- correlations of the three heatmaps [dB] with those of the reference row;
- cost: processor time of the simulation divided by that of the first row, in the same process and
  without compilation. The preparation of a room is part of the cost.

`python -m benchmarks.scene_effects_receiver` switches on each part of a receiver profile.
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from benchmarks.machine_info import commit, processor
from benchmarks.rooms import processor_s
from benchmarks.scenes import START_S
from builders.activities import perform
from radarsim.files import free_body, load_radar
from radarsim.heatmaps.heatmaps import Heatmaps, make_heatmaps
from radarsim.heatmaps.settings import HeatmapSettings
from radarsim.radar.boards import DEFAULT_BOARD
from radarsim.radar.radar import Radar
from radarsim.radar.receiver_profile import ReceiverProfile
from radarsim.radar.receiver_profiles import board_pattern
from radarsim.receiver_files import load_receiver
from radarsim.scattering.dielectrics import Clothing
from radarsim.scattering.physical_optics import PhysicalOptics
from radarsim.scattering.reflection import QuasiSpecular, ReflectionModel
from radarsim.scattering.roughness import Roughness
from radarsim.scene.body import BodyModel
from radarsim.scene.furniture import Box, Cylinder
from radarsim.scene.materials import MATERIALS
from radarsim.scene.placement import Placement
from radarsim.scene.room import Room
from radarsim.scene.scene import Scene
from radarsim.scene.smooth_body import smooth_body
from radarsim.scene.subject import Subject
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import simulate

WALK = "walking_forward_and_backward", Placement(distance_m=3.0)
# Activities and positions of the further people, beside and behind the walking person.
OTHERS = (
    ("wave_hand", Placement(distance_m=2.2, lateral_m=1.3, heading_rad=0.6)),
    ("squat", Placement(distance_m=4.9, lateral_m=-1.2, heading_rad=-0.4)),
)
# Clutter that is removed from each heatmap; static echoes remain in the time-range map.
CLUTTERS = {"time_range": "none", "time_doppler": "median", "time_angle": "median"}


class Effect(NamedTuple):
    """One row of the page: the effects that the simulation contains, and the reference row.

    Attributes:
        title: description of the row.
        against: name of the reference row, with whose heatmaps those of this row are compared.
        others: number of further people.
        passes: maximum number of multipath passes in the room; None for free space.
        visibility: visibility test of the direct echo.
        receiver: receiver profile: "ideal", "antennas" (only the patterns of the board's antennas)
            or "datasheet".
        reflection: reflection model.
        smooth: whether the surface of the body is refined by `smooth_body`.
        short: name of the row in the titles of rows that are compared with it.
    """

    title: str
    against: str = "plain"
    others: int = 0
    passes: int | None = None
    visibility: str = "occlusion"
    receiver: str = "ideal"
    reflection: ReflectionModel = QuasiSpecular()
    smooth: bool = False
    short: str = ""


BARE = PhysicalOptics()
EFFECTS = {
    "plain": Effect("one person, free space, ideal radar"),
    "people": Effect("two more people", others=2),
    "static": Effect("room: static echoes and shadows", passes=0, short="static echoes"),
    "multipath": Effect("room: static echoes and multipath", against="static", passes=4),
    "facing": Effect("occlusion off", visibility="facing"),
    "antennas": Effect("antenna patterns", receiver="antennas"),
    "datasheet": Effect("receiver profile datasheet", receiver="datasheet"),
    "skin": Effect("physical optics, bare skin", reflection=BARE, short="bare skin"),
    "rough": Effect("rough skin", "skin", reflection=PhysicalOptics(roughness=Roughness())),
    "clothed": Effect(
        "0.6 mm of cotton on skin", "skin", reflection=PhysicalOptics(clothing=Clothing(0.0006))
    ),
    "smooth": Effect("smooth body surface", "skin", reflection=BARE, smooth=True),
}


class Row(NamedTuple):
    """Heatmaps and cost of one simulation.

    Attributes:
        maps: heatmaps keyed by name, [time, bin] in dB above noise.
        axes: coordinates from `heatmap_axes`.
        cost_s: processor time of the simulation without compilation [s].
    """

    maps: dict[str, np.ndarray]
    axes: dict[str, np.ndarray]
    cost_s: float


def simulate_row(effect: Effect, radar: Radar, num_frames: int, body: BodyModel) -> Row:
    """Simulate one row twice; only the first simulation compiles programs.

    Args:
        effect: the effects that the simulation contains.
        radar: ideal radar.
        num_frames: number of radar frames.
        body: body model of all people.
    """
    radar = replace(radar, profile=profile_of(effect, radar))
    scene = scene_of(effect, smooth_body(body) if effect.smooth else body)
    run = partial(
        simulate, radar, scene, jax.random.key(0), effect.reflection,
        SimulationSettings(visibility=effect.visibility), num_frames=num_frames,
        first_frame=round(START_S / radar.frame.period_s),
    )  # fmt: skip
    maps = heatmaps_of(radar, run())
    maps_db = {name: np.asarray(getattr(each, name)) for name, each in maps.items()}
    return Row(maps_db, maps["time_range"].axes, processor_s(run))


def profile_of(effect: Effect, radar: Radar) -> ReceiverProfile | None:
    """Return the receiver profile of a row; None for the ideal receiver."""
    if effect.receiver == "antennas":
        pattern = board_pattern(radar.board)
        return ReceiverProfile(name="antennas", tx_pattern=pattern, rx_pattern=pattern)
    return load_receiver(effect.receiver, radar)


def scene_of(effect: Effect, body: BodyModel) -> Scene:
    """Return the walking person, with further people and the room if the effect has them."""
    people = [WALK, *OTHERS[: effect.others]]
    subjects = [Subject(perform(activity), body, place) for activity, place in people]
    if effect.passes is None:
        return Scene(subjects)
    cupboard = Box((4.75, 0.95, 0.9), (0.4, 1.2, 1.8))
    lamp = Cylinder((4.6, -1.5, 0.8), 0.02, 1.6, material=MATERIALS["metal"])
    room = Room(
        far_m=5.0, left_m=1.6, right_m=2.0, left_wall=MATERIALS["concrete"],
        furniture=[cupboard, lamp], most_passes=effect.passes,
    )  # fmt: skip
    return Scene(subjects, room=room)


def heatmaps_of(radar: Radar, cube_v) -> dict[str, Heatmaps]:
    """Return the heatmaps by name, each with the clutter removal that `CLUTTERS` states."""
    found = {
        clutter: make_heatmaps(radar, cube_v, HeatmapSettings(clutter=clutter))
        for clutter in sorted(set(CLUTTERS.values()))
    }
    return {name: found[clutter] for name, clutter in CLUTTERS.items()}


def measures(row: Row, reference: Row, first: Row) -> dict[str, float]:
    """Return the numbers of one row of the table, keyed by column.

    Args:
        row: row of the table.
        reference: row that the heatmaps are compared with.
        first: row that the cost is compared with.
    """
    return changes(row.maps, reference.maps) | {"cost": row.cost_s / first.cost_s}


def changes(
    maps: Mapping[str, np.ndarray], reference: Mapping[str, np.ndarray]
) -> dict[str, float]:
    """Return changes of level [dB] and correlations of heatmaps with those of a reference row."""
    result = {
        f"{name}_db": power_db(maps[name]) - power_db(reference[name])
        for name in ("time_range", "time_doppler")
    }
    for name in CLUTTERS:
        result[f"{name}_correlation"] = correlation(maps[name], reference[name])
    return result


def power_db(map_db: np.ndarray) -> float:
    """Return the sum over all bins of the power above the mean noise [dB re the noise of a bin]."""
    above = np.sum(10 ** (np.asarray(map_db, np.float64) / 10) - 1)
    return float(10 * np.log10(max(above, 1e-12)))


def correlation(map_db: np.ndarray, reference_db: np.ndarray) -> float:
    """Return the correlation of two heatmaps, with values below the noise set to 0 dB."""
    pair = [np.maximum(each, 0.0).ravel() for each in (map_db, reference_db)]
    return float(np.corrcoef(*pair)[0, 1])


def table(found: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Return the lines of a Markdown table of the measures of each effect."""
    lines = [
        "| effect | compared with | level, time-range | level, time-Doppler | "
        "correlation of range, Doppler, angle | cost |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in found.items():
        against = "-" if name == "plain" else EFFECTS[EFFECTS[name].against].title
        lines.append(
            f"| {EFFECTS[name].title} | {against} | {change_cells(row)} | {row['cost']:.1f} |"
        )
    return lines


def change_cells(row: Mapping[str, float]) -> str:
    """Return the cells of a table with the results of `changes`."""
    correlations = ", ".join(f"{row[f'{each}_correlation']:.2f}" for each in CLUTTERS)
    levels = (f"{row[f'{name}_db']:+.1f} dB" for name in ("time_range", "time_doppler"))
    return " | ".join([*levels, correlations])


def with_references(names: Iterable[str]) -> list[str]:
    """Return the chosen effects and their references, in the order of `EFFECTS`."""
    wanted = {"plain"}
    for name in names:
        while name not in wanted:
            wanted.add(name)
            name = EFFECTS[name].against
    return [name for name in EFFECTS if name in wanted]


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate the rows, print the table, and write the page and the measures."""
    from benchmarks.scene_effects_page import draw_page

    options = make_parser().parse_args(arguments)
    radar, body = load_radar(options.radar), free_body()
    print(f"{processor()}, commit {commit()}: {radar.name}, {options.frames} frames", flush=True)
    rows: dict[str, Row] = {}
    found: dict[str, dict] = {}
    for name in with_references(options.only or EFFECTS):
        rows[name] = simulate_row(EFFECTS[name], radar, options.frames, body)
        reference = rows[EFFECTS[name].against]
        found[name] = measures(rows[name], reference, rows["plain"])
        print(table({name: found[name]})[-1], flush=True)
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "effects.json").write_text(json.dumps(found, indent=1) + "\n")
    (folder / "effects.md").write_text("\n".join(table(found)) + "\n")
    draw_page(page_rows(rows), rows["plain"].axes, folder / "effects.png")
    return 0


def page_rows(rows: Mapping[str, Row]) -> list:
    """Return the rows of the page: heatmaps of the first row, and differences of all others."""
    from benchmarks.scene_effects_page import PageRow

    first, *others = rows
    page = [PageRow(EFFECTS[first].title, rows[first].maps)]
    for name in others:
        against = EFFECTS[name].against
        title = f"{EFFECTS[name].title}, minus {EFFECTS[against].short or 'first row'}"
        page.append(PageRow(title, rows[name].maps, rows[against].maps))
    return page


def parser_of_walk(module: str, description: str) -> argparse.ArgumentParser:
    """Create a parser with the options of the radar and of the number of frames.

    Args:
        module: name of the module in `benchmarks`.
        description: description of the command.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{module}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--radar", default=DEFAULT_BOARD, help="board or radar file (default: %(default)s)"
    )
    parser.add_argument(
        "--frames", type=int, default=30, help="radar frames (default: %(default)s)"
    )
    return parser


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = parser_of_walk("scene_effects", __doc__)
    parser.add_argument(
        "--only",
        nargs="+",
        choices=EFFECTS,
        metavar="NAME",
        help="effects to simulate, in addition to the rows that they are compared with "
        f"(all: {', '.join(EFFECTS)})",
    )
    parser.add_argument("--out", required=True, help="folder for effects.png, .json and .md")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
