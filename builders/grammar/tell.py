"""What a score shows, told in English: captions, and a sentence for each part of the body.

Every word follows from the score: what is done, on which side, how often, how fast, in which order.
Wording, order, tense and detail are drawn, so that no two tellings need be alike.
"""

from itertools import pairwise

import numpy as np

from builders.grammar.compose import goes, primitives
from builders.grammar.places import TRAVELS
from builders.grammar.primitive import PARTS
from builders.grammar.score import Phrase, Score
from builders.grammar.ways import WAYS
from builders.grammar.words import listed, sentence, sided, spoken

PROVENANCE = "grammar"
WHO = ("a person", "someone", "the person", "the performer", "somebody", "a human figure")
COUNTS = {1: ("once",), 2: ("twice", "two times"), 3: ("three times", "thrice"),
          4: ("four times",), 5: ("five times",)}  # fmt: skip
OFTEN = ("again and again", "several times", "over and over")
SLOW, FAST = ("slowly", "at a slow pace", "unhurriedly"), ("quickly", "briskly", "at a quick pace")
SLOW_BELOW, FAST_ABOVE = 0.86, 1.16
# What is kept, or already says how often or how fast, is not hurried.
STEADY = (
    "*keep",
    "*hold",
    "*stay",
    "*stand",
    "*balance",
    "*lean to",
    "*hunch",
    "*stoop",
    "*fold",
    "*carry",
    "quick",
    "twice",
    "times",
    "once",
    "thrice",
    "again",
    "over and over",
    "short",
)
NEXT = ("then", "and then", "and after that", "and next")


def captions(score: Score, rng: np.random.Generator, num: int) -> tuple[str, ...]:
    """Sentences that each tell the whole score, in the manner of a human labeller."""
    found: dict[str, None] = {}
    for _ in range(6 * num):
        found[_caption(score.phrases, rng)] = None
        if len(found) == num:
            break
    return tuple(found)


def phrase_captions(phrase: Phrase, rng: np.random.Generator, num: int) -> tuple[str, ...]:
    """As `captions`, of one phrase alone."""
    return captions(Score(phrases=(phrase,)), rng, num)


def label(phrase: Phrase) -> str:
    """A few words, as a labeller of actions writes: "walk forward, wave one hand"."""
    acts = _acts(phrase, np.random.default_rng(0), counted=0.0)
    return spoken(", ".join(acts or ["stand"]), "base")


def attributes(score: Score, rng: np.random.Generator) -> dict[str, str]:
    """One sentence each for torso, arms, legs, location, and one for the whole."""
    tense = "past" if rng.uniform() < 0.15 else "present"
    told = {part: _part(score, index, rng, tense) for index, part in enumerate(PARTS)}
    whole = _caption(score.phrases, rng, tense)
    return told | {"general": sentence(whole)}


def _caption(phrases, rng, tense=None) -> str:
    tense = tense or str(rng.choice(["present", "present", "present", "past", "gerund"]))
    who = "" if tense == "gerund" else f"{rng.choice(WHO)} "
    clauses = [_clause(phrase, rng, tense) for phrase in phrases]
    if len(clauses) == 1:
        return who + clauses[0]
    if len(clauses) == 2 and "first" not in clauses[0] and rng.uniform() < 0.25:
        first, second = clauses
        return f"{who}first {first}, and {rng.choice(['then', 'afterward', 'later'])} {second}"
    words = f"{clauses[0]}, {rng.choice(NEXT)} {clauses[1]}"
    if len(clauses) > 2:
        words += f", {rng.choice(['and finally', 'and in the end', 'and last'])} {clauses[2]}"
    return who + words


def _clause(phrase, rng, tense) -> str:
    """What a person does in one phrase: a leading act, and the others beside it."""
    acts = _acts(phrase, rng)
    if not acts:
        acts = ["*stand still"]
    if not phrase.walks:
        rng.shuffle(acts)
    if not phrase.walks:
        acts[0] = _hurried(acts[0], phrase, rng)
    lead = spoken(acts[0], tense)
    if len(acts) == 1:
        if phrase.walks or acts[0].startswith("*stand"):
            return lead
        return f"{spoken('*stand', tense)} and {lead}" if rng.uniform() < 0.35 else lead
    beside = [spoken(act, "gerund") for act in acts[1:]]
    style = rng.uniform()
    if style < 0.55 or tense == "gerund":
        return f"{lead} while {listed(beside)}"
    if style < 0.75:
        return f"{lead}, {listed(beside)}"
    if style < 0.9 and len(acts) == 2:
        return f"{lead} and {spoken(acts[1], tense)}"
    return (
        f"{lead}, {rng.choice(['at the same time', 'all the while', 'meanwhile'])} {listed(beside)}"
    )


