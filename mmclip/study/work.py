"""Execution of the nodes: for each kind of node, a function computes a JSON result.

The result of a node is written atomically when the node is finished. An interrupted training run
resumes from its last checkpoint, and an interrupted build of a corpus also resumes, so the study
can be killed at any time.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from mmclip.atomic_files import write_atomically
from mmclip.errors import MmclipError
from mmclip.study.code_version import code_version
from mmclip.study.node_runs import baseline_model, log_of, run_of, store_of, training_settings
from mmclip.study.nodes import Node, node_folder, read_result, result_path

# Kinds of nodes that do not compile any program.
COMMANDS = ("corpus", "store")


def execute(node: Node, root: Path) -> float:
    """Execute a node unless it is already finished; all nodes that it needs must be finished.

    Args:
        node: node to execute.
        root: output folder of the study.

    Returns:
        Execution time of the node [s]; for an interrupted node, the time since the last start.

    Raises:
        MmclipError: the node cannot be executed.
    """
    path = result_path(root, node)
    if path.exists():
        return read_result(root, node)["seconds"]
    path.parent.mkdir(parents=True, exist_ok=True)
    code, start_s = code_version(), time.monotonic()
    if node.kind in COMMANDS:
        result = KINDS[node.kind](node, root)
    else:
        with _compiled_programs(root):
            result = KINDS[node.kind](node, root)
    seconds = time.monotonic() - start_s
    result = {"title": node.title, **result, "seconds": seconds, "code": code}
    write_atomically(path, json.dumps(result, indent=1).encode())
    return seconds


@contextmanager
def _compiled_programs(root: Path) -> Iterator[None]:
    """Cache compiled programs on disk, and release them from memory after each node.

    Many nodes use the same compiled programs. A process that keeps the programs of hundreds of
    nodes in memory would reach the system's limit on memory mappings.
    """
    import jax

    if not jax.config.jax_compilation_cache_dir:
        jax.config.update("jax_compilation_cache_dir", str((root / "compiled").resolve()))
    yield
    jax.clear_caches()


def _build(node: Node, root: Path) -> dict:
    """Run the commands that build a corpus in sequence, and write their output to log.txt."""
    folder = node_folder(root, node).resolve()
    store, texts = folder / "store.zarr", folder / "texts.txt"
    places = {"{folder}": str(folder), "{store}": str(store), "{texts}": str(texts)}
    places |= dict(node.places)
    for command in node.values["commands"]:
        if "{texts}" in command:
            from mmclip.study.training_texts import write_training_texts

            write_training_texts(str(store), texts, training_settings(node.values))
        words = [_filled(word, places) for word in command]
        failed, message = _run_logged(words, folder / "log.txt")
        if failed:
            problem = f"{' '.join(words)} failed"
            hint = f"its messages are in {folder / 'log.txt'}"
            raise MmclipError(folder, node.title, problem, f"{hint}; the last: {message}")
    return {}


def _filled(word: str, places: dict[str, str]) -> str:
    """Replace the placeholders in a word; other braces, for example in paths, are kept."""
    for name, value in places.items():
        word = word.replace(name, value)
    return word


def _run_logged(words: list[str], log: Path) -> tuple[int, str]:
    """Run a module of this environment; return its exit status and the last line of its output.

    The module ends when this process ends.
    """
    command = [sys.executable, "-m", "mmclip.study.subcommand", str(os.getpid()), *words]
    # Without buffers, the log contains output and error messages in the order of their time.
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with (
        open(log, "ab") as file,
        subprocess.Popen(command, stdout=file, stderr=file, env=environment) as process,
    ):
        process.wait()
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    printed = [line.strip() for line in lines if line.strip()]
    return process.returncode, printed[-1] if printed else "none"


def _existing(node: Node, root: Path) -> dict:
    """Check an existing store with the checksums of its heatmaps, which no other node verifies."""
    from mmclip.store import open_store, store_digests, verify_checksums

    path = node.values["path"]
    store = open_store(path)
    verify_checksums([store], store.heatmaps)
    return {"path": path, **store_digests(store)}


def _pretrain(node: Node, root: Path) -> dict:
    from mmclip.pretrain import pretrain

    values, stores = node.values, [store_of(root, each) for each in node.need("store")]
    settings, run = training_settings(values), run_of(root, node)
    description = pretrain(
        stores, run, settings, values["encoder"], verify=False, report=log_of(node, root)
    )
    return _training_result(run, description, settings.train.batch)


def _finetune(node: Node, root: Path) -> dict:
    from mmclip.finetune import finetune

    values = node.values
    options = argparse.Namespace(
        stores=[store_of(root, each) for each in node.need("store")],
        others=[store_of(root, each) for each in node.need("with")],
        model=str(run_of(root, node.need("model")[0])),
        method=values["method"],
        set=values["overrides"],
        seed=None,
        steps=None,
        unseen=None,
        verify=False,
    )
    run = run_of(root, node)
    trained: list[str] = []
    log = log_of(node, root)

    def report(line: str) -> None:
        log(line)
        if line.endswith("trainable parameters"):
            trained.append(line.split(": ")[1].split()[0].replace(",", ""))

    description = finetune(options, run, report)
    batch = description["settings"]["train"]["batch"]
    return _training_result(run, description, batch) | {"trained_parameters": int(trained[0])}


def _baseline(node: Node, root: Path) -> dict:
    model = baseline_model(node, root)
    return {"trained_parameters": model.num_trained}


def _training_result(run: Path, description: dict, batch: int) -> dict:
    parameters = _count_weights(run)
    return {
        "step": description["step"],
        "validation_accuracy": description["validation_accuracy"],
        "parameters": parameters,
        "trained_parameters": parameters,
        "step_seconds": _seconds_per_step(run, batch),
        "steps": description["settings"]["train"]["steps"],
        "simulated": description["simulated"],
    }


def _count_weights(run: Path) -> int:
    from safetensors.numpy import load_file

    return sum(each.size for each in load_file(run / "weights.safetensors").values())


def _seconds_per_step(run: Path, batch: int) -> float | None:
    """Median time of a step [s] from the rates in metrics.csv, unaffected by interruptions."""
    with open(run / "metrics.csv", newline="", encoding="utf-8") as file:
        rates = [float(row["windows_per_s"]) for row in csv.DictReader(file)]
    median = float(np.median(rates)) if rates else 0.0
    return batch / median if median else None


def _score(node: Node, root: Path) -> dict:
    from mmclip.study.scoring import score

    return score(node, root)


def _few_shot(node: Node, root: Path) -> dict:
    from mmclip.study.few_shot import score_few_shot

    return score_few_shot(node, root)


def _complexity(node: Node, root: Path) -> dict:
    from mmclip.study.complexity import measure_complexity

    return measure_complexity(**node.values)


def _pictures(node: Node, root: Path) -> dict:
    from mmclip.study.pictures import draw_heatmaps

    return draw_heatmaps(node, root)


KINDS: dict[str, Callable[[Node, Path], dict]] = {
    "corpus": _build,
    "store": _existing,
    "pretrain": _pretrain,
    "finetune": _finetune,
    "tent": _baseline,
    "rfnet": _baseline,
    "score": _score,
    "few-shot": _few_shot,
    "complexity": _complexity,
    "pictures": _pictures,
}
