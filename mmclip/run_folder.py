"""A training's folder remembers what it was made with: no other training may go on in it."""

import json
from pathlib import Path

from mmclip.config import Settings
from mmclip.errors import MmclipError
from mmclip.presets import as_table
from mmclip.session import Session

FILE = "run.json"
# What may change between two calls of the same training.
FREE = ("log_every",)


def claim(folder: Path, session: Session, settings: Settings, command: str, **more) -> None:
    """Make the folder, or check that it is of the same training.

    Args:
        folder: of the training.
        session, settings: what it is made with.
        command: which one trains.
        more: whatever else decides the result.

    Raises:
        MmclipError: it holds another training; tells what differs.
    """
    table = as_table(settings)
    wanted = {
        "command": command,
        **{f"{section}.{k}": v for section, each in table.items() for k, v in each.items()},
        "encoder": session.encoder["digest"],
        "stores": [store.attributes.get("plan_digest") for store in session.corpus.stores],
        "texts": sorted(session.bank.sentences),
        **more,
    }
    wanted = json.loads(json.dumps(wanted))
    path = folder / FILE
    if path.exists():
        found = json.loads(path.read_bytes())
        keys = [k for k in wanted if k.split(".")[-1] not in FREE and found.get(k) != wanted[k]]
        if keys:
            problem = f"holds a training with other {', '.join(keys)}"
            raise MmclipError(folder, "--out", problem, "choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(wanted, indent=1))
