"""A store on one page: `python -m pipelines.report synth.zarr`.

Writes an HTML file with its pictures inside: hours, labels, captions, lengths, placements, levels,
where the power lies in speed, range and angle, people and splits, licences, and some clips drawn.
"""

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, or 2 where there is nothing to report on."""
    options = _parser().parse_args(arguments)
    # Late: they take seconds to import, and --help need not wait.
    from radarsim.errors import InputError

    try:
        out = Path(options.out) if options.out else _beside(options.store)
        _write(out, _page(options))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print(out)
    return 0


def _page(options: argparse.Namespace) -> str:
    from radarsim.errors import InputError

    if importlib.util.find_spec("matplotlib") is None:
        hint = "pip install matplotlib, or install this package with the extra viz"
        raise InputError("pipelines.report", "matplotlib", "is not installed", hint)
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


def _beside(store: str) -> Path:
    """A name beside the store; where the store is not on this machine, one here."""
    if "://" in store:
        return Path(f"{Path(store).stem}.report.html")
    path = Path(store)
    path = path if path.stem not in ("", "..") else path.resolve()
    return path.with_name(f"{path.stem}.report.html")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines.report", description=__doc__.split("\n\n", 1)[1]
    )
    parser.add_argument("store", metavar="STORE", help="a store's folder or URL")
    parser.add_argument("--out", metavar="FILE.html", help="where to (STORE.report.html)")
    parser.add_argument(
        "--clips", type=int, default=8, metavar="N", help="clips that are drawn (8; 0 for none)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
