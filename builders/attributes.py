"""Attribute sentences for a dataset: `python -m builders.attributes FILE --attach STORE`.

Attaches sentences that describe a store's captions (torso, arms, legs, change of location, and all
of it) to the store: CSV, JSON lines or Parquet with the columns caption, variant, part, sentence
and provenance. The arrays and their checksums stay as they are. Sentences of the same provenance
are replaced, so the same command again changes nothing.
"""

import argparse
import sys
from collections.abc import Sequence

EXAMPLES = """
example:
  python -m builders.attributes sentences.csv --attach synth.zarr

  with sentences.csv:
    caption,variant,part,sentence,provenance
    walk forward,0,general,A person walks straight ahead.,written by hand
    walk forward,0,legs,The legs step one after the other.,written by hand

`caption` is the caption's words or its id in the table `captions`; `part` is one of general, torso,
arms, legs, location; `variant` counts wordings of one caption from 0 and may be left out. In the
store, variants count on after those that it has.
"""
_MOST_SHOWN = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, or 2 where nothing could be attached."""
    options = _parser().parse_args(arguments)
    # Late: they take seconds to import, and --help need not wait.
    from pipelines.attributes import attach
    from radarsim.errors import InputError

    try:
        done = attach(options.attach, options.file)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{options.attach}: {done.variants} variants of {done.captions} captions attached")
    for count, what in (
        (done.known, "variants that the store's build wrote, too"),
        (done.incomplete, "variants without a sentence for each part"),
        (done.undescribed, "captions of the store without sentences"),
    ):
        if count:
            print(f"{what}: {count}")
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
    parser.add_argument("file", metavar="FILE", help="sentences: .csv, .jsonl or .parquet")
    parser.add_argument(
        "--attach", required=True, metavar="STORE", help="a finished store, or its URL"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
