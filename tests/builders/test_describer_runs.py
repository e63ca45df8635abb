"""Runs of the describer: what is paid for once, resumed, limited, done offline, or refused."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from builders.attributes import main
from pipelines.attribute_files import FALLBACK, read_sentences
from tests.helpers.describer_command import CAPTIONS, KEY, command, prepared, told
from tests.helpers.fake_language_model import (
    TOKENS,
    FakeModel,
    good,
    hangs,
    refuses,
    says,
    slow,
    with_part,
)
from tests.helpers.labelled_stores import LABELS, build_labelled_store


@pytest.fixture(autouse=True)
def captions(monkeypatch, tmp_path):
    """A file of them; nothing of the user's is in the way."""
    return prepared(monkeypatch, tmp_path)


def test_a_caption_is_given_up_after_so_many_asks_and_not_paid_for_once_more(
    captions, tmp_path, capsys
):
    out = tmp_path / "a.csv"
    with FakeModel(*[says("I will not.")] * 2) as model:
        for _ in range(2):
            assert main(command(captions, out, model, "--asks", 2)) == 1
        assert set(told(out)) == {("climb a ladder", 0), ("fall asleep", 0)}
        assert Counter(asked.caption for asked in model.asked)["wave a flag"] == 2
        assert "given up, their answers break the rules: 1 (wave a flag: It is no JSON" in (
            capsys.readouterr().err
        )
        assert main(command(captions, out, model, "--asks", 3)) == 0
    assert Counter(asked.caption for asked in model.asked)["wave a flag"] == 3


def test_no_caption_is_paid_for_twice_and_another_template_or_model_is(captions, tmp_path):
    template = tmp_path / "mine.txt"
    template.write_text("Tell it shortly.\nActivity: {activity}\n")
    out = tmp_path / "a.csv"
    with FakeModel() as model:
        for _ in range(2):
            main(command(captions, out, model))
        assert len(model.asked) == 3
        main(command(captions, out, model, variants=2))
        assert [asked.wording for asked in model.asked[3:]] == [1, 1, 1]
        main(command(captions, out, model, "--template", template))
        assert len(model.asked) == 9
        assert model.asked[-1].body["messages"][0]["content"].startswith("Tell it shortly.")
        main(command(captions, out, model, "--model", "other"))
        assert len(model.asked) == 12


def test_a_run_that_is_killed_goes_on_and_asks_nothing_twice(captions, tmp_path):
    """The model hangs at the third request: the kill comes when two answers are in the cache."""
    out = tmp_path / "a.csv"
    with FakeModel(good, good, hangs) as model:
        arguments = command(captions, out, model, "--timeout", 60, variants=2)
        run = subprocess.Popen([sys.executable, "-m", "builders.attributes", *arguments])
        until_s = time.monotonic() + 60
        while len(model.asked) < 3 and time.monotonic() < until_s:
            time.sleep(0.02)
        run.kill()
        run.wait(20)
        assert main(arguments) == 0
    asked = Counter((each.caption, each.wording) for each in model.asked)
    assert asked.pop(("climb a ladder", 0)) == 2  # that which was never answered
    assert set(asked.values()) == {1}
    assert len(told(out)) == 6


def test_ctrl_c_writes_what_is_done(captions, tmp_path, capsys):
    out = tmp_path / "a.csv"

    def interrupts(handler, asked):
        os.kill(os.getpid(), signal.SIGINT)
        hangs(handler, asked)

    # Started in the background, a process ignores Ctrl-C, and so would these tests.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with FakeModel(good, interrupts) as model:
            assert main(command(captions, out, model)) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert set(told(out)) == {("wave a flag", 0)}
    assert "captions left: 2, stopped; the same command goes on" in capsys.readouterr().err


def test_a_cache_with_a_torn_line_costs_that_answer_alone(captions, tmp_path):
    out = tmp_path / "a.csv"
    with FakeModel() as model:
        main(command(captions, out, model))
        (cache,) = (tmp_path / "cache").rglob("*.jsonl")
        cache.write_bytes(cache.read_bytes()[:-40])
        for _ in range(2):
            assert main(command(captions, out, model)) == 0
    assert Counter(each.caption for each in model.asked)["fall asleep"] == 2
    assert len(model.asked) == 4


