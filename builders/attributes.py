"""Attribute sentences of captions: `python -m builders.attributes CAPTIONS --out FILE`.

Describes captions or labels by five sentences (what the person does, torso, arms, legs, change of
location), each in several wordings, for the text side of training. A language model on any
OpenAI-compatible server writes them; without one, sentences of the built-in activities are used,
and a plain fallback that says so in its provenance. `--attach STORE` puts a file's sentences into a
finished store, whose arrays and checksums stay as they are; sentences of the same provenance are
replaced, so the same command again changes nothing.
"""

import argparse
import math
import sys
from collections.abc import Sequence

from builders.building.cli_options import count

EXAMPLES = """
examples:
  python -m builders.attributes captions.txt --out sentences.csv
      without a model: built-in activities, else a plain fallback
  OPENAI_API_KEY=... python -m builders.attributes captions.txt --out sentences.csv --model NAME
      --dry-run tells what it would cost, --budget-tokens N ends it in time
  python -m builders.attributes synth.zarr --out new.parquet --attach synth.zarr --model NAME \\
      --base-url http://localhost:8000/v1
      describe what a store has no sentences for, by a server at home, and attach it
  python -m builders.attributes sentences.csv --attach synth.zarr

  captions: a .txt file with one per line; .csv, .jsonl or .parquet with a column caption or label;
  or a store. Sentences (.csv, .jsonl, .parquet):
    caption,variant,part,sentence,provenance
    walk forward,0,general,A person walks straight ahead.,written by hand
    walk forward,0,legs,The legs step one after the other.,written by hand

`caption` is the caption's words or its id in the table `captions`; `part` is one of general, torso,
arms, legs, location; `variant` counts wordings of one caption from 0 and may be left out. In the
store, variants count on after those that it has. Answers are kept on disk, so no caption is paid
for twice and the same command goes on after a kill.

exit status: 0 all is done, 1 some captions are left or were given up, 2 nothing could be done,
3 the budget ended first, 130 interrupted
"""
_MOST_SHOWN = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status, see `EXAMPLES`."""
    parser = _parser()
    options = parser.parse_args(arguments)
    # Late: they take seconds to import, and --help need not wait.
    from radarsim.errors import InputError

    if not options.print_template and not (options.file and (options.out or options.attach)):
        parser.error("give CAPTIONS and --out FILE, or FILE and --attach STORE")
    try:
        return _print_template() if options.print_template else _run(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)
        return 130


def _run(options: argparse.Namespace) -> int:
    if not options.out:
        return _attach(options.attach, options.file)
    from builders.describer.describe import describe

    status, written = describe(options)
    if not (written and options.attach):
        return status
    return max(status, _attach(options.attach, options.out))


def _print_template() -> int:
    from builders.describer.prompt import read_template

    print(read_template().text, end="")
    return 0


def _attach(store: str, file: str) -> int:
    from pipelines.attach_attributes import attach

    done = attach(store, file)
    print(f"{store}: {done.variants} variants of {done.captions} captions attached")
    for number, what in (
        (done.known, "variants that the store's build wrote, too"),
        (done.incomplete, "variants without a sentence for each part"),
        (done.undescribed, "captions of the store without sentences"),
    ):
        if number:
            print(f"{what}: {number}")
    if done.unknown:
        shown = "; ".join(caption[:60] for caption in done.unknown[:_MOST_SHOWN])
        print(f"captions that the store has not: {len(done.unknown)} ({shown})")
    return 0 if done.captions else 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m builders.attributes",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("file", nargs="?", metavar="CAPTIONS", help="what to describe; without --out: sentences")
    add("--out", metavar="FILE", help="sentences to write: .csv, .jsonl or .parquet")
    add("--attach", metavar="STORE", help="a finished store, or its URL")
    add("--variants", type=count, default=3, metavar="N", help="wordings of a caption (default 3)")
    add("--dry-run", action="store_true", help="print requests and tokens; ask and write nothing")
    add("--quiet", action="store_true", help="no progress bar")
    _add_server_options(parser.add_argument_group("language model"))
    return parser


def _add_server_options(group) -> None:
    add = group.add_argument
    add(
        "--model",
        metavar="NAME",
        help="the server's name for it (else OPENAI_MODEL); none: offline",
    )
    add("--base-url", metavar="URL", help="any OpenAI-compatible server (else OPENAI_BASE_URL)")
    add("--api-key", metavar="KEY", help="better in OPENAI_API_KEY, where no process list shows it")
    add("--offline", action="store_true", help="ask no model, whatever the environment names")
    add("--template", metavar="FILE", help="the task in other words, {activity} where it goes")
    add("--print-template", action="store_true", help="print the built-in one, to be edited")
    add("--budget-tokens", type=count, metavar="N", help="end before the run costs more")
    add("--concurrency", type=count, default=4, metavar="N", help="requests at a time (4)")
    add("--asks", type=count, default=3, metavar="N", help="per wording until it keeps rules (3)")
    add("--retries", type=_whole, default=4, metavar="N", help="of a request that fails (4)")
    add("--timeout", type=_seconds, default=60.0, metavar="S", help="until an attempt fails (60)")
    add("--temperature", type=float, metavar="T", help="of the answers (the server's default)")
    add(
        "--response-format",
        choices=("json_schema", "json_object", "none"),
        default="json_schema",
        help="for servers that know no schemas; answers are checked all the same",
    )
    add("--cache", metavar="DIR", help="of answers (default: radarsim/attributes in the user's)")


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is too few; give 0 or more")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} s is no time to wait; give more than 0")
    return number


if __name__ == "__main__":
    sys.exit(main())
