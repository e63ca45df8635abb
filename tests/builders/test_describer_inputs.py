"""Tests of builders.attributes: inputs without and with a model, server check, accepted answers."""

import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from builders.attributes import main
from pipelines.attribute_files import FALLBACK, read_sentences
from tests.helpers.describer_command import (
    CAPTIONS,
    KEY,
    arguments_for,
    isolated_captions,
    written_sentences,
)
from tests.helpers.fake_language_model import (
    TOKENS,
    FakeModel,
    answers,
    http_error,
    valid_answer,
)
from tests.helpers.labelled_stores import LABELS, build_labelled_store

pytestmark = pytest.mark.usefixtures("captions")


def test_without_a_model_built_in_activities_are_described_and_others_marked_as_fallback(
    tmp_path, capsys, monkeypatch
):
    """Without a model name, no request is sent, even if the environment contains an API key."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    captions, out = tmp_path / "c.txt", tmp_path / "a.csv"
    captions.write_text('Wave hand.\na person bows\nwake-up stretch\njuggle "fire"\n')
    assert main([str(captions), "--out", str(out), "--variants", "2"]) == 0
    provenance = {(row.caption, row.variant): row.provenance for row in read_sentences(out)}
    known = ("Wave hand.", "a person bows", "wake-up stretch")
    assert provenance == {
        **{(caption, v): "written for this project" for caption in known for v in range(2)},
        ('juggle "fire"', 0): FALLBACK,
    }
    written = written_sentences(out)
    assert written["a person bows", 0]["general"] == "A person bows and stands up straight again."
    fallback = written['juggle "fire"', 0]
    assert len(set(fallback.values())) == 5
    assert all("'fire'" in sentence for sentence in fallback.values())
    assert f"captions with a {FALLBACK}: 1" in capsys.readouterr().out


def test_captions_of_a_store_without_sentences_are_described_and_a_model_replaces_the_fallback(
    tmp_path,
):
    store = build_labelled_store(tmp_path / "s.zarr", subjects=3, repeats=1)
    out = tmp_path / "a.csv"
    captions = {f"a person does activity {i}" for i in range(len(LABELS))}
    assert main([store, "--out", str(out), "--attach", store]) == 0
    assert {caption for caption, _ in written_sentences(out)} == captions
    with FakeModel() as model:
        arguments = arguments_for(store, out, model, "--attach", store)
        assert main([*arguments, "--budget-tokens", str(3 * TOKENS)]) == 3
        assert main(arguments) == 0
        assert len(model.requests) == len(captions)
        assert main(arguments) == 0
        assert len(model.requests) == len(captions)
    texts = {
        row["id"]: row["text"] for row in pq.read_table(Path(store, "tables/captions")).to_pylist()
    }
    rows = pq.read_table(Path(store, "tables/attributes")).to_pylist()
    found = {(texts[row["caption"]], row["provenance"]) for row in rows}
    assert found == {(caption, "fake") for caption in captions} | {
        (word, "synthetic") for word in LABELS
    }


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("c.txt", "walk\n\n  walk \nrun\n", ["walk", "run"]),
        ("c.csv", 'caption,by\nwalk,me\n"run, fast",me\n', ["walk", "run, fast"]),
        ("c.csv", "file,label,caption\na,walk,\nb,,somebody runs\n", ["walk", "somebody runs"]),
        ("c.jsonl", '{"caption": "walk"}\n', ["walk"]),
    ],
)
def test_distinct_captions_are_read_from_lines_and_columns(tmp_path, name, content, expected):
    (tmp_path / name).write_text(content)
    out = tmp_path / "sentences.parquet"
    assert main([str(tmp_path / name), "--out", str(out), "--variants", "1"]) == 0
    assert [caption for caption, _ in written_sentences(out)] == expected


@pytest.mark.parametrize(
    ("content", "more", "message"),
    [
        ("", (), "captions: the file contains none"),
        ("walk\n...\n", (), "line 2: caption: contains no words"),
        ("walk\n", ("--template", "{folder}/no.txt"), "{activity}: is missing"),
        ("walk\n", ("--base-url", "localhost:8000"), "--base-url: is not the URL of a server"),
        ("walk\n", ("--base-url", ""), "OPENAI_API_KEY: is not set"),
        ("walk\n", ("--model", ""), "--model: is missing; give the name"),
        ("walk\n", ("--out", "{folder}/a.txt"), "'.txt' is not a type of attribute file"),
        ("walk\n", ("--api-key", "a\nb"), "OPENAI_API_KEY: contains characters"),
    ],
)
def test_invalid_input_prints_one_line(tmp_path, capsys, content, more, message):
    captions = tmp_path / "c.txt"
    captions.write_text(content)
    (tmp_path / "no.txt").write_text("no placeholder")
    more = [each.replace("{folder}", str(tmp_path)) for each in more]
    with FakeModel() as model:
        assert main([*arguments_for(captions, tmp_path / "a.csv", model), *more]) == 2
    assert model.requests == []
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_without_the_openai_package_one_line_explains_how_to_install_it(
    captions, tmp_path, capsys, monkeypatch
):
    monkeypatch.setitem(sys.modules, "openai", None)
    with FakeModel() as model:
        assert main(arguments_for(captions, tmp_path / "a.csv", model, "--quiet")) == 2
    assert "package: is not installed; pip install 'radarsim[llm]'" in capsys.readouterr().err


def test_the_printed_template_can_be_given_as_a_template(captions, tmp_path, capsys):
    assert main(["--print-template"]) == 0
    template = tmp_path / "mine.txt"
    template.write_text(capsys.readouterr().out)
    with FakeModel() as model:
        main(arguments_for(captions, tmp_path / "a.csv", model))
        main(arguments_for(captions, tmp_path / "b.csv", model, "--template", template))
    assert len(model.requests) == len(CAPTIONS)  # runs with the same template share a cache
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_the_server_check_states_whether_the_model_answers(tmp_path, capsys):
    """One request is sent, and nothing is written or kept for later runs."""
    with FakeModel(valid_answer, answers("I will not.")) as model:
        check = ["--check-server", "--model", "fake", "--base-url", model.url]
        assert main(check) == 0
        assert "fake at 127.0.0.1:" in (printed := capsys.readouterr().out)
        assert "the answer is valid" in printed
        assert main(check) == 0
        assert "breaks a rule: The answer is not a JSON object" in capsys.readouterr().out
        assert len(model.requests) == 2
    assert main([*check, "--retries", "0"]) == 2
    assert "server: does not answer (Connection error.); start" in capsys.readouterr().err
    with FakeModel(http_error(404)) as model:
        assert main([*check[:-1], model.url]) == 2
    assert "model: fake is refused (Error code: 404" in capsys.readouterr().err
    assert main(["--check-server"]) == 2
    assert "--model: is missing" in capsys.readouterr().err


def test_an_accepted_share_of_rejected_captions_gets_fallback_sentences(captions, tmp_path, capsys):
    """One of three captions has no valid answer: a share of 0.4 is accepted, and 0.3 is not."""
    out = tmp_path / "a.csv"
    with FakeModel(*[answers("I will not.")] * 3) as model:
        assert main(arguments_for(captions, out, model, "--max-rejected", 0.3)) == 1
        assert len(written_sentences(out)) == 2
        assert main(arguments_for(captions, out, model, "--max-rejected", 0.4)) == 0
    provenances = {row.caption: row.provenance for row in read_sentences(out)}
    assert provenances.pop("wave a flag") == FALLBACK
    assert set(provenances.values()) == {"fake"}
    assert "captions without a valid answer: 1 (wave a flag" in capsys.readouterr().err


def test_a_rejected_second_wording_is_accepted_if_the_caption_has_a_first(
    captions, tmp_path, capsys
):
    """A model that repeats its first wording in all attempts leaves one wording per caption."""
    out = tmp_path / "a.csv"
    with FakeModel(valid_answer, *[answers("I will not.")] * 3) as model:
        arguments = arguments_for(captions, out, model, variants=2)
        assert main(arguments) == 1
        capsys.readouterr()
        assert main([*arguments, "--max-rejected", "0.01"]) == 0
    assert "further wordings that are missing: 1" in capsys.readouterr().out.splitlines()
    assert len(written_sentences(out)) == 5
    assert {row.provenance for row in read_sentences(out)} == {"fake"}


def test_a_caption_that_the_server_always_rejects_gets_a_fallback_sentence(
    captions, tmp_path, capsys
):
    """The server rejects one of three captions with status 400, for example by a content filter."""
    out = tmp_path / "a.csv"
    rejected = http_error(400, "content filter")
    with FakeModel(valid_answer, valid_answer, rejected, rejected, rejected) as model:
        arguments = arguments_for(captions, out, model, "--concurrency", 1)
        assert main(arguments) == 1
        assert "unfinished captions: 1 (the request failed)" in capsys.readouterr().err
        assert main([*arguments, "--max-rejected", "0.3"]) == 1
        assert main([*arguments, "--max-rejected", "0.4"]) == 0
    assert len(model.requests) == 5
    streams = capsys.readouterr()
    assert "captions with bundled or fallback sentences instead: 1" in streams.out.splitlines()
    assert "unfinished" not in streams.err.splitlines()[-1]
    provenances = {row.caption: row.provenance for row in read_sentences(out)}
    assert provenances.pop(CAPTIONS[-1]) == FALLBACK
    assert set(provenances.values()) == {"fake"}


def test_a_second_wording_that_the_server_rejects_is_counted_as_missing(captions, tmp_path, capsys):
    with FakeModel(valid_answer, http_error(400, "content filter")) as model:
        arguments = arguments_for(
            captions,
            tmp_path / "a.csv",
            model,
            "--concurrency",
            1,
            "--max-rejected",
            0.1,
            variants=2,
        )
        assert main(arguments) == 0
    assert "further wordings that are missing: 1" in capsys.readouterr().out.splitlines()
    assert len(written_sentences(tmp_path / "a.csv")) == 5


def test_rejected_captions_stop_a_run_only_without_any_answer(monkeypatch, tmp_path, capsys):
    """A server that rejects everything is asked five times; after one answer, it is asked on.

    Answers of an earlier run do not count, because the server may have changed since then.
    """
    path = isolated_captions(monkeypatch, tmp_path)
    path.write_text("\n".join(f"activity {number}" for number in range(8)))
    rejected = [http_error(400, "unsupported")] * 7
    arguments = ("--concurrency", 1, "--max-rejected", 1)
    with FakeModel(*rejected) as model:
        main(arguments_for(path, tmp_path / "a.csv", model, *arguments))
    assert len(model.requests) == 5
    assert "the server does not answer" in capsys.readouterr().err
    with FakeModel(valid_answer, *rejected) as model:
        assert main(arguments_for(path, tmp_path / "a.csv", model, *arguments)) == 0
    assert len(model.requests) == 8
    with FakeModel(*rejected) as model:
        assert main(arguments_for(path, tmp_path / "a.csv", model, *arguments)) == 1
    assert len(model.requests) == 5
