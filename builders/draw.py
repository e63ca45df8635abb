"""Draw a figure of a clip: `python -m builders.draw synth.zarr --clip 0`.

Draws the body in front of the radar (a shaded mesh at several times, the path seen from above, a
strip of poses over time), the points that the radar detects on the body, the clip's three heatmaps
on physical axes, and the range-Doppler and range-azimuth maps of one frame. A clip in a store is
drawn from its stored arrays. A motion file or a built-in activity is simulated first, with the
settings of builders.amass. With --video, the body, points and maps are animated together in real
time.
"""

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from builders.building.cli_options import recipe_table
from builders.building.room_options import add_room_picture_option
from builders.drawing.draw_options import (
    add_figure_options,
    add_motion_options,
    add_store_options,
)
from builders.drawing.output_paths import beside, checked_out
from radarsim.command_options import add_body_models
from radarsim.exit_status import exit_status
from radarsim.paths import path_argument

EXAMPLES = """
how to read the heatmaps:
  Colour is power in dB relative to the receiver's thermal noise, so noise is at 0 dB.
  Time-Doppler: radial speed, positive when receding. The bright band is the torso; limbs reach
  about three times its speed, once per step. Speeds beyond the axis limits alias to the other end.
  Time-range: distance of the visible body parts. Time-angle: azimuth, positive to the left.

how to read the points and frame maps:
  Points have the colour of their time in the view from above; in the 3-D view, they are white and
  belong to the drawn moment. The maps show the frame with the most points, at the dashed line in
  the heatmaps; rings are its points. In the range-azimuth map, ahead is up and left is left.

examples:
  python -m builders.draw synth.zarr --clip 0
      the first clip of a store, by row or by id
  python -m builders.draw synth.zarr --clip all --columns 8
      a contact sheet: the time-Doppler maps of many clips on one page
  python -m builders.draw walk.bvh --start-seconds 3 --window paper --out walk.png
      five seconds of a motion file, with the Doppler window of the mmCLIP paper
  python -m builders.draw squat --distance-m 2 --heading-deg 45
      a built-in activity, simulated at 2 m
  python -m builders.draw squat --room office --room-picture room.png
      the office with the strongest echoes in 3-D, next to the heatmaps
  python -m builders.draw synth.zarr --clip 3 --video walk.gif
      a video of a clip with kept points, frame maps or IF cubes; .mp4 needs ffmpeg
"""
_MOTION_FLAGS = (
    *("radar", "start_seconds", "seconds", "distance_m", "lateral_m", "heading_deg"),
    *("person", "source_up", "source_rate_hz", "room"),
)
_STORE_FLAGS = ("clip", "columns", "amass", "motions")


