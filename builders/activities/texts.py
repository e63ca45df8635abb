"""Captions and attribute sentences of the activities, read from `text/*.toml`.

Each file contains one group of activities:

    provenance = "written for this project"

    [wave_hand]
    captions = ["a person raises one hand and waves"]

    [[wave_hand.variants]]
    general = "..."     # one sentence each
    torso = "..."
    arms = "..."
    legs = "..."
    location = "..."
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from radarsim.errors import InputError

ATTRIBUTES = ("torso", "arms", "legs", "location", "general")
# Minimum numbers of wordings and of captions of an activity.
MIN_VARIANTS = 4
MIN_CAPTIONS = 4
MAX_SENTENCE_CHARS = 284  # keeps sentences within the 77 tokens that CLIP reads
FOLDER = Path(__file__).parent / "text"


@dataclass(frozen=True, kw_only=True)
class ActivityTexts:
    """Texts of one activity.

    Attributes:
        captions: plain sentences about the whole activity.
        variants: wordings, each with one sentence for every part of `ATTRIBUTES`.
        provenance: author of the texts.
    """

    captions: tuple[str, ...]
    variants: tuple[dict[str, str], ...]
    provenance: str


@cache
def activity_texts(folder: Path = FOLDER) -> dict[str, ActivityTexts]:
    """Read the texts of all activities, keyed by activity name.

    Raises:
        InputError: a file is invalid; the message names the file, the activity and the problem.
    """
    found = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            table = tomllib.loads(path.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise InputError(path, "text", f"invalid TOML ({error})", "fix that line") from None
        provenance = table.pop("provenance", "")
        if not provenance:
            raise InputError(path, "provenance", "missing", "state who wrote the sentences")
        for name, entry in table.items():
            if name in found:
                raise InputError(path, name, "is defined in two files", "remove one of them")
            found[name] = _checked_texts(path, name, entry, provenance)
    return found


def _checked_texts(path, name, entry, provenance) -> ActivityTexts:
    """Check one activity's texts; raise InputError for incomplete or ungrammatical texts."""
    captions, variants = entry.get("captions", []), entry.get("variants", [])
    if len(set(captions)) < MIN_CAPTIONS:
        hint = f"give at least {MIN_CAPTIONS}"
        raise InputError(path, f"{name}.captions", f"{len(set(captions))} different", hint)
    if len(variants) < MIN_VARIANTS:
        hint = f"give at least {MIN_VARIANTS}"
        raise InputError(path, f"{name}.variants", f"{len(variants)}", hint)
    for number, variant in enumerate(variants):
        _check_variant(path, f"{name}.variants[{number}]", variant)
    ordered = tuple({part: variant[part] for part in ATTRIBUTES} for variant in variants)
    return ActivityTexts(captions=tuple(captions), variants=ordered, provenance=provenance)


def _check_variant(path, field, variant) -> None:
    if set(variant) != set(ATTRIBUTES):
        hint = f"give one sentence for each of {', '.join(ATTRIBUTES)}"
        raise InputError(path, field, f"describes {', '.join(variant) or 'nothing'}", hint)
    for part, sentence in variant.items():
        problem = sentence_problem(sentence)
        if problem:
            raise InputError(path, f"{field}.{part}", f"{sentence!r} {problem}", "correct it")


def sentence_problem(sentence: str, max_chars: int = MAX_SENTENCE_CHARS) -> str:
    """Return the first formal error in an English sentence, or "" if there is none.

    `builders.describer` sends the returned text to the language model to request a correction.

    Args:
        sentence: free text.
        max_chars: maximum length of the sentence.
    """
    words = sentence.split()
    doubled = [a for a, b in pairwise(words) if a.lower() == b.lower()]
    stray_marks = (" ,", " .", "..", ",,", ",.", "{", "}", "*", "+")
    checks = (
        (not sentence[:1].isupper(), "does not start with a capital"),
        (not sentence.endswith("."), "does not end in a full stop"),
        (sentence != " ".join(words), "has stray blanks"),
        (any(mark in sentence for mark in stray_marks), "has stray marks"),
        (bool(doubled), f"says {doubled[:1]} twice running"),
        (_has_wrong_article(words), "has a wrong article"),
        (len(words) < 4, "is too short"),
        (len(sentence) > max_chars, f"is longer than {max_chars} characters"),
    )
    return next((problem for wrong, problem in checks if wrong), "")


def _has_wrong_article(words) -> bool:
    """Whether a text contains an error such as `a arm` or `an leg`; "an hour" is accepted."""
    for article, word in pairwise(words):
        if len(re.split(r"\W", word)[0]) == 1:  # single letters, as in an X, an S-curve or a U-turn
            continue
        if article.lower() == "a" and word[0].lower() in "aeio":
            return not word.lower().startswith(("one", "once", "eu", "ewe"))
        if article.lower() == "an" and word[0].lower() not in "aeiouh":
            return True
    return False