def test_two_runs_never_share_a_cache_file(captions, tmp_path, capsys):
    from builders.describer.answer_cache import AnswerCache, cache_folder
    from builders.describer.prompt import read_template

    with FakeModel() as model, AnswerCache(cache_folder(), "fake", read_template()):
        assert main(command(captions, tmp_path / "a.csv", model)) == 2
    assert "another run asks the same model" in capsys.readouterr().err
    assert model.asked == []


def test_a_budget_ends_the_run_cleanly_and_a_larger_one_goes_on(captions, tmp_path, capsys):
    out = tmp_path / "a.csv"
    with FakeModel() as model:
        assert main(command(captions, out, model, "--budget-tokens", 2 * TOKENS + 600)) == 3
        assert len(told(out)) == len(model.asked) == 2
        assert "captions left: 1, the next would go beyond the budget" in capsys.readouterr().err
        assert main(command(captions, out, model, "--budget-tokens", 10)) == 3
        assert len(model.asked) == 2
        assert main(command(captions, out, model, "--budget-tokens", 10 * TOKENS)) == 0
    assert len(told(out)) == len(model.asked) == 3


def test_requests_side_by_side_keep_to_the_limit_and_to_the_budget(tmp_path):
    captions, out = tmp_path / "many.txt", tmp_path / "a.csv"
    captions.write_text("".join(f"act number {i}\n" for i in range(12)))
    with FakeModel(*[slow] * 12) as model:
        more = ("--concurrency", 3, "--budget-tokens", 10 * TOKENS)
        assert main(command(captions, out, model, *more)) == 3
    assert 1 < model.most_at_once <= 3
    # Three are asked before the first answer tells their true cost.
    assert 7 <= len(model.asked) <= 10


def test_a_dry_run_asks_and_writes_nothing_and_tells_about_what_a_run_costs(
    captions, tmp_path, capsys
):
    out = tmp_path / "a.csv"
    with FakeModel() as model:
        assert main(command(captions, out, model, "--dry-run", variants=2)) == 0
        assert model.asked == []
        assert sorted(path.name for path in tmp_path.iterdir()) == ["captions.txt"]
        lines = capsys.readouterr().out.splitlines()
        assert "requests: 6, more where answers break the rules" in lines
        estimated = int(lines[-1].split()[2].strip(","))
        main(command(captions, out, model, variants=2))
        capsys.readouterr()
        main(command(captions, out, model, "--dry-run", variants=2))
    assert "captions: 3, of which 3 need no request" in capsys.readouterr().out
    sent = sum(len(each["content"]) for asked in model.asked for each in asked.body["messages"])
    # Four characters a token, and an answer of 150: the fake's are shorter.
    assert estimated == pytest.approx(sent / 4 + 6 * 150, rel=0.1)


