"""JSON schema of a model's answer, and rules that the sentences of an answer must satisfy.

An answer is a JSON object with one sentence for each movement part. The rules use keywords and
patterns to check that each text is a single complete sentence about one person and the given part.
"""

import json
import re
from collections.abc import Mapping, Sequence

from builders.activities.texts import sentence_problem
from pipelines.schema import ATTRIBUTE_PARTS

Wording = dict[str, str]

# Strict structured output needs a schema with only required keys and without additional keys.
SCHEMA = {
    "type": "object",
    "properties": {part: {"type": "string"} for part in ATTRIBUTE_PARTS},
    "required": list(ATTRIBUTE_PARTS),
    "additionalProperties": False,
}

# Word prefixes, one of which must occur in a sentence about the part. The prefixes were taken from
# the sentences in `builders/activities/text`, all of which pass.
PART_KEYWORDS = {
    "torso": "torso|trunk|chest|rib|flank|upper body|body|spine|shoulders|waist|hips|pelvis|belly|"
    "stomach|abdom|core|neck|(?<!turns )head|upright|"
    "(the|its|his|her|their|a|whole|straight|flat|round|upper|lower|arched) back\\b|"
    "back (is|rounds)",
    "arms": "arm|forearm|hand|elbow|wrist|fist|finger|palm|shoulder|thumb",
    "legs": "leg|foot|feet|knee|ankle|toe|heel|thigh|shin|calf|calves|hips|step|stride|stance|"
    "sole|below the waist",
}
# A sentence about the location must state that the body stays in place, or how and where it moves.
# All bundled sentences and all sentences of the motion grammar satisfy this rule.
_STAYS = re.compile(
    r"\b(stay|remain|keep|kept|hold|stand|stationary|nowhere|not|never|without|hardly|only|nothing|"
    r"no (step|travel|walk|change|progress|advance|turn|ground)|"
    r"(in|on|at|from) (\w+ ){0,2}(place|spot|patch)\b|fixed)",
    re.IGNORECASE,
)
_TRAVELS = re.compile(
    r"\b(travel|advanc|retreat|with(draw|drew)|return|displace|circles|orbit|cross|approach|drift|"
    r"path|way|route|distance|position|leads|place changes|follow)",
    re.IGNORECASE,
)
_MOVES = re.compile(
    r"\b(mov|go|went|com(e|ing)|came|walk|r[ua]n|jog|step|shift|leap|hop|jump|rush|turn|sink|rise|"
    r"land|leave|left|get|bounc|climb|crawl|roll|slid|fall|fell|stroll|back|body)",
    re.IGNORECASE,
)
_WHERE = re.compile(
    r"\b(forward|ahead|back|side(s|ways)?\b|left|right|away|toward|nearer|farther|closer|around|"
    r"line|loop|circle|metre|meter|steps?\b|stride|start|front|rear|up|down|vertical|to and fro|"
    r"out|over|point|direction|floor|ground|where|corner|bend|curve|slant|lateral|in one go)",
    re.IGNORECASE,
)
_LIMB_FIRST = re.compile(
    r"^(the|both|one|each|his|her|their)( \w+)? (arm|hand|leg|knee|elbow|finger|torso)s?\b",
    re.IGNORECASE,
)
_PART_DESCRIPTIONS = {
    "torso": "the torso (torso, trunk, chest, back, upper body)",
    "arms": "the arms (arms, hands, elbows)",
    "legs": "the legs (legs, feet, knees)",
    "location": "where the body goes or that it stays in place",
}
_PEOPLE = (
    r"people|persons|individuals|men|women|children|boys|girls|friends|dancers|players|figures"
)
_SEVERAL_PEOPLE = re.compile(
    rf"\b({_PEOPLE}|(?<!imaginary )(?<!imagined )(?<!invisible )(partners?|opponents?)|"
    r"(another|other|second) (person|man|woman|child|one's)|(someone|somebody) else|"
    r"crowd|teammates?|(he|she) and (he|she))\b",
    re.IGNORECASE,
)
_FIRST_OR_SECOND_PERSON = re.compile(r"\b(I|[Mm]y|[Yy]ou|[Yy]ours?|[Ww]e|[Oo]urs?)\b(?!-)")
_SENTENCE_BREAK = re.compile(r"[.!?][\"')]?\s+[\"'(]?[A-Z]")


