"""The paper's study in one command: `python -m mmclip.study --out DIR`.

The command builds the corpora, trains and evaluates all models of the chosen figures, and writes
report.html and report.json with intervals, chance levels, permutation controls, the paper's values
and a verdict on each of the paper's orderings. Every corpus, training and scoring is a node of a
graph, and figures share nodes. The study can be killed at any time. The same command then resumes
the study, and the report does not depend on the interruption, except for measured times.

If a node fails, the report is still written, with the failed nodes, and the exit status is 2.

Without --real, a simulated stand-in replaces the domain of recordings, and the report names it a
stand-in. If the predicted time exceeds --budget-hours, the number of seeds is reduced first, then
the number of groups, then the number of figures. If the smallest study also exceeds the budget, the
plan says so, and that study is executed.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmclip.command_options import add_scoring_options
from mmclip.exit_status import RESUME, exit_status
from mmclip.paths import path_argument
from mmclip.study.figures import FIGURES

PRESETS = ("small", "paper", "reduced", "miniature")
EXAMPLES = """
examples:
  python -m mmclip.study --out study --dry-run
  python -m mmclip.study --out study --figures 5 9 11 5.6
  python -m mmclip.study --out study --budget-hours 6 --workers 2
  python -m mmclip.study --out lab --real room.zarr hall.zarr
  python -m mmclip.study --out paper --preset paper --figures 5 --budget-hours 500 \\
      --amass AMASS --body-models models --babel babel --humanml3d HumanML3D \\
      --clip clip-vit-base-patch32 --describer http://localhost:8000/v1 --describer-model NAME
"""


@exit_status(RESUME)
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 if the input cannot be used."""
    options = make_parser().parse_args(arguments)
    # These imports take seconds, so they follow the parsing: --help does not need them.
    from mmclip.study.command import run_study

    run_study(options)
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m mmclip.study",
        description=__doc__.split("\n\n", 1)[1],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=_folder, required=True, metavar="DIR", help="output folder")
    parser.add_argument(
        "--figures",
        nargs="+",
        choices=tuple(FIGURES),
        default=[name for name, each in FIGURES.items() if each.tier < 3],
        metavar="NAME",
        help=f"figures: {', '.join(FIGURES)} (default: %(default)s)",
    )
    parser.add_argument(
        "--preset",
        choices=PRESETS,
        default="small",
        help="preset of the sizes (default: %(default)s)",
    )
    parser.add_argument(
        "--budget-hours",
        type=float,
        default=20.0,
        metavar="H",
        help="predicted hours to which the study is reduced; the smallest study, of one figure, "
        "one group and one seed, is executed in any case (default: %(default)g)",
    )
    parser.add_argument("--dry-run", action="store_true", help="print the plan, then exit")
    _add_data_options(parser)
    parser.add_argument(
        "--seeds", type=int, metavar="N", help="number of seeds (default: that of the preset)"
    )
    parser.add_argument(
        "--encoder",
        type=path_argument,
        default="minilm",
        metavar="NAME",
        help="text encoder (default: %(default)s)",
    )
    add_scoring_options(parser, seen_penalty=False)
    _add_licensed_options(parser)
    _add_worker_options(parser)
    return parser


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for existing stores and for the groups of unseen labels."""
    parser.add_argument(
        "--real",
        type=path_argument,
        nargs="+",
        default=[],
        metavar="STORE",
        help="stores of labelled recordings: base environment, and up to two other environments",
    )
    parser.add_argument(
        "--stores",
        type=_store_of_role,
        nargs="+",
        default=[],
        metavar="ROLE=STORE",
        help="existing stores to use instead of building them: grammar, real, scene-b or scene-c",
    )
    parser.add_argument(
        "--groups",
        nargs="+",
        default=[],
        metavar="NAME",
        help="groups of unseen labels: names from the protocol, or labels separated by commas",
    )


def _add_worker_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the processes that run the nodes."""
    parser.add_argument(
        "--workers",
        type=int,
        default=0,
        metavar="N",
        help="local Dask workers; 0: no Dask, one node after the other (default: %(default)s)",
    )
    parser.add_argument(
        "--scheduler",
        default="",
        metavar="ADDRESS",
        help="running Dask cluster whose workers can access the output folder",
    )


def _add_licensed_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for a pre-training corpus from licensed motion, texts and text encoder."""
    group = parser.add_argument_group("licensed data, in place of the motion grammar")
    for option, text in (
        ("--amass", "folder of AMASS motion"),
        ("--body-models", "folder of SMPL-H or SMPL-X model files"),
        ("--babel", "folder of BABEL"),
        ("--humanml3d", "folder of HumanML3D"),
        ("--clip", "Hugging Face folder of CLIP, whose text encoder is used"),
    ):
        group.add_argument(option, type=path_argument, metavar="DIR", help=text)
    group.add_argument(
        "--describer",
        metavar="URL",
        help="OpenAI-compatible server that generates the attribute sentences",
    )
    group.add_argument(
        "--describer-model",
        default="default",
        metavar="NAME",
        help="name of the model on the server (default: %(default)s)",
    )


def _store_of_role(text: str) -> str:
    role, equals, path = text.partition("=")
    return f"{role}={path_argument(path)}" if equals else text


def _folder(text: str) -> Path:
    return Path(path_argument(text))


if __name__ == "__main__":
    sys.exit(main())