@exit_status()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, or 2 if nothing can be drawn."""
    options = make_parser().parse_args(arguments)
    return _draw(options)


def _draw(options: argparse.Namespace) -> int:
    from radarsim.errors import InputError

    if importlib.util.find_spec("matplotlib") is None:
        hint = "pip install 'radarsim[viz]'"
        raise InputError("radarsim draw", "matplotlib", "is not installed", hint)
    source = Path(options.source)
    is_store = source.is_dir()
    misplaced = _first_given(options, _MOTION_FLAGS if is_store else _STORE_FLAGS)
    if misplaced:
        kind = "motion files and activities" if is_store else "stores"
        raise InputError(options.source, misplaced, f"applies only to {kind}", "omit it")
    if options.video:
        return _write_video(options, is_store)
    out = checked_out(options.out) if options.out else None
    if options.room_picture:
        checked_out(options.room_picture, "--room-picture")
    page, note, default = (_from_store if is_store else _from_motion)(options)
    out = out or default
    try:
        page.savefig(out)
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(out, "--out", problem, "give a writable path by --out") from None
    if note:
        print(note)
    print(out)
    return 0


def _from_store(options: argparse.Namespace):
    from builders.drawing.figures import (
        contact_sheet,
        stored_clip_page,
        stored_maps,
        stored_settings,
    )
    from pipelines.store_reader import Store
    from radarsim.errors import InputError

    store = Store(options.source)
    rows = store.rows(options.clip or "0")
    if len(rows) > 1:
        if options.room_picture:
            problem = f"shows one clip, not {len(rows)}"
            raise InputError(options.source, "--room-picture", problem, "choose one with --clip")
        page, note = contact_sheet(store, rows, options.columns or 6, options.window)
        return page, note, beside(options.source, "sheet.png")
    if options.room_picture:
        from builders.sources.motion_lookup import find_source_take

        maps = stored_maps(store, rows[0], stored_settings(store, options.window))
        clip = store.clips[rows[0]]
        take = find_source_take(store.recipe, clip, _motion_paths(options))
        _draw_room(options, store.recipe, clip, take, maps)
    page, note = stored_clip_page(
        store, rows[0], _motion_paths(options), options.window, options.trace, options.points
    )
    return page, note, beside(options.source, f"clip{rows[0]}.png")


def _from_motion(options: argparse.Namespace):
    from builders.drawing.figures import motion_maps, motion_page
    from radarsim.errors import InputError

    if options.room_picture and not options.room:
        problem = "needs a room, and the motion is in free space"
        raise InputError(options.source, "--room-picture", problem, "give --room, or omit it")
    made = _simulated(options, keep_cube=options.points)
    if options.room_picture:
        _draw_room(options, made.recipe, made.clip, made.take, motion_maps(made))
    page = motion_page(made, options.start_seconds or 0.0, options.body_models, options.trace)
    return page, made.note, beside(options.source, "radar.png")


def _draw_room(options: argparse.Namespace, recipe, clip, take, maps) -> None:
    """Draw the room of a clip, and print the room report and the path of the picture."""
    from builders.drawing.room import write_room_picture

    path = options.room_picture
    print(write_room_picture(path, recipe, clip, take, options.body_models, maps))
    print(path)


def _write_video(options: argparse.Namespace, is_store: bool) -> int:
    from builders.activities.animation import checked_writer
    from radarsim.errors import InputError

    if options.out:
        raise InputError(options.out, "--out", "names a figure, not a video", "omit it")
    if options.room_picture:
        problem = "is drawn with a figure, not with a video"
        raise InputError(options.room_picture, "--room-picture", problem, "omit it, or --video")
    checked_writer(options.video)  # fail before the simulation starts
    note = (_video_of_store if is_store else _video_of_motion)(options)
    if note:
        print(note)
    print(options.video)
    return 0


def _video_of_store(options: argparse.Namespace) -> str:
    from builders.drawing.video import write_stored_video
    from pipelines.store_reader import Store
    from radarsim.errors import InputError

    store = Store(options.source)
    rows = store.rows(options.clip or "0")
    if len(rows) > 1:
        problem = f"shows one clip, not {len(rows)}"
        raise InputError(options.source, "--video", problem, "choose one with --clip")
    paths = _motion_paths(options)
    return write_stored_video(store, rows[0], paths, options.video, options.window)


def _video_of_motion(options: argparse.Namespace) -> str:
    from builders.drawing.video import write_motion_video

    made = _simulated(options, keep_cube=True)
    write_motion_video(made, options.video, options.body_models)
    return made.note


def _simulated(options: argparse.Namespace, keep_cube: bool):
    from builders.drawing.single_clip import simulate_segment

    return simulate_segment(
        options.source,
        options.start_seconds or 0.0,
        5.0 if options.seconds is None else options.seconds,
        recipe_table(vars(options)),
        options.body_models,
        options.person or "",
        keep_cube,
    )


def _motion_paths(options: argparse.Namespace):
    from builders.sources.motion_lookup import MotionPaths

    return MotionPaths(
        amass=options.amass, motions=tuple(options.motions), body_models=options.body_models
    )


def _first_given(options: argparse.Namespace, names: Sequence[str]) -> str:
    """Return the first of the named flags that the user gave, in command-line spelling, or ""."""
    given = (name for name in names if getattr(options, name) not in (None, ()))
    name = next(given, None)
    return f"--{name.replace('_', '-')}" if name else ""


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.draw",
        usage="python -m builders.draw STORE_OR_MOTION [options]",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "source",
        type=path_argument,
        metavar="STORE_OR_MOTION",
        help="a store, a motion file (.bvh, .npz, or body tracker file), or a built-in activity",
    )
    add_figure_options(parser)
    add_body_models(parser)
    add_room_picture_option(parser)
    add_store_options(parser)
    add_motion_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
