"""Options of the commands that score labels."""

import argparse

from mmclip.settings_rules import SCORINGS


def add_scoring_options(parser: argparse.ArgumentParser) -> None:
    """Add --scoring and --hub-correction; the value None stands for the model's own setting."""
    parser.add_argument(
        "--scoring",
        choices=SCORINGS,
        help="similarity by class vector, by attributes, or both (the model's own)",
    )
    parser.add_argument(
        "--hub-correction",
        choices=("on", "off"),
        help="standardise each label's similarity over training windows (the model's own)",
    )
