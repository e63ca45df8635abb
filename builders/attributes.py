"""Attribute sentences for captions: `python -m builders.attributes CAPTIONS --out FILE`.

Generates five sentences for each caption or label (overall activity, torso, arms, legs, change of
location), each in several variants, as text data for training. The sentences are written by a
language model on any OpenAI-compatible server. Without a model, captions that name a built-in
activity get bundled sentences, and all other captions get template sentences, whose provenance is
marked as fallback. --attach STORE adds the sentences of a file to a finished store. The store's
arrays and their checksums do not change. Existing sentences with the provenance of the new
sentences are replaced, so the command can be repeated.
"""

import argparse
import math
import sys
from collections.abc import Sequence

from builders.building.setting_flags import count
from radarsim.exit_status import RESUME, exit_status
from radarsim.paths import path_argument

EXAMPLES = """
examples:
  python -m builders.attributes captions.txt --out sentences.csv
      without a model: bundled sentences for built-in activities, else a fallback
  OPENAI_API_KEY=... python -m builders.attributes captions.txt --out sentences.csv --model NAME
      add --dry-run to estimate the cost, or --budget-tokens N to limit it
  python -m builders.attributes synth.zarr --out new.parquet --attach synth.zarr --model NAME \\
      --base-url http://localhost:8000/v1
      use a local model to describe all captions of a store that lack sentences; attach the result
  python -m builders.attributes sentences.csv --attach synth.zarr

captions: a .txt file with one caption per line; a .csv, .jsonl or .parquet file with a column
  caption or label; or a store.

sentences: a .csv, .jsonl or .parquet file:
    caption,variant,part,sentence,provenance
    walk forward,0,general,A person walks straight ahead.,written by hand
    walk forward,0,legs,The legs step one after the other.,written by hand

  caption   text of the caption, or its id in the table captions, or the label of a training
            window: actions of the store, joined by "and"
  part      general, torso, arms, legs or location
  variant   number of the wording, from 0; optional. A store continues after its existing variants.

The model's answers are cached on disk: no caption is paid for twice, and an interrupted run
resumes when the same command is run again.

exit status: 0 complete, 1 some captions are unfinished or their sentences break the rules,
2 nothing could be done, 3 stopped by the token budget, 130 interrupted
"""
# Maximum number of unknown captions that are printed.
_MAX_SHOWN = 3


@exit_status(RESUME)
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status (see `EXAMPLES`)."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.print_template:
        return _print_template()
    if options.check_server:
        return _check_server(options)
    if not (options.file and (options.out or options.attach)):
        parser.error("give CAPTIONS and --out FILE, or FILE and --attach STORE")
    return _run(options)


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


def _check_server(options: argparse.Namespace) -> int:
    from builders.describer.server_check import check_server

    print(check_server(options))
    return 0


def _attach(store: str, file: str) -> int:
    from pipelines.attach_attributes import attach

    done = attach(store, file)
    print(f"{store}: {done.variants} variants of {done.captions} captions attached")
    for number, message in (
        (done.known, "variants already written by the store's build"),
        (done.incomplete, "variants without a sentence for every part"),
        (done.undescribed, "captions of the store without sentences"),
    ):
        if number:
            print(f"{message}: {number}")
    if done.unknown:
        shown = "; ".join(caption[:60] for caption in done.unknown[:_MAX_SHOWN])
        print(f"captions that are not in the store: {len(done.unknown)} ({shown})")
    return 0 if done.captions else 2


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.attributes",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "file",
        type=path_argument,
        nargs="?",
        metavar="CAPTIONS",
        help="captions to describe; without --out, a file of sentences to attach",
    )
    add("--out", type=path_argument, metavar="FILE", help="output file: .csv, .jsonl or .parquet")
    add(
        "--attach",
        type=path_argument,
        metavar="STORE",
        help="add the sentences to this finished store (folder or URL)",
    )
    add(
        "--variants",
        type=count,
        default=3,
        metavar="N",
        help="variants per caption (default: %(default)s)",
    )
    add(
        "--dry-run",
        action="store_true",
        help="print the number of requests and tokens; send and write nothing",
    )
    add("--quiet", action="store_true", help="hide the progress bar")
    group = parser.add_argument_group("language model")
    _add_server_options(group)
    _add_template_options(group)
    _add_request_options(group)
    _add_answer_options(group)
    return parser


def _add_server_options(group: argparse._ArgumentGroup) -> None:
    """Add the options that select the model and the server."""
    add = group.add_argument
    add(
        "--model",
        metavar="NAME",
        help="model name on the server (default: OPENAI_MODEL, or no model if unset)",
    )
    add(
        "--base-url",
        metavar="URL",
        help="URL of an OpenAI-compatible server (default: OPENAI_BASE_URL)",
    )
    add(
        "--api-key",
        metavar="KEY",
        help="API key; prefer OPENAI_API_KEY, which is hidden from process lists",
    )
    add("--offline", action="store_true", help="use no model, even if OPENAI_MODEL is set")
    add(
        "--check-server",
        action="store_true",
        help="send one request, print whether the model answers, and exit",
    )


def _add_template_options(group: argparse._ArgumentGroup) -> None:
    """Add the options for the prompt template."""
    add = group.add_argument
    add(
        "--template",
        type=path_argument,
        metavar="FILE",
        help="prompt template with the placeholder {activity}",
    )
    add("--print-template", action="store_true", help="print the built-in prompt template and exit")


def _add_request_options(group: argparse._ArgumentGroup) -> None:
    """Add the options that limit the number and the duration of requests."""
    add = group.add_argument
    add(
        "--budget-tokens",
        type=count,
        metavar="N",
        help="stop before the run uses more than N tokens",
    )
    add(
        "--concurrency",
        type=count,
        default=4,
        metavar="N",
        help="concurrent requests (default: %(default)s)",
    )
    add(
        "--asks",
        type=count,
        default=3,
        metavar="N",
        help="attempts per variant to satisfy the rules (default: %(default)s)",
    )
    add(
        "--retries",
        type=_non_negative,
        default=4,
        metavar="N",
        help="retries of a failed request (default: %(default)s)",
    )
    add(
        "--timeout",
        type=_seconds,
        default=60.0,
        metavar="S",
        help="request timeout in seconds (default: %(default)g)",
    )


def _add_answer_options(group: argparse._ArgumentGroup) -> None:
    """Add the options for sampling, format, acceptance and caching of the model's answers."""
    _add_format_options(group)
    add = group.add_argument
    add(
        "--max-rejected",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="accepted share of captions without any valid answer or with content that the server "
        "rejects, from 0 to 1; these captions get bundled or fallback sentences, further wordings "
        "of other captions may be missing, and the exit status is 0. With 0, every wording must "
        "have a valid answer (default: %(default)g)",
    )
    add(
        "--cache",
        type=path_argument,
        metavar="DIR",
        help="folder of the answer cache (default: ~/.cache/radarsim/attributes)",
    )


def _add_format_options(group: argparse._ArgumentGroup) -> None:
    """Add the options for sampling and format of the model's answers."""
    add = group.add_argument
    add(
        "--temperature",
        type=float,
        metavar="T",
        help="sampling temperature (default: set by the server)",
    )
    add(
        "--response-format",
        choices=("json_schema", "json_object", "none"),
        default="json_schema",
        help="structured output mode; use another mode for servers without JSON schema support "
        "(answers are validated in every mode)",
    )


def _non_negative(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is too small; give 0 or more")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share; give a number from 0 to 1")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text} s is not a timeout; give a finite number above 0")
    return number


if __name__ == "__main__":
    sys.exit(main())
