"""English description of a phrase sequence: captions, and a sentence for each body part.

The sequence determines the content of a caption: movements, sides, repetitions, speeds and order.
Wording, word order, tense and level of detail are random, so the captions of one sequence differ.
"""

import numpy as np

from builders.grammar.english import as_sentence, fill_sides, inflect, join_list
from builders.grammar.gaits import GAITS
from builders.grammar.locomotion import TRAVELS
from builders.grammar.phrase_composition import num_repetitions, primitives
from builders.grammar.primitive import PARTS
from builders.grammar.random_phrases import Phrase, PhraseSequence

PROVENANCE = "grammar"
SUBJECTS = ("a person", "someone", "the person", "the performer", "somebody", "a human figure")
COUNTS = {
    1: ("once",),
    2: ("twice", "two times"),
    3: ("three times", "thrice"),
    4: ("four times",),
    5: ("five times",),
}
OFTEN = ("again and again", "several times", "over and over")
SLOW, FAST = ("slowly", "at a slow pace", "unhurriedly"), ("quickly", "briskly", "at a quick pace")
# Limits of the speed factor beyond which a caption may state the speed.
SLOW_BELOW, FAST_ABOVE = 0.86, 1.16
# No speed adverb is added to a posture, or to a phrase that already states a count or a speed.
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
# CLIP's text encoder reads 77 tokens. With this limit, no text of 6,000 sequences had more than 68
# CLIP tokens; without the limit, 6 % of the captions had more than 77.
MAX_CHARS = 280
# Maximum number of actions per phrase that a caption mentions, for each successive trial.
NUM_ACTS = (4, 4, 4, 2, 1)
NEXT = ("then", "and then", "and after that", "and next")


def draw_captions(sequence: PhraseSequence, rng: np.random.Generator, num: int) -> tuple[str, ...]:
    """Draw distinct random captions of the whole sequence, in the style of a human annotator.

    Returns:
        `num` captions, or fewer if the sequence does not have that many wordings.
    """
    found: dict[str, None] = {}
    for _ in range(6 * num):
        found[_caption(sequence.phrases, rng)] = None
        if len(found) == num:
            break
    return tuple(found)


def draw_phrase_captions(phrase: Phrase, rng: np.random.Generator, num: int) -> tuple[str, ...]:
    """Draw distinct random captions of a single phrase."""
    return draw_captions(PhraseSequence(phrases=(phrase,)), rng, num)


def action_label(phrase: Phrase) -> str:
    """Short label as written by an action annotator: "walk forward, wave one hand"."""
    acts = _verb_phrases(phrase, np.random.default_rng(0), count_share=0.0)
    return inflect(", ".join(acts or ["stand"]), "base")


def draw_attributes(sequence: PhraseSequence, rng: np.random.Generator) -> dict[str, str]:
    """Draw a random sentence for each of torso, arms, legs, location and the whole body."""
    tense = "past" if rng.uniform() < 0.15 else "present"
    sentences = {
        part: _part_sentence(sequence, index, rng, tense) for index, part in enumerate(PARTS)
    }
    whole = _caption(sequence.phrases, rng, tense)
    return sentences | {"general": as_sentence(whole)}


def _caption(phrases, rng, tense=None) -> str:
    """Caption of up to three phrases, without initial capital or full stop.

    A caption that is too long for CLIP is drawn again; the last trials use fewer actions per
    phrase.
    """
    for num_acts in NUM_ACTS:
        text = _draw_caption(phrases, rng, tense, num_acts)
        if len(text) < MAX_CHARS:
            break
    return text


def _draw_caption(phrases, rng, tense, num_acts) -> str:
    tense = tense or str(rng.choice(["present", "present", "present", "past", "gerund"]))
    subject = "" if tense == "gerund" else f"{rng.choice(SUBJECTS)} "
    clauses = [_clause(phrase, rng, tense, num_acts) for phrase in phrases]
    if len(clauses) == 1:
        return subject + clauses[0]
    if len(clauses) == 2 and "first" not in clauses[0] and rng.uniform() < 0.25:
        first, second = clauses
        return f"{subject}first {first}, and {rng.choice(['then', 'afterward', 'later'])} {second}"
    text = f"{clauses[0]}, {rng.choice(NEXT)} {clauses[1]}"
    if len(clauses) > 2:
        text += f", {rng.choice(['and finally', 'and in the end', 'and last'])} {clauses[2]}"
    return subject + text


