"""Command-line flags shared by the builders, and their conversion to a recipe table."""

import argparse
import math
from collections.abc import Mapping

from builders.building.keep_options import KEEP_SETTINGS
from builders.building.people_options import PEOPLE_SETTINGS
from builders.building.room_options import ROOM_SETTINGS, add_room_options, room_table
from radarsim.paths import path_argument

FLAG_SETTINGS = {
    "seed": ("seed",),
    "limit": ("limit",),
    "radar": ("radar",),
    "receiver": ("receiver",),
    "source_up": ("sources", "up"),
    "source_rate_hz": ("sources", "rate_hz"),
    "takes": ("built_in", "takes"),
    "subjects": ("built_in", "subjects"),
    "grammar_hours": ("built_in", "grammar_hours"),
    "clip_seconds": ("clips", "length_s"),
    "stride_seconds": ("clips", "stride_s"),
    "min_frames": ("clips", "min_frames"),
    "place": ("placements", "scope"),
    "placements": ("placements", "per_clip"),
    "distance_m": ("placements", "distance_m"),
    "lateral_m": ("placements", "lateral_m"),
    "heading_deg": ("placements", "heading_rad"),
    "radar_height_m": ("placements", "radar_height_m"),
    "radar_tilt_deg": ("placements", "radar_tilt_rad"),
    "method": ("simulation", "method"),
    "reflection": ("simulation", "reflection"),
    "visibility": ("simulation", "visibility"),
    "visibility_blocks": ("simulation", "visibility_blocks"),
    "sigma": ("simulation", "sigma_rad"),
    "extra_noise_db": ("simulation", "extra_noise_db"),
    "max_edge_m": ("simulation", "max_edge_m"),
    "noise": ("simulation", "noise"),
    "quantise": ("simulation", "quantise"),
    "window": ("maps", "window"),
    "clutter": ("maps", "clutter"),
    "angle_window": ("maps", "angle_window"),
    "if_cubes": ("keep", "if_cubes"),
    **KEEP_SETTINGS,
    **PEOPLE_SETTINGS,
    **ROOM_SETTINGS,
    "validation_share": ("splits", "validation"),
    "test_share": ("splits", "test"),
}
PRESETS = (
    "paper",
    "zeroshot",
    "recognition",
    "recognition-test",
    "grammar",
    "five-activities",
    *("living-room", "office", "hall"),
    *(f"twin-{letter}" for letter in "abcdef"),
)
AREA_SETTINGS = ("near_m", "far_m", "half_width_m")


def add_store_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the output store, the recipe and the execution."""
    group = parser.add_argument_group("output and execution")
    group.add_argument(
        "--out",
        type=path_argument,
        metavar="STORE",
        help="output folder or URL of the Zarr store, e.g. synth.zarr",
    )
    group.add_argument(
        "--recipe",
        type=path_argument,
        metavar="FILE_OR_STORE",
        help="read settings from a .toml file or from an existing store; flags override them",
    )
    group.add_argument("--preset", choices=PRESETS, help="use a bundled recipe")
    group.add_argument(
        "--dry-run",
        action="store_true",
        help="simulate one clip, print the plan with estimated time and size, and write nothing",
    )
    group.add_argument("--limit", type=count, metavar="N", help="build only the first N clips")
    group.add_argument("--seed", type=int, metavar="S", help="random seed (default: 0)")
    group.add_argument(
        "--workers",
        type=count,
        metavar="N",
        help="worker processes (default: one per physical core, or one if there is a GPU)",
    )
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="use a running Dask cluster, e.g. tcp://10.0.0.1:8786, instead of local processes",
    )
    group.add_argument("--quiet", action="store_true", help="hide the progress bar")


def add_clip_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags that control how motions are cut into clips and where subjects start."""
    group = parser.add_argument_group(
        "clips and placement",
        "distance, offset, heading, height and tilt: a number, or LOW:HIGH to sample uniformly",
    )
    group.add_argument(
        "--clip-seconds", type=float, metavar="S", help="clip length in seconds (default: 5)"
    )
    group.add_argument(
        "--stride-seconds",
        type=float,
        metavar="S",
        help="time between the starts of consecutive clips (default: 5)",
    )
    group.add_argument(
        "--min-frames",
        type=int,
        metavar="N",
        help="discard clips with fewer radar frames (default: 30)",
    )
    group.add_argument(
        "--place",
        choices=("clip", "sequence"),
        help="apply the placement at the start of every clip (default), or only at the start of "
        "the motion sequence, as in the mmCLIP paper",
    )
    group.add_argument(
        "--placements", type=int, metavar="N", help="placement variants of each take (default: 1)"
    )
    group.add_argument(
        "--distance-m", type=span, metavar="M", help="radar-to-subject distance (default: 3)"
    )
    group.add_argument(
        "--lateral-m",
        type=span,
        metavar="M",
        help="lateral offset, positive to the left as seen from the radar (default: 0)",
    )
    group.add_argument(
        "--heading-deg",
        type=span,
        metavar="DEG",
        help="heading of the subject; 0 faces the radar (default: 0)",
    )
    group.add_argument(
        "--radar-height-m", type=span, metavar="M", help="radar height above the floor (default: 1)"
    )
    group.add_argument(
        "--radar-tilt-deg", type=span, metavar="DEG", help="radar tilt, positive up (default: 0)"
    )
    group.add_argument(
        "--area",
        type=float,
        nargs=3,
        metavar=("NEAR", "FAR", "HALF_WIDTH"),
        help="activity area in metres; a clip ends when the subject leaves it (default: 1 6 3)",
    )


