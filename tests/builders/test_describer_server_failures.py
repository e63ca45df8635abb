"""Tests of requests to a language model: content, retries, and corrections of answers."""

import json

import pytest

from builders.attributes import main
from pipelines.attribute_files import read_sentences
from pipelines.schema import ATTRIBUTE_PARTS
from tests.helpers.describer_command import (
    CAPTIONS,
    KEY,
    arguments_for,
    written_sentences,
)
from tests.helpers.fake_language_model import (
    FakeModel,
    answers,
    changed_answer,
    http_error,
    no_response,
    raw_body,
    sentences,
    slow_bytes,
    truncated_body,
    valid_answer,
)

pytestmark = pytest.mark.usefixtures("captions")


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_every_caption_gets_every_variant_and_the_provenance_of_the_model(
    captions, tmp_path, capsys, suffix
):
    out = tmp_path / f"sentences{suffix}"
    with FakeModel() as model:
        assert main(arguments_for(captions, out, model, variants=2)) == 0
    expected = {(caption, v): sentences(caption, v) for caption in CAPTIONS for v in range(2)}
    assert written_sentences(out) == expected
    rows = read_sentences(out)
    assert {row.provenance for row in rows} == {"fake"}
    assert [row.part for row in rows[:5]] == list(ATTRIBUTE_PARTS)
    assert [row.caption for row in rows[::10]] == list(CAPTIONS)
    assert f"{out}: 6 variants of 3 captions by fake" in capsys.readouterr().out


def test_a_request_contains_the_prompt_the_caption_and_a_strict_schema(captions, tmp_path):
    with FakeModel() as model:
        main(
            arguments_for(
                captions, tmp_path / "a.csv", model, "--api-key", KEY, "--temperature", 0.5
            )
        )
    request = model.requests[0]
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert (request.body["model"], request.body["temperature"]) == ("fake", 0.5)
    schema = request.body["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert schema["schema"]["required"] == list(ATTRIBUTE_PARTS)
    assert schema["schema"]["additionalProperties"] is False
    text = request.body["messages"][0]["content"]
    assert text.count("Example activity:") == 2
    assert "Activity: wave a flag\n" in text


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(http_error(429, Retry_After="0.01"), id="429"),
        pytest.param(http_error(503), id="503"),
        pytest.param(truncated_body, id="broken connection"),
        pytest.param(raw_body(b'{"id": "x", "choices": [{"mess'), id="truncated body"),
        pytest.param(raw_body(b"<html>busy</html>", "text/html"), id="no JSON"),
        pytest.param(raw_body(b'{"choices": []}'), id="no choice"),
        pytest.param(raw_body(b'{"choices": "?", "usage": 3}'), id="another schema"),
        pytest.param(raw_body(b"[1]"), id="a list"),
        pytest.param(answers(None), id="an empty answer"),
    ],
)
def test_a_request_is_retried_after_a_temporary_server_failure(captions, tmp_path, reply):
    out = tmp_path / "a.csv"
    with FakeModel(valid_answer, reply) as model:
        assert main(arguments_for(captions, out, model)) == 0
    assert set(written_sentences(out)) == {(caption, 0) for caption in CAPTIONS}
    assert len(model.requests) == len(CAPTIONS) + 1


def test_the_waiting_time_requested_by_the_server_is_respected(captions, tmp_path):
    """The client waits 1 s if the server requests 1 s; the client's default is 0.5 s."""
    with FakeModel(http_error(429, Retry_After="1")) as model:
        assert main(arguments_for(captions, tmp_path / "a.csv", model)) == 0
    assert model.requests[1].at_s - model.requests[0].at_s >= 0.99


@pytest.mark.parametrize("stalled", [no_response, slow_bytes])
def test_a_stalled_server_affects_only_the_captions_of_its_requests(
    captions, tmp_path, capsys, stalled
):
    out = tmp_path / "a.csv"
    timeout = ("--timeout", "0.2", "--retries", "0")
    with FakeModel(valid_answer, stalled, valid_answer) as model:
        assert main(arguments_for(captions, out, model, *timeout)) == 1
        first_errors = capsys.readouterr().err
        assert set(written_sentences(out)) == {("wave a flag", 0), ("fall asleep", 0)}
        assert main(arguments_for(captions, out, model, *timeout)) == 0
    assert "captions whose request failed: 1 (climb a ladder: Request timed out" in first_errors
    assert len(written_sentences(out)) == 3
    assert [request.caption for request in model.requests[3:]] == ["climb a ladder"]


def test_an_unreachable_server_ends_the_run_and_finished_captions_are_kept(tmp_path, capsys):
    captions, out = tmp_path / "many.txt", tmp_path / "a.csv"
    captions.write_text("".join(f"act number {i}\n" for i in range(30)))
    with FakeModel(valid_answer, *[http_error(500)] * 30) as model:
        assert main(arguments_for(captions, out, model, "--retries", 0)) == 1
    assert len(model.requests) == 6
    assert len(written_sentences(out)) == 1
    assert "unfinished captions: 29 (the server does not answer" in capsys.readouterr().err


@pytest.mark.parametrize("code", [401, 403, 404])
def test_an_unknown_user_or_model_ends_the_run_after_one_request(captions, tmp_path, capsys, code):
    with FakeModel(*[http_error(code, "not for you")] * 9) as model:
        assert main(arguments_for(captions, tmp_path / "a.csv", model)) == 2
    assert len(model.requests) == 1
    assert not (tmp_path / "a.csv").exists()
    assert "not for you" in capsys.readouterr().err


def test_an_invalid_answer_is_requested_again_with_its_problem(captions, tmp_path):
    out = tmp_path / "a.csv"
    invalid = changed_answer(legs="Both hands swing to and fro.")
    with FakeModel(answers("The person waves."), invalid) as model:
        assert main(arguments_for(captions, out, model)) == 0
    first, second, third, *_ = model.requests
    assert {first.caption, second.caption, third.caption} == {"wave a flag"}
    assert "not a JSON object" in second.correction
    assert "The sentence for legs does not speak of the legs" in third.correction
    roles = [message["role"] for message in third.body["messages"]]
    assert roles == ["user", "assistant", "user", "assistant", "user"]
    assert written_sentences(out)["wave a flag", 0] == sentences("wave a flag", 0)


def test_spaces_first_letters_and_full_stops_are_corrected_without_a_request(captions, tmp_path):
    out = tmp_path / "a.csv"
    untidy = "  both arms\n swing in variant 0 of wave a flag "
    with FakeModel(changed_answer(arms=untidy)) as model:
        main(arguments_for(captions, out, model))
    assert len(model.requests) == len(CAPTIONS)
    assert written_sentences(out)["wave a flag", 0] == sentences("wave a flag", 0)


def test_text_around_the_json_object_is_ignored(captions, tmp_path):
    fenced = f"Here you are:\n```json\n{json.dumps(sentences('x', 7))}\n```"
    with FakeModel(answers(fenced)) as model:
        main(arguments_for(captions, tmp_path / "a.csv", model, "--response-format", "none"))
    assert len(model.requests) == len(CAPTIONS)
    assert "response_format" not in model.requests[0].body


def test_a_repeated_wording_is_requested_again(captions, tmp_path):
    captions.write_text("wave a flag\n")
    with FakeModel(valid_answer, changed_answer(**sentences("wave a flag", 0))) as model:
        assert main(arguments_for(captions, tmp_path / "a.csv", model, variants=2)) == 0
    assert "use other words" in model.requests[2].correction
    assert written_sentences(tmp_path / "a.csv")["wave a flag", 1] == sentences("wave a flag", 1)