def test_the_key_is_in_no_output_file_cache_or_log(captions, tmp_path, capfd, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    out = tmp_path / "a.csv"
    replies = (
        with_part(general=f"A person whose key is {KEY} waves."),
        with_part(general=f"A person whose key is {KEY} waves again."),
        refuses(400, f"bad request of {KEY}"),
        refuses(401, f"Incorrect API key provided: {KEY}"),
    )
    with FakeModel(*replies) as model:
        assert main(command(captions, out, model, "--asks", 2)) in (1, 2)
        assert main(command(captions, out, model, "--asks", 2, "--api-key", KEY)) in (0, 1)
    assert model.asked[0].headers["Authorization"].endswith(KEY)
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 3
    assert not any(KEY.encode() in data for data in written)
    streams = capfd.readouterr()
    assert "Incorrect API key provided: ***" in streams.err
    assert KEY not in streams.out + streams.err + caplog.text


def test_without_a_model_known_activities_are_told_and_others_say_they_are_not(
    tmp_path, capsys, monkeypatch
):
    """A key in the environment alone costs nobody anything."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    captions, out = tmp_path / "c.txt", tmp_path / "a.csv"
    captions.write_text('Wave hand.\na person bows\nwake-up stretch\njuggle "fire"\n')
    assert main([str(captions), "--out", str(out), "--variants", "2"]) == 0
    by = {(row.caption, row.variant): row.provenance for row in read_sentences(out)}
    known = ("Wave hand.", "a person bows", "wake-up stretch")
    assert by == {
        **{(words, v): "written for this project" for words in known for v in range(2)},
        ('juggle "fire"', 0): FALLBACK,
    }
    assert told(out)["a person bows", 0]["general"] == "A person bows and stands up straight again."
    plain = told(out)['juggle "fire"', 0]
    assert len(set(plain.values())) == 5
    assert all("'fire'" in sentence for sentence in plain.values())
    assert f"captions with a {FALLBACK}: 1" in capsys.readouterr().out


def test_a_store_is_described_where_nobody_did_and_a_model_takes_the_place_of_the_fallback(
    tmp_path,
):
    store, out = (
        build_labelled_store(tmp_path / "s.zarr", subjects=3, repeats=1),
        tmp_path / "a.csv",
    )
    words = {f"somebody does number {i}" for i in range(len(LABELS))}
    assert main([store, "--out", str(out), "--attach", store]) == 0
    assert {caption for caption, _ in told(out)} == words
    with FakeModel() as model:
        asked = command(store, out, model, "--attach", store)
        assert main([*asked, "--budget-tokens", str(3 * TOKENS)]) == 3
        assert main(asked) == 0
        assert len(model.asked) == len(words)
        assert main(asked) == 0
        assert len(model.asked) == len(words)
    captions = pq.read_table(Path(store, "tables/captions")).to_pylist()
    ids = {row["id"]: row["text"] for row in captions}
    rows = pq.read_table(Path(store, "tables/attributes")).to_pylist()
    said = {(ids[row["caption"]], row["provenance"]) for row in rows}
    assert said == {(word, "fake") for word in words} | {(word, "made up") for word in LABELS}


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("c.txt", "walk\n\n  walk \nrun\n", ["walk", "run"]),
        ("c.csv", 'caption,by\nwalk,me\n"run, fast",me\n', ["walk", "run, fast"]),
        ("c.csv", "file,label,caption\na,walk,\nb,,somebody runs\n", ["walk", "somebody runs"]),
        ("c.jsonl", '{"caption": "walk"}\n', ["walk"]),
    ],
)
def test_captions_are_read_from_lines_and_columns_once_each(tmp_path, name, content, wanted):
    (tmp_path / name).write_text(content)
    out = tmp_path / "told.parquet"
    assert main([str(tmp_path / name), "--out", str(out), "--variants", "1"]) == 0
    assert [caption for caption, _ in told(out)] == wanted


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        ("", (), "captions: there are none"),
        ("walk\n...\n", (), "line 2: caption: holds no words"),
        ("walk\n", ("--template", "{folder}/no.txt"), "{activity}: is missing"),
        ("walk\n", ("--base-url", "localhost:8000"), "--base-url: is no URL of a server"),
        ("walk\n", ("--base-url", ""), "OPENAI_API_KEY: is not set"),
        ("walk\n", ("--model", ""), "--model: is missing; name the model"),
        ("walk\n", ("--out", "{folder}/a.txt"), "'.txt' is not a type of attribute file"),
        ("walk\n", ("--api-key", "a\nb"), "OPENAI_API_KEY: holds what no key can"),
    ],
)
def test_what_cannot_be_used_is_one_line(tmp_path, capsys, content, more, words):
    captions = tmp_path / "c.txt"
    captions.write_text(content)
    (tmp_path / "no.txt").write_text("no slot")
    more = [each.replace("{folder}", str(tmp_path)) for each in more]
    with FakeModel() as model:
        assert main([*command(captions, tmp_path / "a.csv", model), *more]) == 2
    assert model.asked == []
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_without_the_client_one_line_says_how_to_get_it(captions, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    with FakeModel() as model:
        assert main(command(captions, tmp_path / "a.csv", model, "--quiet")) == 2
    assert "package: is not installed; pip install 'radarsim[llm]'" in capsys.readouterr().err


def test_the_template_that_is_printed_may_be_given_back(captions, tmp_path, capsys):
    assert main(["--print-template"]) == 0
    template = tmp_path / "mine.txt"
    template.write_text(capsys.readouterr().out)
    with FakeModel() as model:
        main(command(captions, tmp_path / "a.csv", model))
        main(command(captions, tmp_path / "b.csv", model, "--template", template))
    assert len(model.asked) == len(CAPTIONS)  # the same text: the same cache
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