def add_simulation_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the radar and the physical model."""
    group = parser.add_argument_group("simulation")
    group.add_argument(
        "--radar",
        type=path_argument,
        nargs="+",
        metavar="BOARD_OR_FILE",
        help="board name or radar .toml (default: AWR1843BOOST); several radars give one store "
        "each",
    )
    group.add_argument(
        "--receiver",
        type=path_argument,
        metavar="PROFILE_OR_FILE",
        help="receiver profile: ideal (default), datasheet, or a .toml file such as "
        "receiver_profile.toml of radarsim.validate --fit; see docs/receiver.md",
    )
    group.add_argument(
        "--method",
        choices=("accurate", "fast"),
        help="relative error of the echo sum: -80 dB (accurate, default) or -60 dB (fast)",
    )
    group.add_argument(
        "--reflection",
        choices=("paper", "body"),
        help="reflection model: quasi-specular lobes calibrated to the RCS of people (paper, "
        "default), or coherent Gaussian facets of smooth bare skin, uncalibrated (body)",
    )
    group.add_argument(
        "--visibility",
        choices=("occlusion", "hpr"),
        help="visible faces: occlusion test (default), or hidden point removal as in the paper",
    )
    group.add_argument(
        "--visibility-blocks",
        type=int,
        metavar="K",
        help="visibility tests per burst (default: 1)",
    )
    group.add_argument(
        "--sigma",
        type=span,
        metavar="RAD",
        help="width of the quasi-specular lobe, a number or LOW:HIGH (default: 0.5)",
    )
    group.add_argument(
        "--extra-noise-db",
        type=span,
        metavar="DB",
        help="noise added to the noise figure, a number or LOW:HIGH (default: 0)",
    )
    group.add_argument(
        "--max-edge-m",
        type=float,
        metavar="M",
        help="maximum length of mesh edges; longer edges are subdivided (default: off)",
    )
    add_room_options(parser, span)
    group.add_argument(
        "--no-noise",
        dest="noise",
        action="store_false",
        default=None,
        help="simulate without thermal noise",
    )
    group.add_argument(
        "--no-quantise",
        dest="quantise",
        action="store_false",
        default=None,
        help="simulate without ADC quantisation",
    )


def add_heatmap_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the heatmaps, the stored IF samples and the splits."""
    group = parser.add_argument_group("heatmaps, stored arrays and splits")
    group.add_argument(
        "--window",
        choices=("burst", "paper"),
        help="Doppler window: each burst separately (default), or 256 chirps across bursts, as in "
        "the paper; the gaps between bursts then cause fringes at all speeds: see docs/heatmaps.md",
    )
    group.add_argument(
        "--clutter",
        choices=("median", "clip", "window", "none"),
        help="clutter removal: subtract the median over the clip (default), the mean, which leaves "
        "a line at the range of people who pause, or the mean of each window: see docs/heatmaps.md",
    )
    group.add_argument(
        "--angle-window",
        choices=("taylor", "uniform"),
        help="taper of the antenna array: Taylor (default; sidelobes at -28 dB, main lobe 1.27 "
        "times as wide), or none (sidelobes at -13 dB)",
    )
    group.add_argument(
        "--if-cubes",
        choices=("auto", "on", "off"),
        help="store the IF samples (default: auto, if they take less than 2 GB uncompressed)",
    )
    group.add_argument(
        "--validation-share",
        type=float,
        metavar="F",
        help="fraction of subjects in the validation split (default: 0.1)",
    )
    group.add_argument(
        "--test-share",
        type=float,
        metavar="F",
        help="fraction of subjects in the test split (default: 0.1)",
    )


def count(text: str) -> int:
    """Parse an integer of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is too small; give 1 or more")
    return number


def span(text: str) -> float | list[float]:
    """Parse a number such as `2.5`, or a range such as `2:4` to sample uniformly."""
    try:
        ends = [float(end) for end in text.split(":")]
    except ValueError:
        ends = []
    if len(ends) not in (1, 2):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number; give 3, or LOW:HIGH such as 2:4"
        )
    return ends[0] if len(ends) == 1 else ends


def recipe_table(options: Mapping[str, object]) -> dict:
    """Convert flags to a recipe table, which contains only the flags that the user gave."""
    table: dict = {}
    for name, path in FLAG_SETTINGS.items():
        value = options.get(name)
        if value is not None:
            _put(table, path, _radians(value) if name.endswith("_deg") else value)
    for name, value in zip(AREA_SETTINGS, options.get("area") or ()):
        _put(table, ("area", name), value)
    for name, value in room_table(options.get("room")).items():
        _put(table, ("room", name), value)
    for name in options.get("keep") or ():
        _put(table, ("keep", name), True)
    return table


def _radians(value: float | list[float]) -> float | list[float]:
    return [math.radians(end) for end in value] if isinstance(value, list) else math.radians(value)


def _put(table: dict, path: tuple[str, ...], value: object) -> None:
    for key in path[:-1]:
        table = table.setdefault(key, {})
    table[path[-1]] = value