def _clause(phrase, rng, tense, num_acts) -> str:
    """Predicate of one phrase: a main verb phrase, accompanied by the other actions."""
    acts = _verb_phrases(phrase, rng) or ["*stand still"]
    if not phrase.walks:
        rng.shuffle(acts)
    acts = acts[:num_acts]
    if not phrase.walks:
        acts[0] = _with_speed(acts[0], phrase, rng)
    main = inflect(acts[0], tense)
    if len(acts) == 1:
        if phrase.walks or acts[0].startswith("*stand"):
            return main
        return f"{inflect('*stand', tense)} and {main}" if rng.uniform() < 0.35 else main
    others = [inflect(act, "gerund") for act in acts[1:]]
    style = rng.uniform()
    if style < 0.55 or tense == "gerund":
        return f"{main} while {join_list(others)}"
    if style < 0.75:
        return f"{main}, {join_list(others)}"
    if style < 0.9 and len(acts) == 2:
        return f"{main} and {inflect(acts[1], tense)}"
    meanwhile = rng.choice(["at the same time", "all the while", "meanwhile"])
    return f"{main}, {meanwhile} {join_list(others)}"


def _verb_phrases(phrase, rng, count_share=0.35) -> list[str]:
    """Verb phrases of the active parts, with marked verbs; walking comes first."""
    acts = [_walking(phrase, rng)] if phrase.walks else []
    torso, arms, legs, location = primitives(phrase)
    for part, side in zip((location, legs, arms, torso), phrase.sides[::-1]):
        if part is not None and not part.inactive:
            wording = fill_sides(str(rng.choice(part.verb_phrases)), side)
            acts.append(wording + _count(part, phrase, rng, count_share))
    return acts


def _walking(phrase, rng) -> str:
    """Verb phrase for a walk, with verb, direction and manner."""
    gait, travel = GAITS[phrase.legs], TRAVELS[phrase.location]
    manner = str(rng.choice(gait.manners))
    direction = fill_sides(str(rng.choice(travel.directions)), phrase.sides[3])
    act = f"{rng.choice(gait.verbs)} {direction}"
    return _with_manner(act, manner) if manner else act


def _with_manner(act, manner):
    """Insert an adverbial of manner into the verb phrase, before the second verb if present."""
    first, mark, rest = min(
        (act.partition(mark) for mark in (" and *", ", *")), key=lambda cut: len(cut[0])
    )
    if mark:
        return f"{first} {manner}{mark}{rest}"
    return f"{act} {manner}"


def _count(part, phrase, rng, share) -> str:
    """Return a count such as " twice" with probability `share` if repetitions are countable."""
    if not part.countable or rng.uniform() > share:
        return ""
    num = num_repetitions(phrase, part)
    return f" {rng.choice(COUNTS.get(num, OFTEN))}"


def _with_speed(act, phrase, rng) -> str:
    """Add a speed adverb to the verb phrase if the speed is unusual."""
    usual = SLOW_BELOW <= phrase.speed_factor <= FAST_ABOVE
    if usual or rng.uniform() < 0.4 or "slow" in act or any(word in act for word in STEADY):
        return act
    adverb = str(rng.choice(SLOW if phrase.speed_factor < SLOW_BELOW else FAST))
    if act.count("*") > 1 or "," in act:
        return act
    before = adverb.endswith("ly") and rng.uniform() < 0.5
    return f"{adverb} {act}" if before else f"{act} {adverb}"


def _part_sentence(sequence, index, rng, tense) -> str:
    """One sentence about a body part in all phrases; repeated clauses are omitted."""
    clauses = []
    previous = None
    for phrase in sequence.phrases:
        clause, key = inflect(_part_clause(phrase, index, rng), tense), _part_key(phrase, index)
        if key != previous:
            clauses.append(clause)
        previous = key
    if len(clauses) == 1:
        return as_sentence(clauses[0])
    style = rng.uniform()
    if style < 0.4:
        return as_sentence("; then ".join(clauses))
    if style < 0.7:
        return as_sentence(f"first {clauses[0]}, then {', then '.join(clauses[1:])}")
    after = rng.choice(["after that", "later", "next"])
    return as_sentence(f"{clauses[0]}, and {after} {', and finally '.join(clauses[1:])}")


def _part_key(phrase, index):
    """Name of a body part's movement, and the side if the wordings mention a side."""
    if phrase.walks and index == 3:
        sided = TRAVELS[phrase.location].sided
    else:
        part = primitives(phrase)[index]
        sided = part is not None and part.sided
    return phrase.names[index], phrase.sides[index] if sided else ""


def _part_clause(phrase, index, rng) -> str:
    """Clause about a body part in one phrase, with marked verbs."""
    part, side = primitives(phrase)[index], phrase.sides[index]
    if part is not None:
        clause = fill_sides(str(rng.choice(part.clauses)), side)
        return clause + _count(part, phrase, rng, 0.25)
    table = GAITS[phrase.legs] if index == 2 else TRAVELS[phrase.location]
    return fill_sides(str(rng.choice(table.clauses)), side)
