"""What is said about the activities: captions and attribute sentences, read from `text/*.toml`.

Each file holds one group of activities:

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
MIN_VARIANTS = 4
MIN_CAPTIONS = 4
LONGEST = 300  # characters of a sentence; CLIP reads 77 tokens
FOLDER = Path(__file__).parent / "text"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is said about one activity.

    Attributes:
        captions: plain sentences, each telling the whole activity.
        variants: one sentence for each part of `ATTRIBUTES`, told several ways.
        provenance: who wrote them.
    """

    captions: tuple[str, ...]
    variants: tuple[dict[str, str], ...]
    provenance: str


@cache
def texts(folder: Path = FOLDER) -> dict[str, Told]:
    """All texts by the activity's name.

    Raises:
        InputError: naming the file, the activity and what is wrong with it.
    """
    found = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            table = tomllib.loads(path.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise InputError(path, "text", f"is no TOML ({error})", "mend that line") from None
        provenance = table.pop("provenance", "")
        if not provenance:
            raise InputError(path, "provenance", "missing", "say who wrote the sentences")
        for name, entry in table.items():
            if name in found:
                raise InputError(path, name, "stands in two files", "leave one out")
            found[name] = _told(path, name, entry, provenance)
    return found


def _told(path, name, entry, provenance) -> Told:
    captions, variants = entry.get("captions", []), entry.get("variants", [])
    if len(set(captions)) < MIN_CAPTIONS:
        hint = f"give at least {MIN_CAPTIONS}"
        raise InputError(path, f"{name}.captions", f"{len(set(captions))} different", hint)
    if len(variants) < MIN_VARIANTS:
        hint = f"give at least {MIN_VARIANTS}"
        raise InputError(path, f"{name}.variants", f"{len(variants)}", hint)
    for number, variant in enumerate(variants):
        where = f"{name}.variants[{number}]"
        if set(variant) != set(ATTRIBUTES):
            hint = f"give one sentence for each of {', '.join(ATTRIBUTES)}"
            raise InputError(path, where, f"tells {', '.join(variant) or 'nothing'}", hint)
        for part, sentence in variant.items():
            problem = flaw(sentence)
            if problem:
                raise InputError(path, f"{where}.{part}", f"{sentence!r} {problem}", "mend it")
    ordered = tuple({part: variant[part] for part in ATTRIBUTES} for variant in variants)
    return Told(captions=tuple(captions), variants=ordered, provenance=provenance)


def flaw(sentence: str, longest: int = LONGEST) -> str:
    """What is wrong with a sentence, "" if nothing that a rule can see.

    Args:
        sentence: of free prose.
        longest: characters it may have.
    """
    words = sentence.split()
    doubled = [a for a, b in pairwise(words) if a.lower() == b.lower()]
    checks = (
        (not sentence[:1].isupper(), "does not start with a capital"),
        (not sentence.endswith("."), "does not end in a full stop"),
        (sentence != " ".join(words), "has stray blanks"),
        (any(mark in sentence for mark in (" ,", " .", "..", ",,", ",.", "{", "}", "*", "+")),
         "has stray marks"),
        (bool(doubled), f"says {doubled[:1]} twice running"),
        (_wrong_article(words), "has a wrong article"),
        (len(words) < 4, "is too short"),
        (len(sentence) > longest, f"is longer than {longest} characters"),
    )  # fmt: skip
    return next((problem for wrong, problem in checks if wrong), "")


def _wrong_article(words) -> bool:
    """`a arm`, `an leg`; words that sound otherwise than they are written are left alone."""
    for article, word in pairwise(words):
        if len(re.split(r"\W", word)[0]) == 1:  # a letter's name: an X, an S-curve, a U-turn
            continue
        if article.lower() == "a" and word[0].lower() in "aeio":
            return not word.lower().startswith(("one", "once", "eu", "ewe"))
        if article.lower() == "an" and word[0].lower() not in "aeiouh":
            return True
    return False
