"""Captions become sentences through a server that misbehaves: asked again, and right in the end."""

import json

import pytest

from builders.attributes import main
from pipelines.attribute_files import read_sentences
from pipelines.schema import ATTRIBUTE_PARTS
from tests.helpers.describer_command import CAPTIONS, KEY, command, prepared, told
from tests.helpers.fake_language_model import (
    FakeModel,
    breaks_off,
    drips,
    good,
    hangs,
    raw,
    refuses,
    says,
    sentences,
    with_part,
)


@pytest.fixture(autouse=True)
def captions(monkeypatch, tmp_path):
    """A file of them; nothing of the user's is in the way."""
    return prepared(monkeypatch, tmp_path)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_every_caption_is_told_in_every_variant_and_by_whom(captions, tmp_path, capsys, suffix):
    out = tmp_path / f"told{suffix}"
    with FakeModel() as model:
        assert main(command(captions, out, model, variants=2)) == 0
    wanted = {(words, v): sentences(words, v) for words in CAPTIONS for v in range(2)}
    assert told(out) == wanted
    rows = read_sentences(out)
    assert {row.provenance for row in rows} == {"fake"}
    assert [row.part for row in rows[:5]] == list(ATTRIBUTE_PARTS)
    assert [row.caption for row in rows[::10]] == list(CAPTIONS)
    assert f"{out}: 6 variants of 3 captions by fake" in capsys.readouterr().out


def test_a_request_holds_the_task_the_caption_and_a_strict_schema(captions, tmp_path):
    with FakeModel() as model:
        main(command(captions, tmp_path / "a.csv", model, "--api-key", KEY, "--temperature", 0.5))
    asked = model.asked[0]
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert (asked.body["model"], asked.body["temperature"]) == ("fake", 0.5)
    schema = asked.body["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert schema["schema"]["required"] == list(ATTRIBUTE_PARTS)
    assert schema["schema"]["additionalProperties"] is False
    words = asked.body["messages"][0]["content"]
    assert words.count("Example activity:") == 2
    assert "Activity: wave a flag\n" in words


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(refuses(429, Retry_After="0.01"), id="429"),
        pytest.param(refuses(503), id="503"),
        pytest.param(breaks_off, id="broken connection"),
        pytest.param(raw(b'{"id": "x", "choices": [{"mess'), id="truncated body"),
        pytest.param(raw(b"<html>busy</html>", "text/html"), id="no JSON"),
        pytest.param(raw(b'{"choices": []}'), id="no choice"),
        pytest.param(raw(b'{"choices": "?", "usage": 3}'), id="another schema"),
        pytest.param(raw(b"[1]"), id="a list"),
        pytest.param(says(None), id="an empty answer"),
    ],
)
def test_a_passing_failure_of_the_server_is_asked_again(captions, tmp_path, reply):
    out = tmp_path / "a.csv"
    with FakeModel(good, reply) as model:
        assert main(command(captions, out, model)) == 0
    assert set(told(out)) == {(caption, 0) for caption in CAPTIONS}
    assert len(model.asked) == len(CAPTIONS) + 1


def test_a_server_that_says_how_long_to_wait_is_left_alone_as_long(captions, tmp_path):
    """Its second is longer than the half that the client would wait by itself."""
    with FakeModel(refuses(429, Retry_After="1")) as model:
        assert main(command(captions, tmp_path / "a.csv", model)) == 0
    assert model.asked[1].at_s - model.asked[0].at_s >= 0.99


@pytest.mark.parametrize("silent", [hangs, drips])
def test_a_server_that_hangs_costs_its_captions_alone(captions, tmp_path, capsys, silent):
    out = tmp_path / "a.csv"
    patience = ("--timeout", "0.2", "--retries", "0")
    with FakeModel(good, silent, good) as model:
        assert main(command(captions, out, model, *patience)) == 1
        told_first = capsys.readouterr().err
        assert set(told(out)) == {("wave a flag", 0), ("fall asleep", 0)}
        assert main(command(captions, out, model, *patience)) == 0
    assert "captions whose request was not answered: 1 (climb a ladder: Request timed out" in (
        told_first
    )
    assert len(told(out)) == 3
    assert [asked.caption for asked in model.asked[3:]] == ["climb a ladder"]


def test_a_server_that_is_gone_ends_the_run_and_keeps_what_is_done(tmp_path, capsys):
    captions, out = tmp_path / "many.txt", tmp_path / "a.csv"
    captions.write_text("".join(f"act number {i}\n" for i in range(30)))
    with FakeModel(good, *[refuses(500)] * 30) as model:
        assert main(command(captions, out, model, "--retries", 0)) == 1
    assert len(model.asked) == 6
    assert len(told(out)) == 1
    assert "captions left: 29, the server gives no answers" in capsys.readouterr().err


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_server_that_knows_no_such_user_or_model_is_asked_once(captions, tmp_path, capsys, code):
    with FakeModel(*[refuses(code, "not for you")] * 9) as model:
        assert main(command(captions, tmp_path / "a.csv", model)) == 2
    assert len(model.asked) == 1
    assert not (tmp_path / "a.csv").exists()
    assert "not for you" in capsys.readouterr().err


def test_an_answer_that_breaks_a_rule_is_asked_for_again_with_what_was_wrong(captions, tmp_path):
    out = tmp_path / "a.csv"
    broken = with_part(legs="Both hands swing to and fro.")
    with FakeModel(says("The person waves."), broken) as model:
        assert main(command(captions, out, model)) == 0
    first, again, once_more, *_ = model.asked
    assert {first.caption, again.caption, once_more.caption} == {"wave a flag"}
    assert "no JSON object" in again.again
    assert "The sentence for legs does not speak of the legs" in once_more.again
    roles = [message["role"] for message in once_more.body["messages"]]
    assert roles == ["user", "assistant", "user", "assistant", "user"]
    assert told(out)["wave a flag", 0] == sentences("wave a flag", 0)


def test_blanks_first_letters_and_full_stops_cost_no_request(captions, tmp_path):
    out = tmp_path / "a.csv"
    untidy = "  both arms\n swing in way 0 of wave a flag "
    with FakeModel(with_part(arms=untidy)) as model:
        main(command(captions, out, model))
    assert len(model.asked) == len(CAPTIONS)
    assert told(out)["wave a flag", 0] == sentences("wave a flag", 0)


def test_words_around_the_object_do_no_harm(captions, tmp_path):
    fenced = f"Here you are:\n```json\n{json.dumps(sentences('x', 7))}\n```"
    with FakeModel(says(fenced)) as model:
        main(command(captions, tmp_path / "a.csv", model, "--response-format", "none"))
    assert len(model.asked) == len(CAPTIONS)
    assert "response_format" not in model.asked[0].body


def test_a_wording_that_was_given_before_is_asked_for_again(captions, tmp_path):
    captions.write_text("wave a flag\n")
    with FakeModel(good, with_part(**sentences("wave a flag", 0))) as model:
        assert main(command(captions, tmp_path / "a.csv", model, variants=2)) == 0
    assert "use other words" in model.asked[2].again
    assert told(tmp_path / "a.csv")["wave a flag", 1] == sentences("wave a flag", 1)
