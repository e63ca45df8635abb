"""Build or resume a motion corpus with parallel workers: all takes, then the texts of the takes."""

import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from builders.corpus import writer
from builders.corpus.plan import CorpusSpec, plan_takes
from builders.corpus.synthesis import synthesize_take
from pipelines.parent_process import end_with_parent
from radarsim.errors import InputError


def write_corpus(folder: Path, spec: CorpusSpec, workers: int) -> None:
    """Write all missing takes, then the texts of all takes; a complete corpus remains unchanged.

    Args:
        folder: output folder; an interrupted corpus of the same specification is resumed.
        spec: specification of the corpus.
        workers: number of processes.

    Raises:
        InputError: the folder contains another corpus, or other files.
    """
    if is_complete(folder, spec):
        print(f"{folder} is complete")
        return
    takes = plan_takes(spec)
    writer.begin_corpus(folder, spec)
    missing = [planned for planned in takes if not writer.is_written(folder, spec, planned)]
    tasks = [(str(folder), spec, planned) for planned in missing]
    new_s = 0.0
    with tqdm(
        total=len(takes), initial=len(takes) - len(missing), unit="motion", disable=None
    ) as bar:
        for duration_s in _run_tasks(tasks, workers):
            new_s += duration_s
            bar.update()
    num_captions = writer.finish_corpus(folder, spec, takes)
    kind = f" ({writer.STAND_IN})" if spec.domain != "home" else ""
    captions = f"{num_captions} different captions in {folder}{kind}"
    print(f"{len(takes)} motions, {new_s / 3600:.2f} h new, {captions}")


def is_complete(folder: Path, spec: CorpusSpec) -> bool:
    """Whether a folder contains the complete corpus of a specification; no file is changed.

    Raises:
        InputError: the folder contains another corpus, or other files.
    """
    about = folder / writer.ABOUT
    if folder.exists() and not folder.is_dir():
        raise InputError(folder, "--out", "is a file", "name a folder")
    if not about.is_file():
        if folder.is_dir() and any(folder.iterdir()):
            raise InputError(folder, "--out", "contains other files", "name an empty or new folder")
        return False
    try:
        table = json.loads(about.read_text("utf-8"))
        # Corpora of older versions lack settings that were added with these defaults.
        existing, complete = asdict(CorpusSpec()) | table["order"], table["complete"]
    except (ValueError, KeyError, TypeError):
        raise InputError(about, "JSON", "cannot be read", "remove the folder") from None
    changed = [
        f"{key} {existing.get(key)!r} is now {value!r}"
        for key, value in asdict(spec).items()
        if existing.get(key) != value
    ]
    if existing != asdict(spec):
        hint = "name another folder, or repeat the options of this corpus"
        raise InputError(folder, "--out", f"contains another corpus: {'; '.join(changed)}", hint)
    return complete


def _run_tasks(tasks, workers: int):
    """Write all motions, in this process or in workers; yield the duration [s] of each motion."""
    if workers == 1 or len(tasks) < 8:
        yield from map(write_one, tasks)
        return
    with ProcessPoolExecutor(
        workers, get_context("spawn"), end_with_parent, (os.getpid(),)
    ) as pool:
        yield from pool.map(write_one, tasks, chunksize=4)


def write_one(task) -> float:
    """Synthesize and write one motion; return the duration of the motion [s]."""
    folder, spec, planned = task
    motion, spans = synthesize_take(spec, planned)
    writer.write_take(Path(folder), spec, planned, motion, spans)
    return motion.duration_s
