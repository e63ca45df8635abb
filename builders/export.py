"""Export a store for other tools: `python -m builders.export synth.zarr --hdf5 synth.h5`.

Writes one HDF5 file, or a folder of .npy and .csv files, with the array names, units and values of
the store; alternatively, writes the store's point clouds in one CSV or PCD file per clip. Every
value is read back and compared with the store.
"""

import argparse
import sys
from collections.abc import Sequence

from radarsim.exit_status import exit_status
from radarsim.paths import path_argument

EXAMPLES = """
examples:
  python -m builders.export synth.zarr --hdf5 synth.h5
      h5py.File("synth.h5")["time_doppler"][0]; table columns are tables/clips/id etc.
  python -m builders.export synth.zarr --numpy synth
      np.load("synth/time_doppler.npy", mmap_mode="r"); tables are synth/clips.csv etc.
  python -m builders.export synth.zarr --points clouds --format pcd
      clouds/000000_ID.pcd etc., one cloud per clip with the fields x y z ... time_s frame;
      clouds/clips.csv lists the files. Without --format, CSV: time_s, frame, range_m, ...

IF samples are exported as ADC integers; multiply by the attribute scale_factor to get volts.
"""


@exit_status("no output was kept")
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return exit status 0, or 2 if nothing could be written."""
    options = make_parser().parse_args(arguments)
    # Imported late: these modules take seconds to load, and --help should not wait for them.
    from pipelines.export import to_hdf5, to_numpy
    from pipelines.export_points import to_point_files
    from pipelines.store_reader import Store

    def report(name: str) -> None:
        if not options.quiet:
            print(f"  {name}", file=sys.stderr)

    store = Store(options.store)
    for write, out in ((to_hdf5, options.hdf5), (to_numpy, options.numpy)):
        if out:
            print(f"{out}: {write(store, out, report)} values written and verified")
    if options.points:
        count = to_point_files(store, options.points, options.format, report)
        print(f"{options.points}: {count} points written and verified")
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m builders.export",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "store", type=path_argument, metavar="STORE", help="store to export (folder or URL)"
    )
    kinds = parser.add_mutually_exclusive_group(required=True)
    kinds.add_argument("--hdf5", type=path_argument, metavar="FILE", help="write one HDF5 file")
    kinds.add_argument(
        "--numpy", type=path_argument, metavar="DIR", help="write a folder of .npy and .csv files"
    )
    kinds.add_argument(
        "--points",
        type=path_argument,
        metavar="DIR",
        help="write a folder with the points of each clip in one file (stores built with --keep "
        "points)",
    )
    parser.add_argument(
        "--format",
        choices=("csv", "pcd"),
        default="csv",
        help="format of the point files: CSV (default), or binary PCD 0.7",
    )
    parser.add_argument("--quiet", action="store_true", help="do not print the progress")
    return parser


if __name__ == "__main__":
    sys.exit(main())
