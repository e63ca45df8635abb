"""Tests of builders.attributes: attempts, cache, resuming, token budget, dry run and API key."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from builders.attributes import main
from tests.helpers.describer_command import (
    KEY,
    arguments_for,
    written_sentences,
)
from tests.helpers.fake_language_model import (
    TOKENS,
    FakeModel,
    answers,
    changed_answer,
    http_error,
    no_response,
    slow_answer,
    valid_answer,
)

pytestmark = pytest.mark.usefixtures("captions")


def test_a_caption_is_rejected_after_the_maximum_attempts_and_not_paid_for_again(
    captions, tmp_path, capsys
):
    out = tmp_path / "a.csv"
    with FakeModel(*[answers("I will not.")] * 2) as model:
        for _ in range(2):
            assert main(arguments_for(captions, out, model, "--asks", 2)) == 1
        assert set(written_sentences(out)) == {("climb a ladder", 0), ("fall asleep", 0)}
        assert Counter(request.caption for request in model.requests)["wave a flag"] == 2
        errors = capsys.readouterr().err
        assert "captions without a valid answer: 1 (wave a flag: The answer is not a JSON" in errors
        assert main(arguments_for(captions, out, model, "--asks", 3)) == 0
    assert Counter(request.caption for request in model.requests)["wave a flag"] == 3


def test_no_caption_is_paid_for_twice_with_the_same_model_and_template(captions, tmp_path):
    template = tmp_path / "mine.txt"
    template.write_text("Answer briefly.\nActivity: {activity}\n")
    out = tmp_path / "a.csv"
    with FakeModel() as model:
        for _ in range(2):
            main(arguments_for(captions, out, model))
        assert len(model.requests) == 3
        main(arguments_for(captions, out, model, variants=2))
        assert [request.wording for request in model.requests[3:]] == [1, 1, 1]
        main(arguments_for(captions, out, model, "--template", template))
        assert len(model.requests) == 9
        assert model.requests[-1].body["messages"][0]["content"].startswith("Answer briefly.")
        main(arguments_for(captions, out, model, "--model", "other"))
        assert len(model.requests) == 12


def test_a_killed_run_resumes_without_repeating_requests(captions, tmp_path):
    """A process that is killed during the third request leaves two answers for the next run."""
    out = tmp_path / "a.csv"
    with FakeModel(valid_answer, valid_answer, no_response) as model:
        arguments = arguments_for(captions, out, model, "--timeout", 60, variants=2)
        run = subprocess.Popen([sys.executable, "-m", "builders.attributes", *arguments])
        until_s = time.monotonic() + 60
        while len(model.requests) < 3 and time.monotonic() < until_s:
            time.sleep(0.02)
        run.kill()
        run.wait(20)
        assert main(arguments) == 0
    counts = Counter((each.caption, each.wording) for each in model.requests)
    assert counts.pop(("climb a ladder", 0)) == 2  # the request that was not answered
    assert set(counts.values()) == {1}
    assert len(written_sentences(out)) == 6


def test_ctrl_c_writes_the_finished_captions(captions, tmp_path, capsys):
    out = tmp_path / "a.csv"

    def interrupt(handler, request):
        os.kill(os.getpid(), signal.SIGINT)
        no_response(handler, request)

    # A process started in the background ignores Ctrl-C; restore the handler for this test.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with FakeModel(valid_answer, interrupt) as model:
            assert main(arguments_for(captions, out, model)) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert set(written_sentences(out)) == {("wave a flag", 0)}
    assert (
        "unfinished captions: 2 (interrupted); run the same command again"
        in capsys.readouterr().err
    )


def test_an_incomplete_cache_line_loses_only_its_answer(captions, tmp_path):
    out = tmp_path / "a.csv"
    with FakeModel() as model:
        main(arguments_for(captions, out, model))
        (cache,) = (tmp_path / "cache").rglob("*.jsonl")
        cache.write_bytes(cache.read_bytes()[:-40])
        for _ in range(2):
            assert main(arguments_for(captions, out, model)) == 0
    assert Counter(each.caption for each in model.requests)["fall asleep"] == 2
    assert len(model.requests) == 4


def test_a_cache_file_is_locked_against_a_second_run(captions, tmp_path, capsys):
    from builders.describer.answer_cache import AnswerCache, cache_folder
    from builders.describer.prompt import read_template

    with FakeModel() as model, AnswerCache(cache_folder(), "fake", read_template()):
        assert main(arguments_for(captions, tmp_path / "a.csv", model)) == 2
    assert "another run uses the same model" in capsys.readouterr().err
    assert model.requests == []


def test_the_budget_ends_a_run_and_a_larger_one_resumes_it(captions, tmp_path, capsys):
    out = tmp_path / "a.csv"
    with FakeModel() as model:
        assert main(arguments_for(captions, out, model, "--budget-tokens", 2 * TOKENS + 600)) == 3
        assert len(written_sentences(out)) == len(model.requests) == 2
        assert (
            "unfinished captions: 1 (the next request would exceed the budget"
            in capsys.readouterr().err
        )
        assert main(arguments_for(captions, out, model, "--budget-tokens", 10)) == 3
        assert len(model.requests) == 2
        assert main(arguments_for(captions, out, model, "--budget-tokens", 10 * TOKENS)) == 0
    assert len(written_sentences(out)) == len(model.requests) == 3


def test_concurrent_requests_respect_the_limit_and_the_budget(tmp_path):
    captions, out = tmp_path / "many.txt", tmp_path / "a.csv"
    captions.write_text("".join(f"act number {i}\n" for i in range(12)))
    with FakeModel(*[slow_answer] * 12) as model:
        more = ("--concurrency", 3, "--budget-tokens", 10 * TOKENS)
        assert main(arguments_for(captions, out, model, *more)) == 3
    assert 1 < model.max_concurrent <= 3
    # Three requests are sent before the token count of the first answer is known.
    assert 7 <= len(model.requests) <= 10


def test_a_dry_run_sends_and_writes_nothing_and_estimates_the_cost(captions, tmp_path, capsys):
    out = tmp_path / "a.csv"
    with FakeModel() as model:
        assert main(arguments_for(captions, out, model, "--dry-run", variants=2)) == 0
        assert model.requests == []
        assert sorted(path.name for path in tmp_path.iterdir()) == ["captions.txt"]
        lines = capsys.readouterr().out.splitlines()
        assert "requests: 6, plus repetitions after invalid answers" in lines
        estimated = int(lines[-1].split()[2].strip(","))
        main(arguments_for(captions, out, model, variants=2))
        capsys.readouterr()
        main(arguments_for(captions, out, model, "--dry-run", variants=2))
    assert "captions: 3, of which 3 need no request" in capsys.readouterr().out
    sent = sum(
        len(each["content"]) for request in model.requests for each in request.body["messages"]
    )
    # The estimate is four characters per token and 150 tokens per answer; fake answers are shorter.
    assert estimated == pytest.approx(sent / 4 + 6 * 150, rel=0.1)


def test_a_dry_run_needs_no_key(captions, tmp_path, capsys):
    """A dry run sends no requests to the server and therefore needs no API key."""
    command = [str(captions), "--out", str(tmp_path / "a.csv"), "--model", "some-model"]
    assert main([*command, "--dry-run"]) == 0
    assert "model: some-model at api.openai.com" in capsys.readouterr().out
    assert main(command) == 2
    assert "OPENAI_API_KEY: is not set" in capsys.readouterr().err


def test_the_api_key_is_in_no_output_file_cache_or_log(
    captions, tmp_path, capfd, caplog, monkeypatch
):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    out = tmp_path / "a.csv"
    replies = (
        changed_answer(general=f"A person whose key is {KEY} waves."),
        changed_answer(general=f"A person whose key is {KEY} waves again."),
        http_error(400, f"bad request of {KEY}"),
        http_error(401, f"Incorrect API key provided: {KEY}"),
    )
    with FakeModel(*replies) as model:
        assert main(arguments_for(captions, out, model, "--asks", 2)) in (1, 2)
        assert main(arguments_for(captions, out, model, "--asks", 2, "--api-key", KEY)) in (0, 1)
    assert model.requests[0].headers["Authorization"].endswith(KEY)
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 3
    assert not any(KEY.encode() in data for data in written)
    streams = capfd.readouterr()
    assert "Incorrect API key provided: ***" in streams.err
    assert KEY not in streams.out + streams.err + caplog.text
