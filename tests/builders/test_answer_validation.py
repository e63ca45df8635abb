"""The rules for answers of a language model, tested on the sentences of the built-in activities."""

import json
import re

import pytest

from builders.activities.texts import activity_texts
from builders.describer.answer_validation import validate_answer
from builders.describer.prompt import BUILT_IN_TEMPLATE, read_template
from pipelines.schema import ATTRIBUTE_PARTS

WRITTEN = [variant for activity in activity_texts().values() for variant in activity.variants]


def test_every_wording_of_the_built_in_activities_is_valid():
    assert len(WRITTEN) >= 240
    problems = {variant["general"]: validate_answer(json.dumps(variant))[1] for variant in WRITTEN}
    assert {text: problem for text, problem in problems.items() if problem} == {}


@pytest.mark.parametrize(
    ("one", "other"), [("arms", "legs"), ("torso", "arms"), ("general", "arms")]
)
def test_swapped_sentences_are_detected(one, other):
    """More than 70 % of swaps are detected; a sentence about two body parts is ambiguous."""
    swapped = [{**wording, one: wording[other], other: wording[one]} for wording in WRITTEN]
    found = sum(bool(validate_answer(json.dumps(wording))[1]) for wording in swapped)
    assert found > 0.7 * len(WRITTEN)


def test_the_examples_of_the_template_are_valid_and_name_no_built_in_activity():
    text = read_template().text
    examples = [
        json.loads(found) for found in re.findall(r"^Answer: (\{.*\})$", text, re.MULTILINE)
    ]
    assert len(examples) == 2
    for example in examples:
        assert validate_answer(json.dumps(example)) == (example, "")
        assert tuple(example) == ATTRIBUTE_PARTS
    named = re.findall(r"^Example activity: (.*)$", text, re.MULTILINE)
    assert not {name.replace(" ", "_") for name in named} & set(activity_texts())


def test_the_template_is_part_of_the_package_data():
    from configparser import ConfigParser

    settings = ConfigParser()
    settings.read(BUILT_IN_TEMPLATE.parents[2] / "setup.cfg")
    data = settings["options.package_data"]
    assert data["builders.describer"] == f"*{BUILT_IN_TEMPLATE.suffix}"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"legs": None}, "The sentence for legs is missing"),
        ({"legs": " "}, "The sentence for legs is empty"),
        ({"legs": 3}, "The value of legs is not text"),
        ({"head": "The head nods."}, "There is no part head"),
        ({"arms": "The legs swing to and fro."}, "does not speak of the arms"),
        ({"legs": "Both hands swing to and fro."}, "does not speak of the legs"),
        ({"torso": "The feet step quickly."}, "does not speak of the torso"),
        ({"location": "The elbow is bent and stiff."}, "where the body goes"),
        ({"location": "The arms move in a smooth motion."}, "where the body goes"),
        ({"location": "The legs step forward and back."}, "where the body goes"),
        ({"location": "The person enjoys a walk in a room."}, "where the body goes"),
        ({"arms": "Both arms rise. Then they sink."}, "more than one sentence"),
        ({"general": "Two people shake hands."}, "more than one person (people)"),
        ({"general": "Someone waves to someone else."}, "more than one person (someone else)"),
        ({"general": "You wave at the radar."}, "speaks to somebody (You)"),
        ({"arms": "The arms rise\u2028slowly to the\u0007side."}, "cannot be printed"),
        ({"arms": "The arms rise " + "and rise " * 50 + "again."}, "longer than 284"),
        ({"legs": "The legs and arms swing.", "arms": "The legs and arms swing."}, "are identical"),
    ],
)
def test_an_invalid_sentence_is_reported(changed, problem):
    wording = {part: text for part, text in {**WRITTEN[0], **changed}.items() if text is not None}
    assert problem in validate_answer(json.dumps(wording))[1]


@pytest.mark.parametrize(
    "answer",
    ["", "{", "[]", "null", "{}", '{"general": "x"', "}{", "[" * 9999, "\ud800", "{" * 9999],
)
def test_any_malformed_answer_gives_a_problem_text(answer):
    wording, problem = validate_answer(answer)
    assert wording == {}
    assert problem.endswith(".")


@pytest.mark.parametrize(
    "sentence",
    [
        "The hands draw an X in the air.",
        "The arm makes a U-turn beside the hips.",
        "Both fists punch toward an imaginary opponent.",
        "One after the other, the hands rise and pass each other.",
    ],
)
def test_an_ordinary_sentence_is_valid(sentence):
    wording = {**WRITTEN[0], "arms": sentence}
    assert validate_answer(json.dumps(wording)) == (
        {part: wording[part] for part in ATTRIBUTE_PARTS},
        "",
    )
