"""Messages sent to a language model: prompt template, first request and correction request.

A template is a text with the placeholder `{activity}` for the caption; the built-in template is
`template.txt`. The template's digest is part of the identity of the answer cache.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.table_files import read_bytes, text_of
from radarsim.errors import InputError

PLACEHOLDER = "{activity}"
BUILT_IN_TEMPLATE = Path(__file__).parent / "template.txt"

Message = dict[str, str]

# English text has about four characters per token; the server's tokenizer is not available.
_CHARACTERS_PER_TOKEN = 4
# Estimated number of tokens of a message in addition to its text.
_TOKENS_PER_MESSAGE = 8
ANSWER_TOKENS = 150  # size of five sentences of 20 words in JSON


@dataclass(frozen=True)
class Template:
    """Prompt template.

    Attributes:
        text: task description that contains `PLACEHOLDER`.
    """

    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_template(path: str | Path | None = None) -> Template:
    """Read the given template, or the built-in template.

    Raises:
        InputError: the file cannot be read, or the placeholder is missing.
    """
    path = Path(path or BUILT_IN_TEMPLATE)
    text = text_of(path, read_bytes(path))
    if PLACEHOLDER not in text:
        hint = "insert the placeholder; --print-template prints the built-in template"
        raise InputError(path, PLACEHOLDER, "is missing", hint)
    return Template(text)


def first_request(
    template: Template, caption: str, earlier: Sequence[Mapping[str, str]] = ()
) -> list[Message]:
    """Return the first message for one wording of a caption.

    Args:
        template: prompt template.
        caption: caption to describe.
        earlier: earlier wordings, from which the new wording must differ.
    """
    text = template.text.replace(PLACEHOLDER, caption)
    if earlier:
        answers = "\n".join(json.dumps(dict(wording)) for wording in earlier)
        text += f"\nAnswers so far; say the same movement in other words:\n{answers}\n"
    return [{"role": "user", "content": text}]


def correction_request(answer: str, problem: str) -> list[Message]:
    """Return the messages that follow an invalid answer."""
    again = f"That cannot be used: {problem} Answer again, with the whole JSON object."
    return [{"role": "assistant", "content": answer}, {"role": "user", "content": again}]


def estimated_tokens(messages: Sequence[Message]) -> int:
    """Estimate the number of tokens in messages before the server reports the actual number."""
    characters = sum(len(message["content"]) for message in messages)
    return characters // _CHARACTERS_PER_TOKEN + _TOKENS_PER_MESSAGE * len(messages)
