"""Command-line flags for motions and for caption datasets."""

import argparse

from radarsim.command_options import Parser
from radarsim.paths import path_argument


def add_motion_paths(parser: Parser, amass_help: str, motions_help: str) -> None:
    """Add `--amass` and `--motions`, the locations of motions.

    Args:
        parser: parser or group of options.
        amass_help, motions_help: help text of each flag.
    """
    parser.add_argument("--amass", type=path_argument, metavar="DIR", help=amass_help)
    parser.add_argument(
        "--motions",
        type=path_argument,
        nargs="+",
        default=(),
        metavar="FILE_OR_DIR",
        help=motions_help,
    )


def add_text_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the caption datasets that describe AMASS motions."""
    group = parser.add_argument_group(
        "caption datasets", "captions are matched to motions by AMASS path"
    )
    group.add_argument(
        "--babel",
        type=path_argument,
        metavar="FILE_OR_DIR",
        help="BABEL folder, or one of its files (train.json, val.json, ...)",
    )
    group.add_argument(
        "--humanml3d",
        type=path_argument,
        metavar="DIR",
        help="HumanML3D folder (index.csv and texts)",
    )
    group.add_argument(
        "--kitml",
        type=path_argument,
        metavar="FILE_OR_DIR",
        help="KIT-ML folder, or the file annotations.json in this folder",
    )
