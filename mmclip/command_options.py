"""Options that several commands of the trainer have."""

import argparse
from collections.abc import Callable

from mmclip.settings_rules import SCORINGS


def add_scoring_options(parser: argparse.ArgumentParser, seen_penalty: bool = True) -> None:
    """Add the options of label scoring; the value None stands for the model's own setting.

    Args:
        parser: parser of a command line.
        seen_penalty: False for a command that never scores seen and unseen labels together, so
            that the penalty of seen labels would have no effect.
    """
    parser.add_argument(
        "--scoring",
        choices=SCORINGS,
        help="similarity by class vector, by attributes, or both (default: the model's own)",
    )
    parser.add_argument(
        "--hub-correction",
        choices=("on", "off"),
        help="standardise each label's similarity over training windows (default: the model's own)",
    )
    if seen_penalty:
        parser.add_argument(
            "--seen-penalty",
            type=_penalty,
            metavar="X",
            help="number subtracted from the scores of labels used in training if other labels "
            "are also candidates, in standard deviations of a label's similarity (default: the "
            "model's own)",
        )


def add_verify_option(parser: argparse.ArgumentParser) -> None:
    """Add the option --no-verify, which sets `verify` to False."""
    parser.add_argument(
        "--no-verify",
        dest="verify",
        action="store_false",
        help="do not verify the checksums of the stores",
    )


def whole_number(at_least: int) -> Callable[[str], int]:
    """Return the type of an option that is a whole number with a lower limit."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = at_least - 1
        if value < at_least:
            problem = f"{text!r} is not a whole number of at least {at_least}"
            raise argparse.ArgumentTypeError(problem)
        return value

    return parse


def _penalty(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 0")
    return value