def validate_answer(answer: str, earlier: Sequence[Mapping[str, str]] = ()) -> tuple[Wording, str]:
    """Parse an answer and check its sentences.

    Args:
        answer: text returned by the model.
        earlier: earlier wordings of the same caption, from which the answer must differ.

    Returns:
        Sentences by part, in the order of `ATTRIBUTE_PARTS`, and a description of the problems to
        send back to the model, or "" if the answer is valid.
    """
    found = _json_object(answer)
    if found is None:
        return {}, "The answer is not a JSON object."
    problem = _key_problem(found)
    if problem:
        return {}, problem
    wording = {part: _normalised(found[part]) for part in ATTRIBUTE_PARTS}
    problems = [_sentence_problem(part, sentence) for part, sentence in wording.items()]
    if len(set(wording.values())) < len(wording):
        problems.append("Two of the sentences are identical.")
    if any(wording == dict(other) for other in earlier):
        problems.append("The answer repeats an earlier answer; use other words.")
    return wording, " ".join(filter(None, problems))


def _json_object(answer: str) -> dict | None:
    """Extract the JSON object from the text or code fences that models add if no schema is set."""
    start, end = answer.find("{"), answer.rfind("}")
    try:
        found = json.loads(answer[start : end + 1]) if start >= 0 else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _key_problem(found: Mapping[str, object]) -> str:
    missing = [part for part in ATTRIBUTE_PARTS if part not in found]
    if missing:
        return f"The sentence for {', '.join(missing)} is missing."
    # The keys come from the model, so quote only a few keys, and only the start of each key.
    unknown = [str(key)[:20] for key in found if key not in ATTRIBUTE_PARTS][:3]
    if unknown:
        return f"There is no part {', '.join(unknown)}; give only {', '.join(ATTRIBUTE_PARTS)}."
    not_text = [part for part in ATTRIBUTE_PARTS if not isinstance(found[part], str)]
    return f"The value of {', '.join(not_text)} is not text." if not_text else ""


def _normalised(sentence: str) -> str:
    """Correct spaces, initial capital and full stop without a new request to the model."""
    text = " ".join(sentence.split())
    ended = text + "." if text[-1:].isalnum() else text
    return ended[:1].upper() + ended[1:]


def _sentence_problem(part: str, sentence: str) -> str:
    if not sentence:
        return f"The sentence for {part} is empty."
    others, pronoun = _SEVERAL_PEOPLE.search(sentence), _FIRST_OR_SECOND_PERSON.search(sentence)
    # The model receives the texts below verbatim, so changes to the texts change the answers.
    checks = (
        (not sentence.isprintable(), "has characters that cannot be printed"),
        (bool(_SENTENCE_BREAK.search(sentence)), "is more than one sentence"),
        (bool(others), f"speaks of more than one person ({others and others[0]})"),
        (bool(pronoun), f"speaks to somebody ({pronoun and pronoun[0]}); describe a person"),
        (not _names_part(part, sentence), f"does not speak of {_PART_DESCRIPTIONS.get(part)}"),
    )
    problem = next((text for failed, text in checks if failed), "") or sentence_problem(sentence)
    return f"The sentence for {part} {problem}." if problem else ""


def _names_part(part: str, sentence: str) -> bool:
    """Whether a sentence is about a part; for `general`, any sentence passes."""
    if part == "location":
        return _names_location(sentence)
    keywords = PART_KEYWORDS.get(part)
    return keywords is None or bool(re.search(rf"\b({keywords})", sentence, re.IGNORECASE))


def _names_location(sentence: str) -> bool:
    """Whether a sentence states that the body stays in place, or how and where it moves.

    A sentence that starts with a limb describes the limb's movement.
    """
    if _STAYS.search(sentence):
        return True
    goes = _TRAVELS.search(sentence) or (_MOVES.search(sentence) and _WHERE.search(sentence))
    return bool(goes) and not _LIMB_FIRST.search(sentence)
