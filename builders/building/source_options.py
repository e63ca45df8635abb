"""Command-line flags for the input data: motion files, how to read them, and caption datasets."""

import argparse

from radarsim.paths import path_argument


def add_source_reading_options(group) -> None:
    """Add the flags that control how motion files are read to a group of options."""
    group.add_argument(
        "--source-up",
        choices=("auto", "x", "y", "z", "-x", "-y", "-z"),
        help="axis that points up in .npz, .pkl and .pt motion files (default: auto, inferred "
        "from the body; write --source-up=-y for a negative one)",
    )
    group.add_argument(
        "--source-rate-hz",
        type=float,
        metavar="HZ",
        help="poses per second of motion files that do not state the rate, such as files of body "
        "trackers: the frame rate of the video",
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
