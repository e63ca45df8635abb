"""A trained model as two files: weights.safetensors, and model.json with all that they mean."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from mmclip.config import Settings
from mmclip.errors import MmclipError
from mmclip.model import MmClip, make_model
from mmclip.presets import as_table, from_table
from mmclip.session import Session
from mmclip.text import TextEncoder
from mmclip.weights import Flat, put_together, take_apart

FORMAT, VERSION = "mmclip-model", 1
WEIGHTS, ABOUT = "weights.safetensors", "model.json"


@dataclass(frozen=True)
class Release:
    """A model and what it was trained on.

    Attributes:
        model: ready to use.
        settings: it was trained with.
        about: everything in model.json.
        folder: it lies in.
    """

    model: MmClip
    settings: Settings
    about: dict
    folder: Path

    def check_encoder(self, encoder: TextEncoder) -> None:
        """MmclipError where the model was trained with other sentences' vectors."""
        known = self.about["encoder"]
        if encoder.digest != known["digest"]:
            problem = f"{encoder.name} ({encoder.digest[:12]}...); it was trained with "
            problem += f"{known['name']} ({known['digest'][:12]}...)"
            hint = f"give --encoder {known['name']}"
            raise MmclipError(self.folder, "encoder", problem, hint)


def about_training(session: Session, settings: Settings, before: dict | None = None) -> dict:
    """What model.json says of a training, whatever its step.

    Args:
        session, settings: of the training.
        before: of the model that it starts from: what that one saw, this one saw, too.
    """
    corpus, before = session.corpus, before or {}
    seen = sorted({*session.seen, *before.get("seen", ())})
    return {
        "format": FORMAT,
        "version": VERSION,
        "settings": as_table(settings),
        "encoder": session.encoder,
        "axes": session.axes,
        "seen": seen,
        "unseen": [label for label in session.unseen if label not in seen],
        "subjects": sorted({*corpus.subjects(("train", "val")), *before.get("subjects", ())}),
        "simulated": corpus.is_simulated or before.get("simulated", False),
        "stores": [
            {"name": s.name, "simulated": s.is_simulated}
            | {k: s.attributes.get(k) for k in ("plan_digest", "recipe_digest", "code_version")}
            for s in corpus.stores
        ],
        "sentences": {
            **before.get("sentences", {}),
            **{label: list(corpus.sentences.get(label, ())) for label in corpus.labels},
        },
    }


def save_release(folder: Path, weights: Flat, about: dict) -> None:
    """Write both files, each whole or not at all; the description last."""
    from safetensors.numpy import save

    data = save({name: np.asarray(each) for name, each in weights.items()})
    _write(folder / WEIGHTS, data)
    digest = hashlib.sha256(data).hexdigest()
    _write(folder / ABOUT, json.dumps({**about, "weights_sha256": digest}, indent=1).encode())


def read_about(folder: str | Path) -> dict:
    """model.json of a folder.

    Raises:
        MmclipError: it is missing, no JSON, or of another version.
    """
    path = Path(folder) / ABOUT
    try:
        about = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        hint = "give a folder that mmclip.pretrain or mmclip.finetune wrote"
        raise MmclipError(folder, ABOUT, f"cannot be read ({error})", hint) from None
    if (about.get("format"), about.get("version")) != (FORMAT, VERSION):
        problem = f"{about.get('format')!r} {about.get('version')!r}, not {FORMAT!r} {VERSION}"
        raise MmclipError(folder, ABOUT, problem, "use the version that wrote it")
    return about


def load_release(folder: str | Path) -> Release:
    """A released model.

    Args:
        folder: with both files.

    Raises:
        MmclipError: a file is missing or damaged, or the weights are not those of the description.
    """
    from safetensors.numpy import load

    folder, about = Path(folder), read_about(folder)
    settings = from_table(about["settings"])
    try:
        data = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        hint = f"copy it beside {ABOUT}"
        raise MmclipError(folder, WEIGHTS, f"cannot be read ({error.strerror})", hint) from None
    if hashlib.sha256(data).hexdigest() != about["weights_sha256"]:
        raise MmclipError(folder, WEIGHTS, f"is not what {ABOUT} describes", "copy both again")
    graph, variables = take_apart(make_model(settings.model, about["encoder"]["width"], 0))
    weights = {name: jnp.asarray(each) for name, each in load(data).items()}
    return Release(put_together(graph, {**variables, "base": weights}), settings, about, folder)


def _write(path: Path, data: bytes) -> None:
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(data)
    os.replace(part, path)
