"""On-disk cache of model answers; an interrupted run resumes without repeating paid requests.

There is one JSON-lines file per model and template. The server is not part of the file name, so two
servers that use the same name for different models need separate cache folders. Every answer, valid
or not, is written as soon as it arrives. Answers are validated when they are read, so attempts are
counted across runs. An incomplete line left by a killed process is ignored.
"""

import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import NamedTuple

from builders.describer.prompt import Template
from radarsim.errors import InputError


class AnswerKey(NamedTuple):
    """Identity of an answer: the caption, the variant number, and the attempt number."""

    caption: str
    variant: int
    attempt: int


def cache_folder() -> Path:
    """Return the default folder of the cache."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "radarsim" / "attributes"


class AnswerCache:
    """Cached answers of one model to one prompt template.

    Args:
        folder: folder that contains all caches.
        model: name of the model on the server.
        template: prompt template.

    Raises:
        InputError: the file cannot be read.
    """

    def __init__(self, folder: str | Path, model: str, template: Template):
        self.model = model
        self.identity = {"model": model, "template": template.digest}
        name = hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()[:16]
        self.path = Path(folder) / f"{name}.jsonl"
        self._file = None
        self.answers = self._read()

    def __enter__(self) -> "AnswerCache":
        """Open and lock the file, so that concurrent runs do not request the same answers."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self.path, "ab")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            problem = "another run uses the same model and template"
            raise InputError(self.path, "cache", problem, "wait for it or stop it") from None
        except OSError as error:
            problem = f"cannot be written ({error.strerror})"
            raise InputError(self.path, "cache", problem, "choose another --cache folder") from None
        # Read the file again under the lock, because another run may have added answers.
        self.answers = self._read()
        self._begin_line()
        return self

    def __exit__(self, *_) -> None:
        """Close the file, which releases the lock."""
        self._file.close()

    def put(self, key: AnswerKey, answer: str, tokens: int) -> None:
        """Store an answer; the answer is on disk when the method returns.

        Raises:
            InputError: the answer cannot be written; the caller must send no further requests.
        """
        line = {**self.identity, **key._asdict(), "answer": answer, "tokens": tokens}
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            problem = f"cannot be written ({error.strerror})"
            raise InputError(self.path, "cache", problem, "free disk space") from None
        self.answers[key] = answer

    def _begin_line(self) -> None:
        """Terminate an incomplete last line, so that the next answer starts on a new line."""
        data = self.path.read_bytes()
        if data and not data.endswith(b"\n"):
            self._file.write(b"\n")
            self._file.flush()

    def _read(self) -> dict[AnswerKey, str]:
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return {}
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
            raise InputError(self.path, "cache", problem, "choose another --cache folder") from None
        return dict(filter(None, map(self._entry, lines)))

    def _entry(self, line: bytes) -> tuple[AnswerKey, str] | None:
        try:
            row = json.loads(line)
            key = AnswerKey(row["caption"], row["variant"], row["attempt"])
            same_cache = {name: row[name] for name in self.identity} == self.identity
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        types = (str, int, int, str)
        valid = all(isinstance(each, kind) for each, kind in zip((*key, row.get("answer")), types))
        return (key, row["answer"]) if same_cache and valid else None
