"""Simulation of a radar dataset from human motion: `python -m builders.amass --out synth.zarr`.

Simulates FMCW radar recordings of moving people and writes IF samples, heatmaps, captions and
splits to a Zarr store. Motion comes from AMASS (--amass, --body-models), from motion files
(--motions), or, by default, from the built-in activities with the bundled body model.
"""

import argparse
import sys
from collections.abc import Sequence

from builders.building.cli_options import (
    add_clip_options,
    add_frame_options,
    add_heatmap_options,
    add_people_options,
    add_pose_options,
    add_simulation_options,
    add_store_options,
    recipe_table,
)
from builders.building.setting_flags import add_flags
from builders.building.source_options import add_motion_paths, add_text_options
from pipelines.recipe_sections import BuiltIn, Sources
from radarsim.command_options import add_body_models
from radarsim.exit_status import RESUME, exit_status
from radarsim.paths import path_argument

EXAMPLES = """
examples:
  python -m builders.amass --out synth.zarr
      built-in activities, bundled body model; needs no other data
  python -m builders.amass --out walk.zarr --motions walk.bvh
      a motion file of your own
  python -m builders.amass --out amass.zarr --amass AMASS --body-models models --dry-run
      plan a dataset from AMASS; omit --dry-run to build it
  python -m builders.amass --out hall.zarr --recipe hall.toml
      read the settings from a recipe file; --recipe synth.zarr reads them from a store
  python -m builders.amass --out synth.zarr --dca1000 board
      also write each clip as a DCA1000 capture to the folder board
  python -m builders.amass --out wide.zarr --distance-m 2:5 --heading-deg=-180:180 --placements 4
      four random placements of each take, sampled from ranges
  python -m builders.amass --out synth.zarr --keep points range_doppler range_azimuth joints
      also store point clouds, maps and body joints of each radar frame

An interrupted build resumes when the same command is run again.
"""


@exit_status(RESUME)
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    The status is 0 if all clips were written, 1 if some shards are unfinished, 2 if no clip could
    be made or the request is invalid, and 130 if the run was interrupted from the keyboard.
    """
    options = make_parser().parse_args(arguments)
    if not (options.out or options.dry_run):
        make_parser().error("--out is required: the store to write, e.g. --out synth.zarr")
    # Imported late: these modules take seconds to load, and --help should not wait for them.
    from builders.building.recipe_loading import load_recipe_table, merge_tables
    from builders.building.simulated_dataset import build_dataset

    table, origin = load_recipe_table(options)
    table = merge_tables(table, recipe_table(vars(options)))
    if options.dca1000 and not options.dry_run:
        from builders.building.dca1000_export import export_clips, require_adc_codes

        require_adc_codes(table)
        status = build_dataset(options, table, origin)
        return status or 2 * (not export_clips(options.out, options.dca1000))
    return build_dataset(options, table, origin)


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.amass",
        usage="python -m builders.amass --out STORE [options]",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_source_options(parser)
    add_text_options(parser)
    add_store_options(parser)
    parser.add_argument(
        "--dca1000",
        type=path_argument,
        metavar="DIR",
        help="also export the clips as DCA1000 .bin captures (see radarsim dca1000)",
    )
    add_clip_options(parser)
    add_people_options(parser)
    add_simulation_options(parser)
    add_heatmap_options(parser)
    add_frame_options(parser)
    add_pose_options(parser)
    return parser


def _add_source_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("motion sources", "default: the built-in activities")
    add_motion_paths(
        group,
        "AMASS folder in the published layout, or one of its subfolders",
        ".bvh, AMASS-style .npz, and the .npz, .pkl, .npy or .pt files of body trackers; in a "
        "folder, each subfolder is one person",
    )
    add_flags(group, Sources)
    add_body_models(group)
    add_flags(group, BuiltIn)
    group.add_argument(
        "--grammar-motions",
        type=path_argument,
        metavar="DIR",
        help="folder of the grammar's motion files (default: STORE with the suffix -motions)",
    )


if __name__ == "__main__":
    sys.exit(main())
