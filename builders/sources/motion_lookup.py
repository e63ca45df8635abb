"""The motion behind a stored clip, found again by its name."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from builders.sources.takes import RATE_HZ, BuiltInTake, amass_takes, file_takes
from pipelines.plan import Clip
from pipelines.recipe import Recipe
from pipelines.sources import Take
from radarsim.errors import InputError

_BUILT_IN = re.compile(r"built-in/subject(\d+)/(.+)_(\d+)")


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where the motions and bodies of a store lie, as its build was told.

    Attributes:
        amass, motions, body_models: as the options of `builders.amass`.
    """

    amass: str | None = None
    motions: tuple[str, ...] = ()
    body_models: str | None = None


def take_of(recipe: Recipe, clip: Clip, sources: Sources) -> Take:
    """The take of a clip, by its name.

    Raises:
        InputError: it is no built-in one, and no source that was given holds it.
    """
    built_in = _BUILT_IN.fullmatch(clip.take)
    if built_in and clip.source == "built-in":
        return BuiltInTake(
            activity=built_in[2],
            subject_number=int(built_in[1]),
            repeat=int(built_in[3]),
            seed=recipe.seed,
            duration_s=recipe.clips.length_s + 1 / RATE_HZ,
        )
    takes = amass_takes(sources.amass) if sources.amass else []
    takes += file_takes(sources.motions)[0]
    for take in takes:
        if take.id == clip.take:
            return take
    option = "--amass" if clip.source.startswith("AMASS") else "--motions"
    problem = f"{clip.take} was not found"
    raise InputError(clip.id, "motion", problem, f"give {option} as for its build")


def body_name(body_models: str | None) -> str:
    """ "free", or a digest of the model files: their path is nobody's business."""
    if body_models is None:
        return "free"
    path = Path(body_models)
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    models = [file for file in found if file.suffix in (".npz", ".pkl") and file.is_file()]
    if not models:
        hint = "give the folder of SMPL, SMPL-H or SMPL-X models, or leave --body-models out"
        raise InputError(path, "--body-models", "holds no .npz or .pkl model", hint)
    digests = sorted(hashlib.sha256(file.read_bytes()).hexdigest() for file in models)
    return f"models {hashlib.sha256(''.join(digests).encode()).hexdigest()[:16]}"
