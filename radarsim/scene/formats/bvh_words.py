"""Words of BVH text with line numbers; white space separates words, and each brace is a word."""

import re
from typing import NoReturn

from radarsim.errors import InputError

_BRACE = re.compile(r"([{}])")
_KEYWORDS = ("ROOT", "JOINT", "END", "OFFSET", "CHANNELS", "MOTION", "HIERARCHY", "{", "}")
EXPORT_AGAIN = "export the file as BVH again"
_DECIMAL_COMMA = "write decimal points instead of commas"


class BvhWords:
    """Iterator over the words of the header, then over the remaining lines.

    Attributes:
        where: name of the file, used in messages.
        number: number of the line that holds the last word read or peeked, from 1.
        lines: all lines of the text.
    """

    def __init__(self, text: str, where: str):
        self.where, self.number = where, 0
        self.lines = text.splitlines()
        self._pending: list[str] = []
        self._word = ""

    def peek(self) -> str:
        """Return the next word without consuming it."""
        while not self._pending:
            if self.number == len(self.lines):
                self.fail("the file ends unexpectedly")
            self._pending = _BRACE.sub(r" \1 ", self.lines[self.number]).split()
            self.number += 1
        return self._pending[0]

    def next(self) -> str:
        """Take the next word."""
        self._word = self.peek()
        del self._pending[0]
        return self._word

    def arguments(self) -> list[str]:
        """Take all words up to the next keyword or brace."""
        found = []
        while self.peek().upper() not in _KEYWORDS:
            found.append(self.next())
        return found

    def name(self) -> str:
        """Take a joint name, which may contain whitespace, and the following brace."""
        found, line = [], self.number
        while self.peek() != "{":
            # A joint may be called Root, but a keyword alone on a line means a missing brace.
            if self.number > line and self.peek().upper() in _KEYWORDS:
                self.fail_at_next("'{' expected, found")
            found.append(self.next())
        self.next()
        return " ".join(found)

    def numbers(self, count: int) -> list[float]:
        """Take the given count of numbers; a keyword or the end of the line must follow."""
        line, found = self.number, []
        while len(found) < count and self.peek().upper() not in _KEYWORDS:
            found.append(self.next())
        found += [word for word in self._pending[:1] if word.upper() not in _KEYWORDS]
        if len(found) != count or not all(map(_is_number, found)):
            text = " ".join(found)[:40]
            self.fail(f"{count} numbers expected, found '{text}'", _number_hint(found), line)
        return [float(word) for word in found]

    def number_of(self, word: str, hint: str = EXPORT_AGAIN) -> float:
        """Convert a word to a number."""
        if not _is_number(word):
            self.fail(f"a number expected, found '{word[:40]}'", _number_hint([word], hint))
        return float(word)

    def expect(self, keyword: str) -> None:
        """Take the next word; raise an error if it is not the expected keyword."""
        if self.peek().upper() != keyword:
            self.fail_at_next(f"'{keyword}' expected, found")
        self.next()

    def label(self, label: str) -> None:
        """Take a label such as "Frame Time:", with or without whitespace before the colon."""
        pattern = r"\s*".join(map(re.escape, label.removesuffix(":").split())) + r"\s*:"
        self.peek()
        found = re.match(pattern, " ".join(self._pending), re.IGNORECASE)
        if not found:
            self.fail_at_next(f"'{label}' expected, found")
        self._pending = " ".join(self._pending)[found.end() :].split()

    def rows(self) -> list[tuple[int, str]]:
        """Remaining lines that are not blank, with their numbers."""
        first = [(self.number, " ".join(self._pending))] if self._pending else []
        rest = enumerate(self.lines[self.number :], self.number + 1)
        return first + [(number, row) for number, row in rest if row.strip()]

    def fail_at_word(self, problem: str) -> NoReturn:
        """Raise an error about the last word taken and the rest of its line."""
        found = " ".join([self._word, *self._pending])[:40]
        self.fail(f"'{found}' {problem}")

    def fail_at_next(self, problem: str) -> NoReturn:
        """Raise an error about the words that follow on the line."""
        self.fail(f"{problem} '{' '.join(self._pending)[:40]}'")

    def fail(self, problem: str, hint: str = EXPORT_AGAIN, line: int | None = None) -> NoReturn:
        """Raise an error at a line, by default the current one."""
        line = self.number if line is None else line
        raise InputError(self.where, f"line {line}", problem, hint)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _number_hint(words: list[str], hint: str = EXPORT_AGAIN) -> str:
    """Hint for invalid numbers, which are usually caused by decimal commas."""
    unread = [word for word in words if not _is_number(word)]
    commas = [word for word in unread if _is_number(word.replace(",", ".", 1))]
    return _DECIMAL_COMMA if unread and commas == unread else hint
