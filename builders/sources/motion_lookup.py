"""Find the source motion of a stored clip by name."""

import hashlib
import re
from dataclasses import dataclass

from builders.sources.takes import (
    FILE_SOURCE,
    RATE_HZ,
    BuiltInTake,
    amass_takes,
    file_takes,
)
from pipelines.plan import Clip, Person
from pipelines.recipe import Recipe
from pipelines.sources import GroupTake, Take
from radarsim.errors import InputError
from radarsim.paths import existing_path

_BUILT_IN = re.compile(r"built-in/(?:seed\d+-)?subject(\d+)/(.+)_(\d+)")


@dataclass(frozen=True, kw_only=True)
class MotionPaths:
    """Local paths of the motions and body models from which a store was built.

    Attributes:
        amass, motions, body_models: paths as given by the flags of `builders.amass`.
    """

    amass: str | None = None
    motions: tuple[str, ...] = ()
    body_models: str | None = None


def find_source_take(recipe: Recipe, clip: Clip, paths: MotionPaths) -> Take | GroupTake:
    """Find the take from which a clip was cut, together with the takes of further people.

    Raises:
        InputError: a take is not built in, and none of the given paths contains the take.
    """
    people = (clip, *clip.others)
    main, *others = (_find(recipe, person, clip.id, paths) for person in people)
    return GroupTake(main, tuple(others)) if others else main


def _find(recipe: Recipe, person: Clip | Person, clip_id: str, paths: MotionPaths) -> Take:
    built_in = _BUILT_IN.fullmatch(person.take)
    if built_in and person.source == "built-in":
        return BuiltInTake(
            activity=built_in[2],
            subject_number=int(built_in[1]),
            repeat=int(built_in[3]),
            seed=recipe.seed,
            duration_s=recipe.clips.length_s + 1 / RATE_HZ,
        )
    takes = amass_takes(paths.amass, recipe.sources) if paths.amass else []
    takes += file_takes(paths.motions, recipe.sources)[0]
    for take in takes:
        if take.id == person.take:
            return take
    option = "--motions" if person.source == FILE_SOURCE else "--amass"  # also corpora
    problem = f"{person.take} was not found"
    raise InputError(clip_id, "motion", problem, f"give the {option} used for its build")


def body_name(body_models: str | None) -> str:
    """Return "free" or a digest of the model files, because recipes never contain local paths."""
    if body_models is None:
        return "free"
    path = existing_path(body_models, "--body-models")
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    models = [file for file in found if file.suffix in (".npz", ".pkl") and file.is_file()]
    if not models:
        hint = "give the folder of SMPL, SMPL-H or SMPL-X models, or omit --body-models"
        raise InputError(path, "--body-models", "contains no .npz or .pkl model", hint)
    digests = sorted(hashlib.sha256(file.read_bytes()).hexdigest() for file in models)
    return f"models {hashlib.sha256(''.join(digests).encode()).hexdigest()[:16]}"
