"""English inflection and punctuation: verb forms, lists, sentences."""

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
# Verbs whose final consonant is doubled after a short vowel.
DOUBLING = (
    *("stop", "tap", "tip", "nod", "hop", "bob", "dip", "step", "flap", "chop", "plod", "drop"),
    *("pat", "drum", "wag", "shrug", "sag", "drag", "trip"),
)


def third_person(verb: str) -> str:
    """Form the third person singular of a verb: `go` becomes `goes`."""
    if verb in ("are", "have"):
        return {"are": "is", "have": "has"}[verb]
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"


def gerund(verb: str) -> str:
    """Form the gerund of a verb: `go` becomes `going`."""
    if verb == "are":
        return "being"
    if verb in DOUBLING or verb in ("swim", "put", "let", "cut", "shut"):
        return verb + verb[-1] + "ing"
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    return verb + "ing"


def past_tense(verb: str) -> str:
    """Form the past tense of a verb: `go` becomes `went`."""
    if verb in PAST:
        return PAST[verb]
    if verb in DOUBLING:
        return verb + verb[-1] + "ed"
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + "ed"


def inflect(text: str, tense: str) -> str:
    """Put the marked verbs of a text into the requested form.

    Args:
        text: text with verbs marked by `*` or `+`, as `primitive.py` defines.
        tense: "present", "past", "gerund" or "base".
    """

    def form(match):
        mark, verb, negated = match.groups()
        if negated:  # a negated verb, as in "do not change"
            done = {"present": "does", "past": "did", "gerund": "", "base": "do"}[tense]
            return f"{done if mark == '*' or tense != 'present' else 'do'} not"
        if tense == "past":
            return past_tense(verb)
        if tense == "gerund":
            return gerund(verb)
        return verb if mark == "+" or tense == "base" else third_person(verb)

    return MARKED.sub(form, text)


def fill_sides(text: str, side: str) -> str:
    """Replace `{side}` and `{other}` in a text."""
    other = "left" if side == "right" else "right"
    return text.replace("{side}", side).replace("{other}", other)


def join_list(items: list[str]) -> str:
    """Join items into an English list: `a`, `a and b` or `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def as_sentence(text: str) -> str:
    """Add an initial capital and a full stop to a text."""
    text = " ".join(text.split())
    return text[:1].upper() + text[1:].rstrip(".") + "."
