"""Folder of a training run, whose run.json records the settings so that runs are not mixed."""

import json
from pathlib import Path

from mmclip.atomic_files import write_atomically
from mmclip.checkpoints import FOLDER as CHECKPOINTS
from mmclip.errors import MmclipError
from mmclip.model_files import DESCRIPTION, read_description
from mmclip.output_paths import output_errors
from mmclip.prepared_data import PreparedData
from mmclip.presets import settings_to_dict
from mmclip.settings import TrainingSettings
from mmclip.settings_rules import check_settings
from mmclip.store import differing_digests, store_digests

FILE = "run.json"
# Settings that may change when training is resumed.
CHANGEABLE = ("log_every", "memory_mb")


def claim_run_folder(
    folder: Path, data: PreparedData, settings: TrainingSettings, command: str, **extra
) -> None:
    """Create the folder of a training run, or check that it belongs to the same run.

    Args:
        folder: folder of the training run.
        data, settings: data and settings of the training run.
        command: name of the command that trains.
        extra: further values that affect the result.

    Raises:
        MmclipError: a setting is outside its limits, the folder belongs to another training run,
            whose differences the message lists, or contains a model that was not trained there, or
            run.json cannot be read or written.
    """
    check_settings(settings)
    record = {
        "command": command,
        **_flat(settings),
        "encoder": data.encoder["digest"],
        "stores": [store_digests(store) for store in data.corpus.stores],
        "texts": sorted(data.bank.sentences),
        "seen_labels": list(data.seen),
        **extra,
    }
    record = json.loads(json.dumps(record))
    path = folder / FILE
    found = _read(path) if path.exists() else None
    if found is None:
        _check_no_other_model(folder)
    else:
        # Earlier versions did not record the seen labels, which were all except the unseen labels.
        seen = [label for label in data.corpus.labels if label not in data.unseen]
        _check_same_run(folder, {"seen_labels": seen, **found}, record)
    with output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if found != record:
        write_atomically(path, json.dumps(record, indent=1).encode())


def _read(path: Path) -> dict:
    """Read run.json; raise MmclipError if the file is damaged."""
    try:
        found = json.loads(path.read_bytes())
        if not isinstance(found, dict):
            raise ValueError("no JSON object")
    except (OSError, ValueError) as error:
        hint = "delete it if the command is that of this run, or choose another --out"
        raise MmclipError(path.parent, FILE, f"cannot be read ({error})", hint) from None
    return found


def _check_no_other_model(folder: Path) -> None:
    """Raise MmclipError if a folder without run.json contains a model, such as a published model.

    Training would overwrite that model. A folder with checkpoints belongs to a training run whose
    damaged run.json was deleted.
    """
    if (folder / DESCRIPTION).exists() and not any((folder / CHECKPOINTS).glob("*")):
        problem = f"contains a model ({DESCRIPTION}) that was not trained in this folder"
        raise MmclipError(folder, "--out", problem, "choose another --out")


def _check_same_run(folder: Path, found: dict, record: dict) -> None:
    """Raise MmclipError if the records differ in a setting that may not change."""
    fixed = [key for key in record if key.split(".")[-1] not in CHANGEABLE and key != "stores"]
    # A setting that is missing in a run of an earlier version had its default value.
    found = {**_flat(TrainingSettings()), **found}
    different = [key for key in fixed if found.get(key) != record[key]]
    different += _differing_stores(folder, found.get("stores", []), record["stores"])
    if different:
        problem = f"contains a training run that differs in {', '.join(different)}"
        raise MmclipError(folder, "--out", problem, "choose another --out")


def _differing_stores(folder: Path, found: list, stores: list[dict]) -> list[str]:
    """The setting `stores` with the digests that differ, or an empty list if none differs."""
    if len(found) != len(stores):
        return ["stores"]
    if not all(isinstance(each, dict) for each in found):
        found = _stores_of_earlier_version(folder, found)
    pairs = zip(found, stores)
    names = dict.fromkeys(name for pair in pairs for name in differing_digests(*pair))
    parts = ", ".join(name.removesuffix("_digest") for name in names)
    return [f"stores ({parts})"] if names else []


def _stores_of_earlier_version(folder: Path, plans: list) -> list[dict]:
    """Digests of the stores of a run whose run.json has only the digests of their plans.

    The model of the folder, if one was saved, also has the digests of the recipes.
    """
    digests = [{"plan_digest": plan} for plan in plans]
    if (folder / DESCRIPTION).exists():
        stores = read_description(folder)["stores"]
        if [each.get("plan_digest") for each in stores] == plans:
            return stores
    return digests


def _flat(settings: TrainingSettings) -> dict:
    """Settings for JSON, keyed by section and name."""
    sections = json.loads(json.dumps(settings_to_dict(settings)))
    return {f"{section}.{k}": v for section, values in sections.items() for k, v in values.items()}
