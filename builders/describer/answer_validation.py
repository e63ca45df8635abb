"""What a model must answer, and what is wrong with what it did answer.

An answer is a JSON object with one sentence for each part of the body. The rules are those a
program can see: one whole sentence of one person, about the part that it stands for.
"""

import json
import re
from collections.abc import Mapping, Sequence

from builders.activities.texts import flaw
from pipelines.schema import ATTRIBUTE_PARTS

Wording = dict[str, str]

# Strict mode of the servers wants every key required, and no other allowed.
SCHEMA = {
    "type": "object",
    "properties": {part: {"type": "string"} for part in ATTRIBUTE_PARTS},
    "required": list(ATTRIBUTE_PARTS),
    "additionalProperties": False,
}

# Beginnings of words; one of them must be in the sentence. Found on the sentences of
# `builders/activities/text`, which all pass.
SUBJECTS = {
    "torso": "torso|trunk|chest|rib|flank|upper body|body|spine|shoulders|waist|hips|pelvis|belly|"
    "stomach|abdom|core|neck|(?<!turns )head|upright|"
    "(the|its|his|her|their|a|whole|straight|flat|round|upper|lower|arched) back\\b|"
    "back (is|rounds)",
    "arms": "arm|forearm|hand|elbow|wrist|fist|finger|palm|shoulder|thumb",
    "legs": "leg|foot|feet|knee|ankle|toe|heel|thigh|shin|calf|calves|hips|step|stride|stance|"
    "sole|below the waist",
    "location": "place|spot|stay|remain|position|locat|distance|travel|move(?!d)|motion|"
    "forward|backward|sideways|lateral|ahead|away|metre|meter|step|path|line|circ|ground|floor|"
    "direction|to the (side|left|right|front|rear)|room|walk|where|advance|retreat|return|progress|"
    "shift|displace|drift|cover|stationary|anywhere|nowhere|standing|route|way|course|loop|area|"
    "around|point|runs|rush|cross|landing",
}
_TOLD = {
    "torso": "the torso (torso, trunk, chest, back, upper body)",
    "arms": "the arms (arms, hands, elbows)",
    "legs": "the legs (legs, feet, knees)",
    "location": "where the body goes or that it stays in place",
}
_KIN = r"people|persons|individuals|men|women|children|boys|girls|friends|dancers|players|figures"
_OTHERS = re.compile(
    rf"\b({_KIN}|(?<!imaginary )(?<!imagined )(?<!invisible )(partners?|opponents?)|"
    r"(another|other|second) (person|man|woman|child|one's)|(someone|somebody) else|"
    r"crowd|teammates?|(he|she) and (he|she))\b",
    re.IGNORECASE,
)
_TO_READER = re.compile(r"\b(I|[Mm]y|[Yy]ou|[Yy]ours?|[Ww]e|[Oo]urs?)\b(?!-)")
_NEXT_SENTENCE = re.compile(r"[.!?][\"')]?\s+[\"'(]?[A-Z]")


def judged(answer: str, said: Sequence[Mapping[str, str]] = ()) -> tuple[Wording, str]:
    """The sentences of an answer, and what is wrong with them.

    Args:
        answer: what the model wrote.
        said: earlier wordings of the same caption; none may be given twice.

    Returns:
        Sentences by part, in the order of `ATTRIBUTE_PARTS`; and the problem, "" where there is
        none, else in words that tell the model what to mend.
    """
    found = _object(answer)
    if found is None:
        return {}, "It is no JSON object."
    problem = _wrong_keys(found)
    if problem:
        return {}, problem
    wording = {part: _tidied(found[part]) for part in ATTRIBUTE_PARTS}
    problems = [_wrong(part, sentence) for part, sentence in wording.items()]
    if len(set(wording.values())) < len(wording):
        problems.append("Two of the sentences are the same.")
    if any(wording == dict(earlier) for earlier in said):
        problems.append("It is the same as an earlier answer; use other words.")
    return wording, " ".join(filter(None, problems))


def _object(answer: str) -> dict | None:
    """The JSON object in an answer; servers without a schema put words or fences around it."""
    start, end = answer.find("{"), answer.rfind("}")
    try:
        found = json.loads(answer[start : end + 1]) if start >= 0 else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _wrong_keys(found: Mapping[str, object]) -> str:
    missing = [part for part in ATTRIBUTE_PARTS if part not in found]
    if missing:
        return f"The sentence for {', '.join(missing)} is missing."
    # Keys are the model's words, too: a few of them are enough.
    unknown = [str(key)[:20] for key in found if key not in ATTRIBUTE_PARTS][:3]
    if unknown:
        return f"There is no part {', '.join(unknown)}; give {', '.join(ATTRIBUTE_PARTS)} alone."
    other = [part for part in ATTRIBUTE_PARTS if not isinstance(found[part], str)]
    return f"What it says for {', '.join(other)} is no text." if other else ""


def _tidied(sentence: str) -> str:
    """Blanks, the first letter and the full stop are not worth another request."""
    words = " ".join(sentence.split())
    ended = words + "." if words[-1:].isalnum() else words
    return ended[:1].upper() + ended[1:]


def _wrong(part: str, sentence: str) -> str:
    if not sentence:
        return f"The sentence for {part} is empty."
    others, reader = _OTHERS.search(sentence), _TO_READER.search(sentence)
    checks = (
        (not sentence.isprintable(), "has characters that cannot be printed"),
        (bool(_NEXT_SENTENCE.search(sentence)), "is more than one sentence"),
        (bool(others), f"speaks of more than one person ({others and others[0]})"),
        (bool(reader), f"speaks to somebody ({reader and reader[0]}); tell what a person does"),
        (not _about(part, sentence), f"does not speak of {_TOLD.get(part)}"),
    )
    problem = next((words for wrong, words in checks if wrong), "") or flaw(sentence)
    return f"The sentence for {part} {problem}." if problem else ""


def _about(part: str, sentence: str) -> bool:
    """Whether a sentence names what its part is about; `general` is about anything."""
    known = SUBJECTS.get(part)
    return known is None or bool(re.search(rf"\b({known})", sentence, re.IGNORECASE))
