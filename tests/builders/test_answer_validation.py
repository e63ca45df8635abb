"""The rules for answers, held against sentences that people wrote for the built-in activities."""

import json
import re

import pytest

from builders.activities.texts import texts
from builders.describer.answer_validation import judged
from builders.describer.prompt import BUILT_IN, read_template
from pipelines.schema import ATTRIBUTE_PARTS

WRITTEN = [variant for told in texts().values() for variant in told.variants]


def test_every_wording_of_the_built_in_activities_keeps_the_rules():
    assert len(WRITTEN) >= 240
    problems = {variant["general"]: judged(json.dumps(variant))[1] for variant in WRITTEN}
    assert {words: problem for words, problem in problems.items() if problem} == {}


@pytest.mark.parametrize(
    ("one", "other"), [("arms", "legs"), ("torso", "arms"), ("general", "arms")]
)
def test_sentences_that_change_places_are_found_out(one, other):
    """Nearly all: some sentences speak of two parts, and a rule of words cannot tell which."""
    swapped = [{**told, one: told[other], other: told[one]} for told in WRITTEN]
    found = sum(bool(judged(json.dumps(told))[1]) for told in swapped)
    assert found > 0.7 * len(WRITTEN)


def test_the_examples_of_the_template_keep_the_rules_and_name_no_activity_of_the_corpus():
    text = read_template().text
    examples = [
        json.loads(found) for found in re.findall(r"^Answer: (\{.*\})$", text, re.MULTILINE)
    ]
    assert len(examples) == 2
    for example in examples:
        assert judged(json.dumps(example)) == (example, "")
        assert tuple(example) == ATTRIBUTE_PARTS
    named = re.findall(r"^Example activity: (.*)$", text, re.MULTILINE)
    assert not {name.replace(" ", "_") for name in named} & set(texts())


def test_the_template_comes_along_with_the_package():
    from configparser import ConfigParser

    settings = ConfigParser()
    settings.read(BUILT_IN.parents[2] / "setup.cfg")
    data = settings["options.package_data"]
    assert data["builders.describer"] == f"*{BUILT_IN.suffix}"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"legs": None}, "The sentence for legs is missing"),
        ({"legs": " "}, "The sentence for legs is empty"),
        ({"legs": 3}, "What it says for legs is no text"),
        ({"head": "The head nods."}, "There is no part head"),
        ({"arms": "The legs swing to and fro."}, "does not speak of the arms"),
        ({"legs": "Both hands swing to and fro."}, "does not speak of the legs"),
        ({"torso": "The feet step quickly."}, "does not speak of the torso"),
        ({"location": "The elbow is bent and stiff."}, "where the body goes"),
        ({"arms": "Both arms rise. Then they sink."}, "more than one sentence"),
        ({"general": "Two people shake hands."}, "more than one person (people)"),
        ({"general": "Someone waves to someone else."}, "more than one person (someone else)"),
        ({"general": "You wave at the radar."}, "speaks to somebody (You)"),
        ({"arms": "The arms rise\u2028slowly to the\u0007side."}, "cannot be printed"),
        ({"arms": "The arms rise " + "and rise " * 50 + "again."}, "longer than 300"),
        ({"legs": "The legs and arms swing.", "arms": "The legs and arms swing."}, "are the same"),
    ],
)
def test_a_sentence_that_breaks_a_rule_is_told_so(changed, problem):
    told = {part: said for part, said in {**WRITTEN[0], **changed}.items() if said is not None}
    assert problem in judged(json.dumps(told))[1]


@pytest.mark.parametrize(
    "answer",
    ["", "{", "[]", "null", "{}", '{"general": "x"', "}{", "[" * 9999, "\ud800", "{" * 9999],
)
def test_any_answer_ends_in_a_problem_in_words(answer):
    wording, problem = judged(answer)
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
def test_an_ordinary_sentence_is_not_found_fault_with(sentence):
    told = {**WRITTEN[0], "arms": sentence}
    assert judged(json.dumps(told)) == (
        {part: told[part] for part in ATTRIBUTE_PARTS},
        "",
    )
