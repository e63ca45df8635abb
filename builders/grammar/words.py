"""English verbs and sentences: forms of a verb, lists, capitals and full stops."""

import re

MARKED = re.compile(r"([*+])([a-z]+)( not\b)?")
PAST = {
    "are": "were", "arch": "arched", "beat": "beat", "bend": "bent", "bring": "brought",
    "carry": "carried", "come": "came", "creep": "crept", "cut": "cut", "do": "did", "draw": "drew",
    "fall": "fell", "fling": "flung", "give": "gave", "go": "went", "hang": "hung", "hold": "held",
    "keep": "kept", "lay": "laid", "lead": "led", "lean": "leaned", "leave": "left", "let": "let",
    "lie": "lay", "make": "made", "put": "put", "rise": "rose", "say": "said", "shake": "shook",
    "show": "showed", "shrink": "shrank", "shut": "shut", "sink": "sank", "spread": "spread",
    "stand": "stood", "strike": "struck", "stride": "strode", "swell": "swelled", "sweep": "swept",
    "swing": "swung", "take": "took", "throw": "threw", "wind": "wound", "withdraw": "withdrew",
    "grow": "grew", "meet": "met", "weave": "wove", "sneak": "sneaked", "catch": "caught",
    "spring": "sprang", "grasp": "grasped", "rock": "rocked", "flap": "flapped",
}  # fmt: skip
# One short vowel and one consonant: the consonant doubles.
DOUBLING = (
    *("stop", "tap", "tip", "nod", "hop", "bob", "dip", "step", "flap", "chop", "plod", "drop"),
    *("pat", "drum", "wag", "shrug", "sag", "drag", "trip"),
)


def third(verb: str) -> str:
    """`go` to `goes`."""
    if verb in ("are", "have"):
        return {"are": "is", "have": "has"}[verb]
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"


def gerund(verb: str) -> str:
    """`go` to `going`."""
    if verb == "are":
        return "being"
    if verb in DOUBLING or verb in ("swim", "put", "let", "cut", "shut"):
        return verb + verb[-1] + "ing"
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    return verb + "ing"


def past(verb: str) -> str:
    """`go` to `went`."""
    if verb in PAST:
        return PAST[verb]
    if verb in DOUBLING:
        return verb + verb[-1] + "ed"
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + "ed"


def spoken(words: str, tense: str) -> str:
    """The words with their marked verbs in a form.

    Args:
        words: as in `primitive`.
        tense: "present", "past", "gerund" or "base"; + marks verbs of several.
    """

    def form(match):
        mark, verb, negated = match.groups()
        if negated:  # "do not change"
            done = {"present": "does", "past": "did", "gerund": "", "base": "do"}[tense]
            return f"{done if mark == '*' or tense != 'present' else 'do'} not"
        if tense == "past":
            return past(verb)
        if tense == "gerund":
            return gerund(verb)
        return verb if mark == "+" or tense == "base" else third(verb)

    return MARKED.sub(form, words)


def sided(words: str, side: str) -> str:
    """The words with their sides put in."""
    other = "left" if side == "right" else "right"
    return words.replace("{side}", side).replace("{other}", other)


def listed(items: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def sentence(words: str) -> str:
    """With a capital and a full stop."""
    words = " ".join(words.split())
    return words[:1].upper() + words[1:].rstrip(".") + "."
