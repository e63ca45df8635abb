"""Command-line options that several commands share, each declared once."""

import argparse

from radarsim.choices import IQ_ORDERS, WINDOWS
from radarsim.paths import path_argument

Parser = argparse.ArgumentParser | argparse._ArgumentGroup


def add_iq_order(parser: Parser) -> None:
    """Add `--iq-order`, the order of I and Q in a capture."""
    parser.add_argument(
        "--iq-order",
        choices=IQ_ORDERS,
        default="auto",
        help="order of I and Q in a sample (default: auto, detected from the data)",
    )


def add_doppler_window(parser: Parser) -> None:
    """Add `--window`, the Doppler window of the heatmaps of a capture."""
    parser.add_argument(
        "--window",
        choices=WINDOWS,
        default="burst",
        help="Doppler window of the heatmaps: each burst separately (burst, default), or 256 "
        "chirps across bursts, as in the mmCLIP paper (paper)",
    )


def add_body_models(parser: Parser) -> None:
    """Add `--body-models`, the location of the SMPL, SMPL-H or SMPL-X model files."""
    parser.add_argument(
        "--body-models",
        type=path_argument,
        metavar="DIR",
        help="SMPL, SMPL-H or SMPL-X model files (default: the bundled body model)",
    )
