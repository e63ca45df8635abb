"""The licensed study in miniature: from made-up AMASS motion by simulation to figure 5.

All files are made up, but in the published layouts, the weights of CLIP are random, and a local
server answers in the place of a language model. The results are meaningless.
"""

import io
import json
import re
from contextlib import redirect_stdout
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")
pytest.importorskip("openai", reason="needs the extra llm")

from mmclip.study.__main__ import main
from mmclip.study.report import reproducible
from pipelines.store_checks import check_tables
from pipelines.store_reader import Store
from tests.helpers.describer_command import isolated_captions
from tests.helpers.fake_language_model import (
    FakeModel,
    answers,
    http_error,
    sentences,
    valid_answer,
)
from tests.helpers.licensed_study import (
    ACTIONS,
    MODEL,
    SENTENCE,
    build_recorded_domain,
    licensed_arguments,
    write_licensed_data,
)
from tests.mmclip.study.test_page import drawn_means

pytestmark = pytest.mark.usefixtures("fast_compilation")
BARS = ("Tent", "Real", "Syn", "Real+Attr", "Syn+Attr", "Syn+Real", "full")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with the licensed files, the recorded domain, and the caches of all commands."""
    root = tmp_path_factory.mktemp("licensed")
    with pytest.MonkeyPatch.context() as patch:
        isolated_captions(patch, root)
        patch.setenv("MMCLIP_CACHE", str(root / "cache"))
        write_licensed_data(root)
        yield root


@pytest.fixture(scope="module")
def study(root):
    """A finished study: output folder, arguments, exit status, printed text, requests received.

    The first answer of the server breaks the rules, so a correction is requested.
    """
    store, printed = build_recorded_domain(root / "recorded.zarr"), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        FakeModel(valid_answer, answers("I will not.")) as model,
        redirect_stdout(printed),
    ):
        # The processes that simulate many frames compile with optimisation.
        patch.delenv("JAX_DISABLE_MOST_OPTIMIZATIONS", raising=False)
        stores = ("--stores", f"real={store}")
        arguments = licensed_arguments(root, root / "study", model.url, *stores)
        status = main(arguments)
    return SimpleNamespace(
        out=root / "study",
        arguments=arguments,
        status=status,
        printed=printed.getvalue(),
        requests=model.requests,
    )


def node_folders(study, kind):
    """Folders of all nodes of a kind, keyed by the title of the node."""
    found = sorted((study.out / "nodes").glob(f"{kind}-*/result.json"))
    return {json.loads(path.read_text())["title"]: path.parent for path in found}


@pytest.mark.slow
def test_the_study_has_a_finite_value_for_every_bar_of_figure_5(study):
    assert study.status == 0
    report = json.loads((study.out / "report.json").read_text())
    bars = {bar["name"]: bar for bar in report["figures"]["5"]["bars"]}
    assert set(bars) == {*BARS, "full, training people"}
    for bar in bars.values():
        assert np.isfinite([bar["mean"], bar["low"], bar["high"]]).all()
        assert (bar["runs"], bar["classes"], bar["chance"]) == (1, 2, 0.5)
    assert np.isfinite(report["figures"]["5"]["control"]["mean"])
    assert report["domains"]["grammar"] == "licensed motion"
    assert report["encoder"].startswith("clip:")
    text = (study.out / "report.html").read_text()
    assert set(drawn_means(text[text.index("<svg") : text.index("</svg>") + 6])) == set(bars)


@pytest.mark.slow
def test_the_plan_names_every_stage_and_predicts_hours_and_bytes(study):
    """The motion lasts 16 s, so 160 frames are predicted: 8 s of simulation and 1.5 MB."""
    lines = study.printed.splitlines()
    (corpus,) = [line for line in lines if "h, " in line and "GB predicted" in line]
    assert corpus.startswith("corpus licensed motion, simulated and described: 0.0022 h, 0.0015 GB")
    counts = dict(re.findall(r"^(\S+) +(\d+) nodes,", study.printed, re.MULTILINE))
    expected = {"store": 1, "tent": 1, "corpus": 1, "pretrain": 5, "finetune": 3, "score": 8}
    assert {kind: int(number) for kind, number in counts.items()} == expected
    assert any(line.startswith("predicted: ") for line in lines)
    finished = [line for line in lines if re.match(r"\[\d+/19\] ", line)]
    assert len(finished) == sum(expected.values()) == 19


@pytest.mark.slow
def test_all_texts_of_training_are_described_by_the_server(study):
    """Every text of a window has three wordings, and pre-training finds a text for each attribute.

    A window may show two of the three actions of its clip; its label is described, too. The request
    about "walk forward" is the check of the server before the first node.
    """
    (corpus,) = node_folders(study, "corpus").values()
    store = Store(corpus / "store.zarr")
    texts = {row["id"]: row["text"] for row in store.table("captions")}
    found = {}
    for row in store.table("attributes"):
        assert row["provenance"] == MODEL
        key = texts.get(row["caption"], row["caption"]), row["variant"]
        found.setdefault(key, {})[row["part"]] = row["sentence"]
    labels = {*ACTIONS, "stand and wave", "wave and sit"}
    expected = {(text, n): sentences(text, n) for text in (*labels, SENTENCE) for n in range(3)}
    assert found == expected
    assert {request.caption for request in study.requests} == {"walk forward", *labels, SENTENCE}
    assert sum(request.correction != "" for request in study.requests) == 1
    assert list(check_tables(store)) == []
    logs = {
        title: (folder / "log.txt").read_text()
        for title, folder in node_folders(study, "pretrain").items()
    }
    assert not any("no sentences for" in log for log in logs.values())
    # Each of the nine texts has three wordings, with one sentence for each of the two attributes.
    assert "text: 54 sentences encoded by clip:" in logs["pre-training, seed 0"]


@pytest.mark.slow
def test_a_finished_study_needs_no_server(study, capsys):
    """The server has been shut down; the second run executes nothing and gives the same report."""
    before = json.loads((study.out / "report.json").read_text())
    assert main(study.arguments) == 0
    assert reproducible(json.loads((study.out / "report.json").read_text())) == reproducible(before)
    assert "[19/19]" not in capsys.readouterr().out


def error_of(capsys, arguments):
    """Run the study with unusable arguments; return its single line of error."""
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_server_that_is_down_is_an_error_before_the_first_node(root, tmp_path, capsys):
    with FakeModel() as model:
        pass
    error = error_of(capsys, licensed_arguments(root, tmp_path / "out", model.url))
    assert "options: --describer: cannot be used: 127.0.0.1:" in error
    assert "server: does not answer (Connection error.)" in error
    assert not (tmp_path / "out" / "nodes").exists()


def test_an_unknown_model_is_an_error_before_the_first_node(root, tmp_path, capsys):
    with FakeModel(http_error(404, "no such model")) as model:
        error = error_of(capsys, licensed_arguments(root, tmp_path / "out", model.url))
    assert f"model: {MODEL} is refused (Error code: 404" in error
    assert "no such model" in error
    assert not (tmp_path / "out" / "nodes").exists()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--amass", "--amass: missing does not exist"),
        ("--babel", "--babel: missing does not exist"),
        ("--body-models", "--body-models: missing does not exist"),
        ("--clip", "--encoder clip:missing: missing: is not a folder"),
    ],
)
def test_a_missing_folder_is_an_error_before_the_first_node(
    root, tmp_path, capsys, option, message
):
    arguments = licensed_arguments(root, tmp_path / "out", "http://127.0.0.1:1/v1")
    arguments[arguments.index(option) + 1] = "missing"
    assert message in error_of(capsys, arguments)
    assert not (tmp_path / "out" / "nodes").exists()
