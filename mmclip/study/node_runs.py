"""Files and training runs of the nodes: stores, run folders, logs and baseline models."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from mmclip.study.nodes import Node, node_folder, read_result


def store_of(root: Path, node: Node) -> str:
    """Path of the store that a corpus node has built, or of the existing store that it names."""
    result = read_result(root, node)
    return result["path"] if node.kind == "store" else str(node_folder(root, node) / "store.zarr")


def run_of(root: Path, node: Node) -> Path:
    """Folder of a training node's run."""
    return node_folder(root, node) / "run"


def training_settings(values: dict):
    """Load the training settings of a node from the node's preset and overrides."""
    from mmclip.presets import load_preset

    return load_preset(values["preset"], values["overrides"])


def baseline_model(node: Node, root: Path):
    """Train a baseline, or load the baseline if training is finished."""
    from mmclip.baselines.rfnet import train_rfnet
    from mmclip.baselines.rfnet_model import RfNetSettings
    from mmclip.baselines.tent import train_tent
    from mmclip.baselines.tent_model import TentSettings

    values, stores = node.values, [store_of(root, each) for each in node.need("store")]
    common = (stores, run_of(root, node), training_settings(values))
    if node.kind == "tent":
        tent = TentSettings(**values["network"])
        return train_tent(*common, tent, values["encoder"], log_of(node, root))
    network = {k: tuple(v) if isinstance(v, list) else v for k, v in values["network"].items()}
    return train_rfnet(*common, RfNetSettings(**network), log_of(node, root))


def network_settings(settings) -> dict:
    """Convert the settings of a baseline to JSON values."""
    return json.loads(json.dumps(asdict(settings)))


def log_of(node: Node, root: Path) -> Callable[[str], None]:
    """Return a function that appends a line to the file log.txt in the folder of a node."""
    path = node_folder(root, node) / "log.txt"

    def report(line: str) -> None:
        with open(path, "a", encoding="utf-8") as file:
            file.write(line + "\n")

    return report
