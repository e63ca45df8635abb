"""Motions of the grammar for a dataset: all motion files for a build, a few for a dry run."""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from builders.corpus.build import is_complete, write_corpus
from builders.corpus.plan import MEAN_SEQUENCE_S, CorpusSpec, plan_takes
from pipelines.recipe import Recipe
from pipelines.worker_environment import physical_cores
from radarsim.errors import InputError

# Number of motions that a dry run makes; each takes a few seconds.
NUM_SAMPLED = 6


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The first motions of the grammar, made for a dry run.

    Attributes:
        folder: temporary folder of the motion files.
        num_motions: number of these motions.
        num_all: number of motions that the build will make.
    """

    folder: Path
    num_motions: int
    num_all: int


def uses_grammar(options: argparse.Namespace, recipe: Recipe) -> bool:
    """Whether the motions come from the grammar."""
    return bool(recipe.built_in.grammar_hours and not (options.amass or options.motions))


def write_motions(options: argparse.Namespace, recipe: Recipe, out: str | None) -> Path:
    """Write the motion files of the grammar, unless they exist; return their folder.

    Args:
        options: parsed flags of `builders.amass`.
        recipe: recipe with the number of hours.
        out: path of the store, after which the folder is named by default.

    Raises:
        InputError: no local folder is given, or it contains something else.
    """
    folder = _folder(options, out)
    if folder is None:
        hint = "give a local folder for the motion files"
        raise InputError("options", "--grammar-motions", "is needed for the grammar", hint)
    print(f"no motion source given; using the motion grammar, written to {folder}")
    write_corpus(folder, _spec(recipe), options.workers or physical_cores())
    return folder


@contextmanager
def sample_for_dry_run(
    options: argparse.Namespace, recipe: Recipe, out: str | None
) -> Iterator[Sample | None]:
    """Make the first motions in a temporary folder; None if a complete corpus can be used instead.

    The arguments and errors are those of `write_motions`, but a dry run needs no folder.
    """
    folder, spec = _folder(options, out), _spec(recipe)
    if folder is not None and is_complete(folder, spec):
        yield None
        return
    num_all = len(plan_takes(spec))
    num_motions = min(NUM_SAMPLED, num_all)
    print(f"dry run: planning with the first {num_motions} of {num_all} motions of the grammar")
    with tempfile.TemporaryDirectory() as place:
        # A shorter corpus consists of the first motions of a longer corpus.
        hours = num_motions * MEAN_SEQUENCE_S / 3600
        write_corpus(Path(place), replace(spec, hours=hours), workers=1)
        yield Sample(folder=Path(place), num_motions=num_motions, num_all=num_all)


def _folder(options: argparse.Namespace, out: str | None) -> Path | None:
    given = options.grammar_motions or (out and f"{out.removesuffix('.zarr')}-motions")
    if given and "://" in given:
        hint = "give a local folder with --grammar-motions"
        raise InputError("options", "--grammar-motions", f"{given} is not a local folder", hint)
    return Path(given) if given else None


def _spec(recipe: Recipe) -> CorpusSpec:
    return CorpusSpec(
        source="grammar",
        num_subjects=recipe.built_in.subjects,
        hours=recipe.built_in.grammar_hours,
        seed=recipe.seed,
    )
