"""Tests that the page shows the numbers of the report, and draws each mark at its value."""

import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from mmclip.study.charts import BOTTOM, HEIGHT, TOP, chart
from mmclip.study.page import page
from mmclip.study.pictures import png

RUN = {"over_people": None, "over_runs": None, "windows": 9, "classes": 3, "runs": 2, "seeds": 2}


def bar(name, mean, series="", x=None, paper=None):
    interval = {"mean": mean, "low": mean - 0.1, "high": mean + 0.1, "chance": 0.1}
    return {"name": name, "series": series, "x": x, "paper": paper, **RUN, **interval}


def figure(*bars):
    control = {"mean": 0.12, "low": 0.0, "high": 0.2, "chance": 0.1, **RUN}
    ordering = {"better": "a", "worse": "b & c", "kind": "greater", "verdict": "holds"}
    ordering |= {"mean": 0.1, "low": 0.05, "high": 0.15, "smallest": 0.07, "unit": "runs", "n": 3}
    return {
        "name": "5",
        "title": "Title",
        "section": "5.2",
        "x_label": "labels",
        "bars": list(bars),
        "control": control,
        "orderings": [ordering],
        "tables": {"paper": {"flop": 1e9, "signal": 15_000_000}},
        "notes": ["A note."],
    }


def drawn_means(svg):
    """Return the value of each mark by name, computed from the height of the mark."""
    span, found = HEIGHT - TOP - BOTTOM, {}
    for element in ElementTree.fromstring(svg).iter():
        if name := element.get("data-name"):
            top = float(element.get("y") or element.get("cy"))
            found[name] = (HEIGHT - BOTTOM - top) / span
            np.testing.assert_allclose(found[name], float(element.get("data-mean")), atol=1e-3)
    return found


def test_bars_and_curves_are_drawn_at_their_means():
    """Bars and curves show their means to within 0.001; heights are rounded to 0.001 pixel."""
    bars = [bar("a", 0.25, paper=0.76), bar("b & c", 0.5), bar("full, 3", 0.75, "full", 3)]
    svg = chart(figure(*bars))
    means = drawn_means(svg)
    assert set(means) == {"a", "b & c", "full, 3"}
    for each in bars:
        np.testing.assert_allclose(means[each["name"]], each["mean"], atol=1e-3)


def test_the_page_states_numbers_verdicts_and_what_is_not_measured():
    report = {
        "title": "The study",
        "note": "Simulated stand-in.",
        "domains": {"real": "stand-in twin-a (simulated)"},
        "cuts": ["seeds: 3 to 2"],
        "verdicts": {"holds": 1},
        "figures": {
            "5": figure(bar("a", 0.25, paper=0.764)),
            "6": {"name": "6", "state": "not measured"},
        },
    }
    text = page(report)
    for expected in (
        "Simulated stand-in.",
        "stand-in twin-a (simulated)",
        "seeds: 3 to 2",
        "<td>25.0 %</td>",
        "76.4 %",
        "a &gt; b &amp; c",
        "<td>holds</td>",
        "permutation control",
        "<p>not measured</p>",
        "15,000,000",
    ):
        assert expected in text
    assert not re.search(r"<(script|link|img)", text)


def test_the_page_shows_no_interval_over_two_people():
    """The interval of two people would contain the true mean in only half of the cases."""
    shown = {"over_people": {"mean": 0.25, "low": 0.171, "high": 0.329}}
    report = {"title": "The study", "note": "", "domains": {}, "cuts": [], "verdicts": {}}
    pages = [
        page(report | {"figures": {"5": figure(bar("a", 0.25) | shown | {"people": people})}})
        for people in (2, 5)
    ]
    assert "<td>- (fewer than 5 people)</td>" in pages[0]
    assert "17.1 % to" not in pages[0]
    assert "<td>17.1 % to 32.9 %</td>" in pages[1]


def test_a_picture_shows_time_to_the_right_and_the_first_bin_below():
    """Levels of 0, 20 and 40 dB below the maximum have the pixel values 1, 0.5 and 0."""
    image = pytest.importorskip("matplotlib.image")
    map_db = np.array([[0.0, 20.0, 40.0], [-99.0, 40.0, 40.0]])
    found = image.imread(io.BytesIO(png(map_db)))
    np.testing.assert_allclose(found, [[1, 1], [0.5, 1], [0, 0]], atol=1 / 255)


def test_intervals_of_curves_do_not_cover_each_other():
    """Bars with equal x values in different curves have different places."""
    bars = [bar("a", 0.5, "full", 10), bar("b", 0.5, "Syn", 10), bar("c", 0.5, "full", 20)]
    places = [float(each) for each in re.findall(r'cx="([\d.]+)"', chart(figure(*bars)))]
    assert len(set(places)) == len(places) == 3
