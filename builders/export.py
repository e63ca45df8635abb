"""A store for other tools: `python -m builders.export synth.zarr --hdf5 synth.h5`.

Writes one HDF5 file, or a folder of .npy and .csv files, with the names, units and values of the
store. Every value is read back and compared.
"""

import argparse
import sys
from collections.abc import Sequence

EXAMPLES = """
examples:
  python -m builders.export synth.zarr --hdf5 synth.h5
      h5py.File("synth.h5")["time_doppler"][0]; tables lie under tables/clips/id and so on
  python -m builders.export synth.zarr --numpy synth
      np.load("synth/time_doppler.npy", mmap_mode="r"); tables are synth/clips.csv and so on

IF samples stay the ADC's whole numbers; volts = value x the attribute scale_factor.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, or 2 where nothing could be written."""
    options = _parser().parse_args(arguments)
    # Late: they take seconds to import, and --help need not wait.
    from pipelines.export import to_hdf5, to_numpy
    from pipelines.store_reader import Store
    from radarsim.errors import InputError

    def tell(name: str) -> None:
        if not options.quiet:
            print(f"  {name}", file=sys.stderr)

    try:
        store = Store(options.store)
        for write, out in ((to_hdf5, options.hdf5), (to_numpy, options.numpy)):
            if out:
                print(f"{out}: {write(store, out, tell)} values written and compared")
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; nothing was kept", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m builders.export",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("store", metavar="STORE", help="a store's folder or URL")
    kinds = parser.add_mutually_exclusive_group(required=True)
    kinds.add_argument("--hdf5", metavar="FILE", help="one HDF5 file")
    kinds.add_argument("--numpy", metavar="DIR", help="a folder of .npy and .csv files")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    return parser


if __name__ == "__main__":
    sys.exit(main())
