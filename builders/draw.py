"""A picture of a clip: `python -m builders.draw synth.zarr --clip 0`.

Draws the body before the radar (a shaded mesh at a few moments, its path from above, a strip of
poses over time) and the clip's three heatmaps on physical axes. A store's clip is drawn as it was
made. A motion file or a built-in activity is simulated on the spot, as builders.amass would.
"""

import argparse
import importlib.util
import math
import sys
from collections.abc import Sequence
from pathlib import Path

EXAMPLES = """
how to read it:
  Colours are power in dB above the receiver's thermal noise: noise reads 0 dB.
  Time-Doppler: the bright band is the torso; limbs swing up to three times as fast, once per step.
  Receding is positive, and speeds beyond the ends of the axis come back at the other end.
  Time-range: the distance to the nearest lit parts. Time-angle: azimuth, left is positive.

examples:
  python -m builders.draw synth.zarr --clip 0
      the first clip of a store; its id works, too
  python -m builders.draw synth.zarr --clip all --columns 8
      a contact sheet: time-Doppler maps of many clips on one page
  python -m builders.draw walk.bvh --start-seconds 3 --window burst --out walk.png
      five seconds of a motion file; burst is the window that is easier to read
  python -m builders.draw squat --distance-m 2 --heading-deg 45
      a built-in activity
"""
_OF_MOTIONS = ("radar", "start_seconds", "seconds", "distance_m", "lateral_m", "heading_deg")
_SUFFIXES = (".png", ".pdf", ".svg")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, or 2 where there is nothing to be drawn."""
    options = _parser().parse_args(arguments)
    # Late: they take seconds to import, and --help need not wait.
    from radarsim.errors import InputError

    try:
        return _draw(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _draw(options: argparse.Namespace) -> int:
    from radarsim.errors import InputError

    if importlib.util.find_spec("matplotlib") is None:
        hint = "pip install matplotlib, or install this package with the extra viz"
        raise InputError("builders.draw", "matplotlib", "is not installed", hint)
    source = Path(options.source)
    is_store = source.is_dir()
    foreign = _given(options, _OF_MOTIONS if is_store else ("clip", "columns", "amass", "motions"))
    if foreign:
        kind = "motion files" if is_store else "stores"
        raise InputError(options.source, foreign, f"is for {kind}", "leave it out")
    out = _checked_out(options.out) if options.out else None
    page, note, default = (_from_store if is_store else _from_motion)(options)
    out = out or default
    try:
        page.savefig(out)
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(out, "--out", problem, "choose a writable path with --out") from None
    if note:
        print(note)
    print(out)
    return 0


def _from_store(options: argparse.Namespace):
    from builders.drawing.figures import sheet, stored_page
    from builders.sources.motion_lookup import Sources
    from pipelines.store_reader import Store

    store = Store(options.source)
    rows = store.rows(options.clip or "0")
    if len(rows) > 1:
        page, note = sheet(store, rows, options.columns or 6, options.window)
        return page, note, _beside(options.source, "sheet.png")
    sources = Sources(
        amass=options.amass, motions=tuple(options.motions), body_models=options.body_models
    )
    page, note = stored_page(store, rows[0], sources, options.window, options.trace)
    return page, note, _beside(options.source, f"clip{rows[0]}.png")


def _from_motion(options: argparse.Namespace):
    from builders.building.cli_options import recipe_table
    from builders.drawing.figures import motion_page

    page, note = motion_page(
        options.source,
        options.start_seconds or 0.0,
        5.0 if options.seconds is None else options.seconds,
        recipe_table(vars(options)),
        options.body_models,
        options.trace,
    )
    return page, note, _beside(options.source, "radar.png")


def _given(options: argparse.Namespace, names: Sequence[str]) -> str:
    """The first of these options that was given, as it is written; "" if none was."""
    given = (name for name in names if getattr(options, name) not in (None, ()))
    name = next(given, None)
    return f"--{name.replace('_', '-')}" if name else ""


def _beside(source: str, ending: str) -> Path:
    """A name beside the source, with an ending of our own: nobody's file is overwritten."""
    path = Path(source)
    path = path if path.stem not in ("", "..") else path.resolve()
    return path.with_name(f"{path.stem}.{ending}")


def _checked_out(out: str) -> Path:
    """Said before anything is simulated."""
    from radarsim.errors import InputError

    path = Path(out)
    if path.suffix.lower() not in _SUFFIXES:
        hint = f"end the name in {' or '.join(_SUFFIXES)}"
        raise InputError(out, "--out", f"'{path.suffix}' is no kind of picture", hint)
    if path.is_dir() or not path.parent.is_dir():
        problem = "is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise InputError(out, "--out", problem, "name a file in a folder that is there")
    return path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m builders.draw",
        usage="python -m builders.draw STORE_OR_MOTION [options]",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source",
        metavar="STORE_OR_MOTION",
        help="a store, a .bvh or AMASS .npz file, or the name of a built-in activity",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="picture to write, .png, .pdf or .svg (default: beside it)"
    )
    parser.add_argument(
        "--window",
        choices=("paper", "burst"),
        help="256 chirps across bursts, as the paper (default; a store's own), or within one burst",
    )
    parser.add_argument(
        "--trace",
        action="store_true",
        help="draw the pelvis' own speed, range and azimuth over the maps",
    )
    parser.add_argument(
        "--body-models",
        metavar="DIR",
        help="SMPL, SMPL-H or SMPL-X models (default: the free body that comes along)",
    )
    _add_store_options(parser)
    _add_motion_options(parser)
    return parser


def _add_store_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("stores")
    group.add_argument(
        "--clip",
        metavar="CLIP",
        help="row, id, FIRST:END or all (default 0); several make a contact sheet",
    )
    group.add_argument("--columns", type=_count, metavar="N", help="of a contact sheet (6)")
    group.add_argument(
        "--amass", metavar="DIR", help="as for the build, to find the body if poses are not kept"
    )
    group.add_argument("--motions", nargs="+", default=(), metavar="FILE_OR_DIR", help="likewise")


def _add_motion_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("motion files and activities")
    group.add_argument("--start-seconds", type=_seconds, metavar="S", help="into the motion (0)")
    group.add_argument("--seconds", type=_seconds, metavar="S", help="at most (5)")
    group.add_argument("--radar", metavar="BOARD_OR_FILE", help="board or .toml (AWR1843BOOST)")
    group.add_argument("--distance-m", type=float, metavar="M", help="radar to subject (3)")
    group.add_argument("--lateral-m", type=float, metavar="M", help="to the radar's left (0)")
    group.add_argument("--heading-deg", type=float, metavar="DEG", help="0 faces the radar (0)")


def _seconds(text: str) -> float:
    value = float(text)
    if not (0 <= value < math.inf):
        raise argparse.ArgumentTypeError(f"{text} s is no time; give 0 or more")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is no count; give 1 or more")
    return value


if __name__ == "__main__":
    sys.exit(main())
