"""HTML report of a store: `python -m pipelines.report synth.zarr`.

Writes a single HTML file with embedded figures. The page shows hours, labels, captions, lengths,
placements, levels, the distribution of power over speed, range and angle, subjects and splits,
licences, the heatmaps of some clips and, if the store keeps them, points, frame maps and joints.
"""

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from radarsim.exit_status import exit_status
from radarsim.paths import is_url, path_argument


@exit_status()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status: 0, or 2 if no report can be made."""
    options = make_parser().parse_args(arguments)
    out = Path(options.out) if options.out else _default_out(options.store)
    _write(out, _page(options))
    print(out)
    return 0


def _page(options: argparse.Namespace) -> str:
    from radarsim.errors import InputError

    if importlib.util.find_spec("matplotlib") is None:
        hint = "pip install 'radarsim[viz]'"
        raise InputError("radarsim report", "matplotlib", "is not installed", hint)
    from pipelines.report_page import report_page
    from pipelines.store_reader import Store

    return report_page(Store(options.store), options.clips)


def _write(out: Path, page: str) -> None:
    from radarsim.errors import InputError

    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(out, "--out", problem, "choose a writable path with --out") from None


def _default_out(store: str) -> Path:
    """Path of the report: next to the store, or in the current folder if the store is a URL."""
    if is_url(store):
        return Path(f"{Path(store).stem}.report.html")
    path = Path(store)
    path = path if path.stem not in ("", "..") else path.resolve()
    return path.with_name(f"{path.stem}.report.html")


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.report", description=__doc__.split("\n\n", 1)[1]
    )
    parser.add_argument(
        "store", type=path_argument, metavar="STORE", help="a store's folder or URL"
    )
    parser.add_argument(
        "--out", type=path_argument, metavar="FILE.html", help="default: STORE.report.html"
    )
    parser.add_argument(
        "--clips",
        type=int,
        default=8,
        metavar="N",
        help="number of clips to draw (default: %(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
