"""Synthetic human motion in AMASS's layout: `python -m builders.motions --out DIR`.

Writes the sixty activities of the mmCLIP protocol, random movements from a grammar that excludes
those activities, or five activities of care and gestures (falling, drinking, coughing, convulsing,
waving), with captions as in HumanML3D, timed actions as in BABEL, and five attribute
sentences for each caption.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from radarsim.exit_status import exit_status
from radarsim.paths import path_argument

# At larger errors, the sides of the body cannot be distinguished [m].
MAX_CAMERA_NOISE_M = 0.1
EXAMPLES = """
examples:
  python -m builders.motions --out corpus
      sixty activities, eight people, two takes each: 2.7 hours
  python -m builders.motions --out corpus --source grammar --hours 10 --subjects 40
      ten hours of movement sequences by forty people
  python -m builders.motions --out shifted --domain twin-a
      other people with motion-capture errors, in place of recordings (labelled as a stand-in)
  python -m builders.motions --out seen --domain twin-a --cameras body25
      the same people as cameras see them: bodies fitted to noisy 3-D joints
  python -m builders.motions --strip squat.png --activities squat lunge
      pictures instead of motion files; --video squat.mp4 or squat.gif animates the first take

then:
  python -m builders.amass --out synth.zarr --amass corpus
      simulates the corpus with captions, actions and sentences; domain twin-a: --preset twin-a

The same command resumes an interrupted run; the same seed gives the same bytes.
"""


@exit_status("the same command resumes with the missing motions")
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return exit status 0, 2 for invalid input, or 130 if interrupted."""
    options = make_parser().parse_args(arguments)
    if not (options.out or options.strip or options.video):
        make_parser().error("give --out DIR, --strip FILE or --video FILE")
    # Imported late: the import takes seconds and is not needed for --help.
    from builders.corpus.build import write_corpus

    spec = _spec(options)
    if options.strip or options.video:
        _draw(options, spec)
    if options.out:
        write_corpus(Path(options.out), spec, options.workers)
    return 0


def _spec(options):
    """Make the corpus specification; raise InputError if the activities or hours are invalid."""
    from builders.corpus.plan import CorpusSpec
    from radarsim.errors import InputError

    _check_activities(options)
    _check_cameras(options)
    if options.hours < 0 or options.hours > 10_000:
        raise InputError("options", "--hours", f"{options.hours:g} h", "give 0 to 10000")
    return CorpusSpec(
        source=options.source,
        num_subjects=options.subjects,
        num_repeats=options.repeats,
        hours=options.hours,
        seed=options.seed,
        domain=options.domain,
        alive=options.breathing,
        cameras=options.cameras,
        **({} if options.camera_noise_m is None else {"camera_noise_m": options.camera_noise_m}),
    )


def _check_activities(options) -> None:
    """Raise InputError if the source does not contain an activity that is to be drawn."""
    from builders.corpus.plan import activity_names
    from radarsim.errors import InputError

    known = activity_names(options.source)
    unknown = sorted(set(options.activities) - set(known))
    if unknown:
        problem = f"{unknown[0]!r} is not an activity of --source {options.source}"
        hint = f"use any of {', '.join(known)}" if known else "omit it: sequences have no such name"
        raise InputError("options", "--activities", problem, hint)


def _check_cameras(options) -> None:
    """Raise InputError if the layout of the cameras does not exist or the noise is out of range."""
    from radarsim.errors import InputError
    from radarsim.scene.skeletons.layouts import LAYOUTS

    joints = [name for name, layout in LAYOUTS.items() if not layout.is_markers]
    if options.cameras and options.cameras not in joints:
        problem = f"{options.cameras!r} is not a layout of joints"
        raise InputError("options", "--cameras", problem, f"use one of {', '.join(joints)}")
    if options.camera_noise_m is None:
        return
    if not options.cameras:
        problem = "has no effect without --cameras"
        raise InputError("options", "--camera-noise-m", problem, "add --cameras body25")
    if not 0 <= options.camera_noise_m <= MAX_CAMERA_NOISE_M:
        problem = f"{options.camera_noise_m:g} m is out of range"
        hint = f"give 0 to {MAX_CAMERA_NOISE_M:g} m"
        raise InputError("options", "--camera-noise-m", problem, hint)


