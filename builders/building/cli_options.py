"""Command-line options that builders share, and how they become a recipe."""

import argparse
import math
from collections.abc import Mapping

FLAG_SETTINGS = {
    "seed": ("seed",),
    "limit": ("limit",),
    "radar": ("radar",),
    "takes": ("built_in", "takes"),
    "subjects": ("built_in", "subjects"),
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
    "if_cubes": ("keep", "if_cubes"),
    "motion": ("keep", "motion"),
    "motion_rate_hz": ("keep", "motion_rate_hz"),
    "validation_share": ("splits", "validation"),
    "test_share": ("splits", "test"),
}
PRESETS = ("paper", "zeroshot", "twin-a", "twin-b", "twin-c")
AREA_SETTINGS = ("near_m", "far_m", "half_width_m")


def add_store_options(parser: argparse.ArgumentParser) -> None:
    """--out and how the work is done: nothing here changes a byte of the store but the seed."""
    group = parser.add_argument_group("store and work")
    group.add_argument("--out", metavar="STORE", help="folder or URL to write, such as synth.zarr")
    group.add_argument(
        "--recipe",
        metavar="FILE_OR_STORE",
        help="settings from a .toml file, or those a store was made with; options go before them",
    )
    group.add_argument("--preset", choices=PRESETS, help="settings that come along")
    group.add_argument(
        "--dry-run",
        action="store_true",
        help="print clips, hours, splits, and bytes and time by a clip made on trial; keep nothing",
    )
    group.add_argument("--limit", type=count, metavar="N", help="keep the first N clips")
    group.add_argument("--seed", type=int, metavar="S", help="of everything random (default 0)")
    group.add_argument(
        "--workers",
        type=count,
        metavar="N",
        help="processes (default: one per physical core; one where there is a GPU)",
    )
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="a running Dask cluster, such as tcp://10.0.0.1:8786, in place of processes here",
    )
    group.add_argument("--quiet", action="store_true", help="no progress bar")


def add_clip_options(parser: argparse.ArgumentParser) -> None:
    """How sequences are cut and where subjects start."""
    group = parser.add_argument_group("clips", "one number, or LOW:HIGH to draw from")
    group.add_argument("--clip-seconds", type=float, metavar="S", help="length (default 5)")
    group.add_argument("--stride-seconds", type=float, metavar="S", help="start to start (5)")
    group.add_argument(
        "--min-frames", type=int, metavar="N", help="shorter clips are left out (30)"
    )
    group.add_argument(
        "--place",
        choices=("clip", "sequence"),
        help="every clip starts at the distance (default), or only the sequence, as in the paper",
    )
    group.add_argument("--placements", type=int, metavar="N", help="placements per clip (1)")
    group.add_argument("--distance-m", type=span, metavar="M", help="radar to subject (3)")
    group.add_argument("--lateral-m", type=span, metavar="M", help="to the radar's left (0)")
    group.add_argument("--heading-deg", type=span, metavar="DEG", help="0 faces the radar (0)")
    group.add_argument("--radar-height-m", type=span, metavar="M", help="above the floor (1)")
    group.add_argument("--radar-tilt-deg", type=span, metavar="DEG", help="positive looks up (0)")
    group.add_argument(
        "--area",
        type=float,
        nargs=3,
        metavar=("NEAR", "FAR", "HALF_WIDTH"),
        help="metres of floor the subject must not leave (1 6 3)",
    )


def add_simulation_options(parser: argparse.ArgumentParser) -> None:
    """What is simulated, and what is kept of it."""
    group = parser.add_argument_group("simulation")
    group.add_argument(
        "--radar",
        nargs="+",
        metavar="BOARD_OR_FILE",
        help="board or .toml (default AWR1843BOOST); several make a store each",
    )
    group.add_argument(
        "--method",
        choices=("accurate", "fast"),
        help="error of the sum: -80 dB (default) or -60 dB, in less time",
    )
    group.add_argument(
        "--reflection",
        choices=("paper", "body"),
        help="the paper's lobes, anchored in level (default), or smooth skin as it is",
    )
    group.add_argument(
        "--visibility",
        choices=("occlusion", "hpr"),
        help="occlusion test (default) or the paper's hidden point removal",
    )
    group.add_argument("--visibility-blocks", type=int, metavar="K", help="tests per burst (1)")
    group.add_argument(
        "--sigma", type=span, metavar="RAD", help="width of the quasi-specular lobe (0.5)"
    )
    group.add_argument(
        "--extra-noise-db", type=span, metavar="DB", help="on top of the noise figure (0)"
    )
    group.add_argument("--max-edge-m", type=float, metavar="M", help="divide longer edges (off)")
    group.add_argument(
        "--no-noise", dest="noise", action="store_false", default=None, help="no thermal noise"
    )
    group.add_argument(
        "--no-quantise", dest="quantise", action="store_false", default=None, help="no ADC steps"
    )
    group = parser.add_argument_group("heatmaps and what is kept")
    group.add_argument(
        "--window",
        choices=("paper", "burst"),
        help="256 chirps across bursts, as the paper (default), or within one burst",
    )
    group.add_argument(
        "--clutter", choices=("clip", "window", "none"), help="mean that is removed (clip)"
    )
    group.add_argument(
        "--if-cubes", choices=("auto", "on", "off"), help="IF samples; auto: while under 2 GB"
    )
    group.add_argument("--validation-share", type=float, metavar="F", help="of the subjects (0.1)")
    group.add_argument("--test-share", type=float, metavar="F", help="of the subjects (0.1)")
    group.add_argument(
        "--motion", action="store_true", default=None, help="keep the placed poses, too"
    )
    group.add_argument("--motion-rate-hz", type=float, metavar="HZ", help="of kept poses (60)")


def add_text_options(parser: argparse.ArgumentParser) -> None:
    """What was said about motions of AMASS, joined to them by path."""
    group = parser.add_argument_group("texts", "joined to motions by their AMASS path")
    group.add_argument("--babel", metavar="DIR", help="BABEL: train.json, val.json and the others")
    group.add_argument("--humanml3d", metavar="DIR", help="HumanML3D: index.csv and texts")
    group.add_argument("--kitml", metavar="DIR", help="KIT-ML: annotations.json")


def count(text: str) -> int:
    """A whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is too few; give 1 or more")
    return number


def span(text: str) -> float | list[float]:
    """`2.5`, or `2:4` for a range to draw from."""
    try:
        ends = [float(end) for end in text.split(":")]
    except ValueError:
        ends = []
    if len(ends) not in (1, 2):
        raise argparse.ArgumentTypeError(f"{text!r} is no number; give 3 or LOW:HIGH such as 2:4")
    return ends[0] if len(ends) == 1 else ends


def recipe_table(options: Mapping[str, object]) -> dict:
    """The options that were given, as a recipe table of what differs from the defaults."""
    table: dict = {}
    for name, path in FLAG_SETTINGS.items():
        value = options.get(name)
        if value is not None:
            _put(table, path, _radians(value) if name.endswith("_deg") else value)
    for name, value in zip(AREA_SETTINGS, options.get("area") or ()):
        _put(table, ("area", name), value)
    return table


def _radians(value: float | list[float]) -> float | list[float]:
    return [math.radians(end) for end in value] if isinstance(value, list) else math.radians(value)


def _put(table: dict, path: tuple[str, ...], value: object) -> None:
    for key in path[:-1]:
        table = table.setdefault(key, {})
    table[path[-1]] = value
