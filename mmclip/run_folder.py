"""Folder of a training run, whose run.json records the settings so that runs are not mixed."""

import json
from pathlib import Path

from mmclip.errors import MmclipError
from mmclip.prepared_data import PreparedData
from mmclip.presets import settings_to_dict
from mmclip.settings import TrainingSettings

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
        MmclipError: the folder belongs to another training run; the message lists the differences.
    """
    record = {
        "command": command,
        **_flat(settings),
        "encoder": data.encoder["digest"],
        "stores": [store.attributes.get("plan_digest") for store in data.corpus.stores],
        "texts": sorted(data.bank.sentences),
        **extra,
    }
    record = json.loads(json.dumps(record))
    path = folder / FILE
    if path.exists():
        found = json.loads(path.read_bytes())
        fixed = [key for key in record if key.split(".")[-1] not in CHANGEABLE]
        # A setting that is missing in a run of an earlier version had its default value.
        found = {**_flat(TrainingSettings()), **found}
        different = [key for key in fixed if found.get(key) != record[key]]
        if different:
            problem = f"contains a training run that differs in {', '.join(different)}"
            raise MmclipError(folder, "--out", problem, "choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1))


def _flat(settings: TrainingSettings) -> dict:
    """Settings for JSON, keyed by section and name."""
    sections = json.loads(json.dumps(settings_to_dict(settings)))
    return {f"{section}.{k}": v for section, values in sections.items() for k, v in values.items()}
