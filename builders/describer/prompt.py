"""The words sent to a model: a template with the activity in its slot, and what follows it.

A template is a text with `{activity}` where the caption goes; the one that comes along is
`template.txt`. Its digest is part of every cached answer's name.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.table_files import read_bytes, text_of
from radarsim.errors import InputError

SLOT = "{activity}"
BUILT_IN = Path(__file__).parent / "template.txt"

Message = dict[str, str]

# English prose has about four characters to a token; no tokenizer of a server is at hand.
_CHARACTERS_PER_TOKEN = 4
_TOKENS_PER_MESSAGE = 8
ANSWER_TOKENS = 150  # five sentences of 20 words, as JSON


@dataclass(frozen=True)
class Template:
    """The text that tells a model its task.

    Attributes:
        text: with `SLOT` in it.
    """

    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_template(path: str | Path | None = None) -> Template:
    """The user's template, or the one that comes along.

    Raises:
        InputError: it cannot be read, or has no slot for the activity.
    """
    path = Path(path or BUILT_IN)
    text = text_of(path, read_bytes(path))
    if SLOT not in text:
        hint = "write it where the activity goes; --print-template shows the built-in one"
        raise InputError(path, SLOT, "is missing", hint)
    return Template(text)


def opening(
    template: Template, caption: str, said: Sequence[Mapping[str, str]] = ()
) -> list[Message]:
    """What is asked first about a caption.

    Args:
        template: the task.
        caption: what is to be described.
        said: earlier wordings, from which the new one shall differ.
    """
    words = template.text.replace(SLOT, caption)
    if said:
        earlier = "\n".join(json.dumps(dict(wording)) for wording in said)
        words += f"\nAnswers so far; say the same movement in other words:\n{earlier}\n"
    return [{"role": "user", "content": words}]


def objection(answer: str, problem: str) -> list[Message]:
    """What follows an answer that breaks the rules."""
    again = f"That cannot be used: {problem} Answer again, with the whole JSON object."
    return [{"role": "assistant", "content": answer}, {"role": "user", "content": again}]


def estimated_tokens(messages: Sequence[Message]) -> int:
    """About what messages cost; servers tell the truth only afterwards."""
    characters = sum(len(message["content"]) for message in messages)
    return characters // _CHARACTERS_PER_TOKEN + _TOKENS_PER_MESSAGE * len(messages)