def _acts(phrase, rng, counted=0.35) -> list[str]:
    """What is worth saying, verbs marked; where the body walks, that first."""
    torso, arms, legs, location = primitives(phrase)
    acts = []
    if phrase.walks:
        way, travel = WAYS[phrase.legs], TRAVELS[phrase.location]
        manner = str(rng.choice(way.manners))
        where = sided(str(rng.choice(travel.says)), phrase.sides[3])
        acts.append(" ".join(filter(None, (str(rng.choice(way.verbs)), where))))
        if manner:
            acts[0] = _with_manner(acts[0], manner)
    for part, side in zip((location, legs, arms, torso), phrase.sides[::-1]):
        if part is not None and not part.quiet:
            words = sided(str(rng.choice(part.says)), side)
            acts.append(words + _count(part, phrase, rng, counted))
    return acts


def _with_manner(act, manner):
    """The manner goes before a second verb, if there is one: "forward, *turn left"."""
    first, mark, rest = min(
        (act.partition(mark) for mark in (" and *", ", *")), key=lambda cut: len(cut[0])
    )
    if mark:
        return f"{first} {manner}{mark}{rest}"
    return f"{act} {manner}"


def _count(part, phrase, rng, share) -> str:
    """ " twice", where it can be counted and is worth it."""
    if not part.counts or rng.uniform() > share:
        return ""
    num = goes(phrase, part)
    return f" {rng.choice(COUNTS.get(num, OFTEN))}"


def _hurried(act, phrase, rng) -> str:
    """The act with its pace, where that is unusual."""
    if SLOW_BELOW <= phrase.pace <= FAST_ABOVE or rng.uniform() < 0.4 or "slow" in act:
        return act
    if any(word in act for word in STEADY):
        return act
    words = str(rng.choice(SLOW if phrase.pace < SLOW_BELOW else FAST))
    if words.startswith("at ") or act.count("*") > 1 or "," in act:
        return act if act.count("*") > 1 or "," in act else f"{act} {words}"
    return f"{words} {act}" if words.endswith("ly") and rng.uniform() < 0.5 else f"{act} {words}"


def _part(score, index, rng, tense) -> str:
    """One sentence about one part, phrase after phrase; what stays the same is said once."""
    told = []
    for phrase in score.phrases:
        words = spoken(_predicate(phrase, index, rng), tense)
        if not told or _same(score, index, phrase) is None:
            told.append(words)
    if len(told) == 1:
        return sentence(told[0])
    style = rng.uniform()
    if style < 0.4:
        return sentence("; then ".join(told))
    if style < 0.7:
        return sentence(f"first {told[0]}, then {', then '.join(told[1:])}")
    return sentence(f"{told[0]}, and {rng.choice(['after that', 'later', 'next'])} "
                    f"{', and finally '.join(told[1:])}")  # fmt: skip


def _same(score, index, phrase):
    """The phrase before, if the part does the same in it."""
    for before, after in pairwise(score.phrases):
        if after is phrase and _sign(before, index) == _sign(after, index):
            return before
    return None


def _sign(phrase, index):
    part = primitives(phrase)[index]
    has_side = (
        TRAVELS[phrase.location].sided if phrase.walks and index == 3 else part and part.sided
    )
    return phrase.names[index], phrase.sides[index] if has_side else ""


def _predicate(phrase, index, rng) -> str:
    """Subject and predicate of a part in a phrase, verbs marked."""
    part, side = primitives(phrase)[index], phrase.sides[index]
    if part is not None:
        words = str(rng.choice(part.tells))
        return sided(words, side) + _count(part, phrase, rng, 0.25)
    table = WAYS[phrase.legs] if index == 2 else TRAVELS[phrase.location]
    return sided(str(rng.choice(table.tells)), side)