def _draw(options, spec) -> None:
    """Draw the contact sheet or video of the activities in --activities or else the first takes."""
    from builders.corpus.plan import plan_takes
    from builders.corpus.synthesis import synthesize_take
    from radarsim.errors import InputError

    takes = plan_takes(spec)
    if options.activities:
        takes = [planned for planned in takes if planned.activity in options.activities]
    if not takes:
        problem = f"gives no take of {', '.join(options.activities)}"
        raise InputError("options", "--hours", problem, "give more hours, or use --repeats")
    takes = [planned for planned in takes if planned.subject_number == takes[0].subject_number]
    takes = takes[:60]
    if options.strip:
        from builders.activities.contact_sheet import draw_contact_sheet

        motions = [synthesize_take(spec, planned)[0] for planned in takes[: options.rows]]
        draw_contact_sheet([(motion.name, motion) for motion in motions], options.strip)
        print(options.strip)
    if options.video:
        from builders.activities.animation import write_animation

        write_animation(synthesize_take(spec, takes[0])[0], options.video)
        print(options.video)


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.motions",
        usage="python -m builders.motions --out DIR [options]",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=path_argument, metavar="DIR", help="output folder")
    _add_amount_options(parser)
    _add_variation_options(parser)
    parser.add_argument(
        "--workers",
        type=_count,
        default=os.cpu_count() or 1,
        metavar="N",
        help="number of processes (default: one per CPU)",
    )
    _add_picture_options(parser.add_argument_group("pictures"))
    return parser


def _add_amount_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the kind and the amount of motion."""
    add = parser.add_argument
    add(
        "--source",
        choices=("activities", "grammar", "five-activities"),
        default="activities",
        help="kind of motion (default: %(default)s)",
    )
    add(
        "--subjects",
        type=_count,
        default=8,
        metavar="N",
        help="number of people (default: %(default)s)",
    )
    add(
        "--repeats",
        type=_count,
        default=2,
        metavar="N",
        help="number of takes per activity and person (default: %(default)s)",
    )
    add(
        "--hours",
        type=float,
        default=0.0,
        metavar="H",
        help="total duration in hours, instead of --repeats",
    )


def _add_variation_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the people and for the random variation of their motion."""
    add = parser.add_argument
    add("--seed", type=int, default=0, metavar="S", help="random seed (default: %(default)s)")
    add(
        "--domain",
        choices=("home", "twin-a", "twin-b", "twin-c"),
        default="home",
        help="domain; twins have different people, jitter and sliding feet (default: %(default)s)",
    )
    add("--breathing", action="store_true", help="add breathing and heartbeat")
    add(
        "--cameras",
        default="",
        metavar="LAYOUT",
        help="write the motion as fitted to 3-D joints of this layout (such as body25) with the "
        "errors of cameras: 30 poses/s, noise, offsets, and joints that are hidden for 0.2 s",
    )
    add(
        "--camera-noise-m",
        type=float,
        metavar="M",
        help="standard deviation of the noise of these joints per axis in m (default: 0.02)",
    )


def _add_picture_options(group: argparse._ArgumentGroup) -> None:
    """Add the options for contact sheets and animations."""
    add = group.add_argument
    add("--strip", type=path_argument, metavar="FILE.png", help="contact sheet of the first takes")
    add(
        "--video",
        type=path_argument,
        metavar="FILE",
        help=".mp4 or .gif animation of the first take",
    )
    add("--activities", nargs="+", default=(), metavar="NAME", help="draw only these activities")
    add(
        "--rows",
        type=_count,
        default=12,
        metavar="N",
        help="contact-sheet rows (default: %(default)s)",
    )


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a count; give 1 or more")
    return value


if __name__ == "__main__":
    sys.exit(main())
