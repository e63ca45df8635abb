"""Tests of the miniature study on synthetic stores: figures, page, report and resumption."""

import json
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.study import scale
from mmclip.study.__main__ import main
from mmclip.study.report import reproducible
from tests.helpers.miniature_study import build_study_stores, study_arguments
from tests.mmclip.study.test_page import drawn_means

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("fast_compilation")]
FIGURES = ("5", "9", "11", "5.6", "5.3.6")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the stores of the study."""
    folder = tmp_path_factory.mktemp("study")
    build_study_stores(folder)
    return folder


@pytest.fixture(scope="module")
def study(folder):
    """Return the output folder of a finished study with one seed."""
    out = folder / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMCLIP_CACHE", str(folder / "cache"))
        patch.setitem(scale.SCALES, "miniature", replace(scale.MINIATURE, shots=(1,)))
        assert main(study_arguments(folder, out, *FIGURES)) == 0
    return out


def read_report(out):
    return json.loads((out / "report.json").read_text())


def test_every_bar_is_the_mean_of_its_own_scorings(study):
    """Each bar's mean over classes equals the mean recomputed from the bar's node results."""
    report, bars = read_report(study), 0
    for figure in report["figures"].values():
        for bar in figure.get("bars", ()):
            entry = entry_of(bar)
            results = [json.loads(path.read_text()) for path in paths(study, bar["nodes"])]
            recalls = [result["entries"][entry]["recalls"] for result in results]
            classes = [np.mean([each[label] for each in recalls]) for label in recalls[0]]
            np.testing.assert_allclose(bar["mean"], np.mean(classes))
            assert bar["runs"] == len(bar["nodes"]) == 1
            assert bar["chance"] == 0.5
            bars += 1
    assert bars == 8 + 3 + 5 + 3


def entry_of(bar):
    """Return the name of the entry that a bar shows: a number of examples, or a group of people."""
    if bar["series"] and bar["x"]:
        return str(bar["x"])
    return "same" if bar["name"].endswith("training people") else "held out"


def paths(study, nodes):
    return [study / "nodes" / node / "result.json" for node in nodes]


def test_every_chart_of_the_page_is_drawn_from_the_numbers_of_its_figure(study):
    """The values in each chart of the HTML page equal the means in report.json."""
    text = (study / "report.html").read_text()
    charts = [part.split("</svg>")[0] for part in text.split("<svg")[1:]]
    figures = [each for each in read_report(study)["figures"].values() if each.get("bars")]
    assert len(charts) == len(figures) == 4
    for drawing, figure in zip(charts, figures):
        means = drawn_means(f"<svg{drawing}</svg>")
        assert set(means) == {bar["name"] for bar in figure["bars"]}
        for bar in figure["bars"]:
            np.testing.assert_allclose(means[bar["name"]], bar["mean"], atol=1e-3)


def test_figures_that_were_not_run_are_stated_as_not_measured(study):
    figures = read_report(study)["figures"]
    assert figures["6"] == {"name": "6", "state": "not measured"}
    assert list(figures).index("5") < list(figures).index("6") < list(figures).index("9")


def test_the_report_says_that_the_domain_is_simulated_only_for_stand_ins(study):
    """A stand-in store replaces the real domain; the note of the report contains "stand-in"."""
    report = read_report(study)
    assert report["domains"]["real"].startswith("store ")
    assert "stand-in" in report["note"]


def test_trained_parameters_of_fine_tuning_are_stated(study):
    """LoRA trains fewer parameters than the other methods, which train all parameters."""
    bars = {bar["name"]: bar for bar in read_report(study)["figures"]["9"]["bars"]}
    lora, full = bars["LoRA"], bars["full fine-tuning"]
    assert lora["trained_parameters"] < full["trained_parameters"] == full["parameters"]
    assert bars["mixing"]["trained_parameters"] == full["parameters"]


def test_a_study_that_lost_results_gives_the_same_report(study, folder, monkeypatch):
    """A second run computes only the missing results and gives the same report."""
    monkeypatch.setenv("MMCLIP_CACHE", str(folder / "cache"))
    monkeypatch.setitem(scale.SCALES, "miniature", replace(scale.MINIATURE, shots=(1,)))
    before = read_report(study)
    folders = sorted((study / "nodes").iterdir())
    kept = {path.name: (path / "result.json").stat().st_mtime_ns for path in folders}
    lost = [path for path in folders if path.name.startswith(("score", "few-shot", "rfnet-"))]
    for path in lost:
        (path / "result.json").unlink()
    assert main(study_arguments(folder, study, *FIGURES)) == 0
    assert reproducible(read_report(study)) == reproducible(before)
    for path in folders:
        same = (path / "result.json").stat().st_mtime_ns == kept[path.name]
        assert same == (path not in lost)
