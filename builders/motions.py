"""Motion of made-up people in AMASS's layout: `python -m builders.motions --out DIR`.

The sixty activities of the mmCLIP protocol, or a grammar of movements that never shows one of them.
With captions as HumanML3D has them, timed actions as BABEL has them, and five sentences for each
caption.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

EXAMPLES = """
examples:
  python -m builders.motions --out corpus
      sixty activities, eight people, two takes each: 2.7 hours
  python -m builders.motions --out corpus --source grammar --hours 10 --subjects 40
      ten hours of scores by forty people
  python -m builders.motions --out hall --domain twin-a
      other people, tracked less well: a stand-in for recordings, and labelled so
  python -m builders.motions --strip squat.png --activities squat lunge
      pictures instead of files; --video squat.mp4 or squat.gif animates the first

then:
  python -m builders.amass --out synth.zarr --amass corpus
      simulates it, with captions, actions and sentences; --preset twin-a for a twin

The same command goes on where a stopped one left off; the same seed gives the same bytes.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 2 for a bad request, 130 if stopped."""
    options = _parser().parse_args(arguments)
    if not (options.out or options.strip or options.video):
        _parser().error("--out DIR is needed, or --strip FILE or --video FILE")
    # Late: they take seconds to import, and --help need not wait.
    from radarsim.errors import InputError

    try:
        order = _order(options)
        if options.strip or options.video:
            _draw(options, order)
        if options.out:
            _make(Path(options.out), order, options.workers)
        return 0
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on from the motions that are done", file=sys.stderr)
        return 130


def _order(options):
    from builders.activities import ACTIVITIES
    from builders.corpus.corpus import Order
    from radarsim.errors import InputError

    unknown = sorted(set(options.activities) - set(ACTIVITIES))
    if unknown:
        hint = f"give some of {', '.join(ACTIVITIES)}"
        raise InputError("options", "--activities", f"{unknown[0]!r} is none", hint)
    if options.hours < 0 or options.hours > 10_000:
        raise InputError("options", "--hours", f"{options.hours:g} h", "give 0 to 10000")
    return Order(
        source=options.source,
        num_subjects=options.subjects,
        num_repeats=options.repeats,
        hours=options.hours,
        seed=options.seed,
        domain=options.domain,
        alive=options.breathing,
    )


def _make(folder: Path, order, workers: int) -> None:
    """Every take that is not there yet, then the texts of all."""
    from tqdm import tqdm

    from builders.corpus import files
    from builders.corpus.corpus import plan

    if _is_complete(folder, order):
        print(f"{folder} is complete")
        return
    jobs = plan(order)
    files.begin(folder, order)
    left = [job for job in jobs if not files.is_made(folder, order, job)]
    tasks = [(str(folder), order, job) for job in left]
    bar = tqdm(total=len(jobs), initial=len(jobs) - len(left), unit="motion", disable=None)
    seconds = 0.0
    with bar:
        for made_s in _mapped(tasks, workers):
            seconds += made_s
            bar.update()
    num_captions = files.finish(folder, order, jobs)
    kind = f" ({files.STAND_IN})" if order.domain != "home" else ""
    print(f"{len(jobs)} motions, {seconds / 3600:.2f} h new, {num_captions} different captions "
          f"in {folder}{kind}")  # fmt: skip


def _is_complete(folder: Path, order) -> bool:
    """True if nothing is left to do; InputError if something else lies there."""
    from dataclasses import asdict

    from builders.corpus.files import ABOUT
    from radarsim.errors import InputError

    about = folder / ABOUT
    if folder.exists() and not folder.is_dir():
        raise InputError(folder, "--out", "is a file", "name a folder")
    if not about.is_file():
        if folder.is_dir() and any(folder.iterdir()):
            raise InputError(folder, "--out", "holds other files", "name an empty or new folder")
        return False
    try:
        table = json.loads(about.read_text("utf-8"))
        before, complete = table["order"], table["complete"]
    except (ValueError, KeyError, TypeError):
        raise InputError(about, "JSON", "cannot be read", "remove the folder") from None
    if before != asdict(order):
        changed = [f"{key} {before.get(key)!r} is now {value!r}"
                   for key, value in asdict(order).items() if before.get(key) != value]  # fmt: skip
        hint = "name another folder, or ask for the same again"
        raise InputError(folder, "--out", f"holds another corpus: {'; '.join(changed)}", hint)
    return complete


def _mapped(tasks, workers: int):
    """Seconds of each motion as it is made, here or in processes of their own."""
    if workers == 1 or len(tasks) < 8:
        yield from map(make_one, tasks)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(make_one, tasks, chunksize=4)


def make_one(task) -> float:
    """Make and write one motion; returns its length [s]."""
    from builders.corpus import files
    from builders.corpus.corpus import perform

    folder, order, job = task
    motion, pieces = perform(order, job)
    files.write_take(Path(folder), order, job, motion, pieces)
    return motion.duration_s


def _draw(options, order) -> None:
    """Pictures of the first takes, or of the activities that are named."""
    from builders.corpus.corpus import perform, plan

    jobs = plan(order)
    if options.activities:
        jobs = [job for job in jobs if job.activity in options.activities]
    jobs = [job for job in jobs if job.subject_number == jobs[0].subject_number][:60]
    if options.strip:
        from builders.activities.strip import draw_strip

        motions = [perform(order, job)[0] for job in jobs[: options.rows]]
        draw_strip([(motion.name, motion) for motion in motions], options.strip)
        print(options.strip)
    if options.video:
        from builders.activities.film import film

        film(perform(order, jobs[0])[0], options.video)
        print(options.video)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m builders.motions",
        usage="python -m builders.motions --out DIR [options]",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", metavar="DIR", help="folder to write")
    parser.add_argument("--source", choices=("activities", "grammar"), default="activities")
    parser.add_argument("--subjects", type=_count, default=8, metavar="N", help="people (8)")
    parser.add_argument("--repeats", type=_count, default=2, metavar="N", help="takes of each (2)")
    parser.add_argument("--hours", type=float, default=0.0, metavar="H", help="instead of repeats")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of everything (0)")
    parser.add_argument(
        "--domain",
        choices=("home", "twin-a", "twin-b", "twin-c"),
        default="home",
        help="twins are stand-ins for recordings: other people, jitter, feet that skate",
    )
    parser.add_argument("--breathing", action="store_true", help="chests breathe, hearts beat")
    parser.add_argument("--workers", type=_count, default=os.cpu_count() or 1, metavar="N")
    group = parser.add_argument_group("pictures")
    group.add_argument("--strip", metavar="FILE.png", help="contact sheet of the first takes")
    group.add_argument("--video", metavar="FILE", help=".mp4 or .gif of the first take")
    group.add_argument("--activities", nargs="+", default=(), metavar="NAME", help="only these")
    group.add_argument("--rows", type=_count, default=12, metavar="N", help="of the sheet (12)")
    return parser


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is no count; give 1 or more")
    return value


if __name__ == "__main__":
    sys.exit(main())
