"""Answers kept on disk: none is ever paid for twice, and an interrupted run goes on.

One file of JSON lines for each model and template, whatever the server: servers that call other
models alike need caches of their own. Every answer is written as soon as it is there,
usable or not: the rules judge it again when it is read, so that a caption that was asked in vain is
not asked in vain once more. A line that a kill cut short is passed over.
"""

import fcntl
import hashlib
import json
import os
from pathlib import Path

from builders.describer.prompt import Template
from radarsim.errors import InputError

Key = tuple[str, int, int]  # caption, variant, which attempt at it


def cache_folder() -> Path:
    """Where answers are kept where the user names no place."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "radarsim" / "attributes"


class AnswerCache:
    """Answers of one model to one template.

    Args:
        folder: of all caches.
        model: the server's name for it.
        template: the task.

    Raises:
        InputError: the file cannot be read.
    """

    def __init__(self, folder: str | Path, model: str, template: Template):
        self.model = model
        self.about = {"model": model, "template": template.digest}
        name = hashlib.sha256(json.dumps(self.about, sort_keys=True).encode()).hexdigest()[:16]
        self.path = Path(folder) / f"{name}.jsonl"
        self._file = None
        self.answers = self._read()

    def __enter__(self) -> "AnswerCache":
        """Open for writing, for this process alone: two runs would pay twice."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self.path, "ab")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            problem = "another run asks the same model with the same template"
            raise InputError(self.path, "cache", problem, "wait for it, or stop it") from None
        except OSError as error:
            problem = f"cannot be written ({error.strerror})"
            raise InputError(self.path, "cache", problem, "give another --cache") from None
        # Again, now that nobody else writes: another run may have ended since.
        self.answers = self._read()
        self._begin_line()
        return self

    def __exit__(self, *_) -> None:
        """Close it, which lets go of the lock."""
        self._file.close()

    def put(self, key: Key, answer: str, tokens: int) -> None:
        """Keep an answer, on disk before this returns.

        Raises:
            InputError: it cannot be written; nothing more should be paid for.
        """
        caption, variant, attempt = key
        line = {**self.about, "caption": caption, "variant": variant, "attempt": attempt}
        line |= {"answer": answer, "tokens": tokens}
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            problem = f"cannot be written ({error.strerror})"
            raise InputError(self.path, "cache", problem, "make room") from None
        self.answers[key] = answer

    def _begin_line(self) -> None:
        """A line cut short must not swallow the next one."""
        data = self.path.read_bytes()
        if data and not data.endswith(b"\n"):
            self._file.write(b"\n")
            self._file.flush()

    def _read(self) -> dict[Key, str]:
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return {}
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
            raise InputError(self.path, "cache", problem, "give another --cache") from None
        return dict(filter(None, map(self._entry, lines)))

    def _entry(self, line: bytes) -> tuple[Key, str] | None:
        try:
            row = json.loads(line)
            key = row["caption"], row["variant"], row["attempt"]
            mine = {name: row[name] for name in self.about} == self.about
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        kinds = (str, int, int, str)
        told = all(isinstance(each, kind) for each, kind in zip((*key, row.get("answer")), kinds))
        return (key, row["answer"]) if mine and told else None
