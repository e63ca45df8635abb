"""Miniature study in which synthetic stores take the place of the corpora."""

from pathlib import Path

from tests.helpers.labelled_stores import LABELS, build_labelled_store

UNSEEN = ("bow", "kick")
ROLES = {"grammar": "grammar", "real": "real", "scene-b": "scene", "scene-c": "scene"}


def build_study_stores(folder: Path) -> None:
    """Build stores with different people for the grammar, for scene A and for the other scenes."""
    others = tuple(label for label in LABELS if label not in UNSEEN)
    build_labelled_store(folder / "grammar.zarr", first_subject=10, labels=others)
    build_labelled_store(folder / "real.zarr")
    build_labelled_store(folder / "scene.zarr", first_subject=20)


def study_arguments(folder: Path, out: Path, *figures: str) -> list[str]:
    """Return the arguments of `mmclip.study` for the stores in a folder: one group, one seed."""
    stores = [f"{role}={folder / name}.zarr" for role, name in ROLES.items()]
    options = ["--preset", "miniature", "--encoder", "hash", "--groups", ",".join(UNSEEN)]
    shown = ["--seeds", "1", "--figures", *figures]
    return ["--out", str(out), *options, "--stores", *stores, *shown]
