"""Stores: labels of windows, and one-line errors before training for unusable stores."""

import json
import shutil

import numpy as np
import pytest
import zarr

from mmclip import window_corpus
from mmclip.errors import MmclipError
from mmclip.leakage import check_leakage
from mmclip.prepared_data import divide_labels
from mmclip.settings import HEATMAPS
from mmclip.store import (
    BIN_AXES,
    FLOOR_DB,
    FORMAT,
    READABLE_VERSIONS,
    open_store,
    verify_checksums,
)
from mmclip.store_axes import all_axis_ranges, check_same_axes, have_same_axes
from mmclip.window_corpus import read_corpus
from mmclip.window_labels import Segment, label_texts
from pipelines import schema
from tests.helpers.labelled_stores import BINS, COLUMNS, LABELS, WINDOW, build_labelled_store


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return build_labelled_store(tmp_path_factory.mktemp("mmclip") / "s.zarr")


@pytest.fixture
def copy(path, tmp_path):
    return shutil.copytree(path, tmp_path / "copy.zarr")


def change_metadata(store, array, **values):
    """Overwrite the metadata of an array, or of the root group if `array` is ""."""
    file = store / array / "zarr.json"
    meta = json.loads(file.read_text())
    meta["attributes"].update(values.pop("attributes", {}))
    file.write_text(json.dumps(meta | values))


def test_writer_and_trainer_have_the_same_contract():
    """The trainer does not import the writer, so this test compares the constants of the two."""
    assert (FORMAT, READABLE_VERSIONS, FLOOR_DB) == (
        schema.FORMAT,
        schema.READABLE_VERSIONS,
        schema.FLOOR_DB,
    )
    assert BIN_AXES == schema.BIN_AXIS
    assert tuple(schema.HEATMAPS) == HEATMAPS


def test_axes_and_origin_of_a_store_are_read(path):
    store = open_store(path)
    assert store.stored_columns == COLUMNS
    np.testing.assert_allclose(store.axes["range"], np.arange(BINS) * 0.1)
    assert store.is_simulated


@pytest.mark.parametrize(
    ("array", "values", "message"),
    [
        (
            "",
            {"attributes": {"schema_version": 3}},
            "schema_version: is 3; this trainer",
        ),
        ("", {"attributes": {"format": "other"}}, "format: is 'other'"),
        ("time_range", {"attributes": {"units": "W"}}, "time_range: units 'W'; 'dB' is needed"),
        ("time_doppler", {"dimension_names": ["clip", "speed", "time"]}, "time_doppler: axes"),
        ("range", {"attributes": {"units": "km"}}, "range: units 'km'; 'm' is needed"),
    ],
)
def test_another_version_axis_or_unit_is_an_error_of_one_line(copy, array, values, message):
    change_metadata(copy, array, **values)
    with pytest.raises(MmclipError, match=message) as error:
        open_store(copy)
    assert "\n" not in str(error.value)


def test_a_folder_without_a_store_and_an_unfinished_store_are_errors(copy, tmp_path):
    with pytest.raises(MmclipError, match=r"zarr\.json cannot be read"):
        open_store(tmp_path / "nothing")
    (copy / "checksums.json").unlink()
    with pytest.raises(MmclipError, match="is not finished"):
        open_store(copy)


def test_a_damaged_or_missing_shard_is_named(copy):
    file = next(file for file in sorted((copy / "time_angle" / "c").rglob("*")) if file.is_file())
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.write_bytes(data)
    stores = [open_store(copy)]
    verify_checksums(stores, ("time_range", "time_doppler"))
    with pytest.raises(MmclipError, match=r"time_angle/c/.* is damaged or missing"):
        verify_checksums(stores, HEATMAPS)
    file.unlink()
    with pytest.raises(MmclipError, match=r"time_angle/c/.* is damaged or missing"):
        verify_checksums(stores, HEATMAPS)


def test_stores_with_different_bins_are_not_mixed(path, tmp_path):
    other = open_store(build_labelled_store(tmp_path / "o.zarr", 0.12, subjects=1, repeats=1))
    one = open_store(path)
    check_same_axes([one, one])
    with pytest.raises(MmclipError, match=r"range: 32 bins from 0 to 3\.72 m; 32 bins .* 3\.1 m"):
        check_same_axes([one, other])


def test_stores_with_another_column_step_are_not_mixed(path, copy):
    """A third of the columns per second changes all speeds of movement in a window."""
    times = zarr.open_group(copy, mode="r+")["column_time"]
    times[:] = times[:] * 3
    one, slow = open_store(path), open_store(copy)
    message = r"column_time: has columns every 0\.0375 s; columns every 0\.0125 s are needed"
    with pytest.raises(MmclipError, match=message):
        check_same_axes([one, slow])
    axes = all_axis_ranges([one])
    with pytest.raises(MmclipError, match=message):
        check_same_axes([slow], axes)
    assert not have_same_axes(axes, all_axis_ranges([slow]))
    # Models of earlier versions do not state their column step.
    earlier = {name: each for name, each in axes.items() if name != "column_step"}
    check_same_axes([slow], earlier)
    assert have_same_axes(earlier, all_axis_ranges([slow]))


def test_column_steps_may_differ_by_measured_frame_periods(path, copy):
    times = zarr.open_group(copy, mode="r+")["column_time"]
    times[:] = times[:] * 1.001
    check_same_axes([open_store(path), open_store(copy)])


def test_windows_longer_than_the_clips_are_an_error_that_names_the_setting(path):
    message = r"no window to train on or to score: 60 with fewer than 64 .* change model\.size"
    with pytest.raises(MmclipError, match=message):
        read_corpus([open_store(path)], 64)


def test_every_clip_has_its_label_and_its_sentences(path):
    corpus = read_corpus([open_store(path)], WINDOW)
    assert corpus.labels == LABELS
    rows = zarr.open_group(path, mode="r")["num_columns"].shape[0]
    assert len(corpus.clips) == rows == 60
    assert corpus.sentences["bow"][0]["arms"] == "Motion of the arms in a bow."
    assert len(corpus.subjects(("train",))) == 3
    assert not corpus.subjects(("train",)) & corpus.subjects(("val", "test"))


def test_a_window_has_the_label_with_the_longest_overlap():
    segments = [
        Segment(0.0, 2.0, "label", "walk"),
        Segment(2.0, 5.0, "label", "sit"),
        Segment(0.0, 5.0, "sentence", "both"),
    ]
    assert label_texts(segments, 0.0, 3.0) == ("walk",)
    assert label_texts(segments, 1.5, 4.5) == ("sit",)
    assert label_texts(segments, 6.0, 9.0) == ()
    assert label_texts(segments[2:], 0.0, 3.0) == ("both",)


def test_of_several_captions_of_a_clip_the_first_is_the_label():
    segments = [Segment(0.0, 5.0, "sentence", text) for text in ("walks", "a walk", "walking")]
    assert label_texts(segments, 1.0, 4.0) == ("walks",)


def test_clips_of_too_many_actions_are_left_out(path, monkeypatch):
    """Of 60 clips, only clip 0 has more than three actions, namely a, b, a and b.

    Clip 1 has the segments a, a, b and c, which count as three actions.
    """
    actions = {0: "abab", 1: "aabc"}
    found = {
        row: [Segment(n / 8, (n + 1) / 8, "action", text) for n, text in enumerate(texts)]
        for row, texts in actions.items()
    }
    read = window_corpus.read_segments
    monkeypatch.setattr(window_corpus, "read_segments", lambda *of: {**read(*of), **found})
    stores = [open_store(path)]
    assert not read_corpus(stores, WINDOW).excluded
    corpus = read_corpus(stores, WINDOW, most_actions=3)
    assert corpus.excluded == {"with more than 3 actions": 1}
    assert 0 not in {clip.row for clip in corpus.clips}
    assert len(corpus.clips) == 59
    # For prediction, which needs no labels, all clips are kept.
    assert len(read_corpus(stores, WINDOW, need_labels=False, most_actions=3).clips) == 60


def test_windows_with_an_unseen_action_are_left_out_of_training(path, monkeypatch):
    """A text with "and" may also be a single label, so that labels are not split."""
    both = [Segment(0.0, 0.25, "action", "squat"), Segment(0.25, 0.5, "action", "walk")]
    single = [Segment(0.0, 0.5, "label", "squat and stretch")]
    read = window_corpus.read_segments
    monkeypatch.setattr(
        window_corpus, "read_segments", lambda *of: {**read(*of), 0: both, 1: single}
    )
    corpus, lines = read_corpus([open_store(path)], WINDOW), []
    assert corpus.actions == {"squat and walk": ("squat", "walk")}
    seen, unseen = divide_labels(corpus, ("squat",), lines.append)
    assert unseen == ("squat",)
    assert set(corpus.labels) - set(seen) == {"squat", "squat and walk"}
    assert "squat and stretch" in seen
    assert lines == ["data: 1 label of several actions left out, because one action is unseen"]
    # An action that occurs only together with others can be excluded, too.
    assert "squat and walk" not in divide_labels(corpus, ("walk",), lines.append)[0]
    assert lines[-1] == (
        "data: walk occurs only together with other actions, so it cannot be evaluated"
    )
    # A model that was trained on both actions has seen each of them.
    model = {"seen": ["squat and walk"], "seen_actions": ["squat", "walk"], "subjects": []}
    with pytest.raises(MmclipError, match="squat was used in training"):
        check_leakage("run", model, ["squat"], [], unseen=True)


@pytest.mark.parametrize("rows", [(0, 1), (1, 0)])
def test_a_label_joins_actions_even_if_another_clip_has_it_as_a_single_text(
    path, monkeypatch, rows
):
    """With --unseen squat, training must not use the label, whichever clip is read last."""
    both = [Segment(0.0, 0.25, "action", "squat"), Segment(0.25, 0.5, "action", "walk")]
    single = [Segment(0.0, 0.5, "label", "squat and walk")]
    found = dict(zip(rows, (both, single)))
    read = window_corpus.read_segments
    monkeypatch.setattr(window_corpus, "read_segments", lambda *of: {**read(*of), **found})
    corpus = read_corpus([open_store(path)], WINDOW)
    assert corpus.actions == {"squat and walk": ("squat", "walk")}
    assert "squat and walk" not in divide_labels(corpus, ("squat",), lambda line: None)[0]


def test_the_actions_in_a_window_are_joined_unless_their_overlap_is_short():
    segments = [
        Segment(0.0, 2.0, "action", "walk"),
        Segment(2.0, 5.0, "action", "sit"),
        Segment(0.0, 5.0, "label", "walk and sit"),
    ]
    assert label_texts(segments, 1.0, 4.0) == ("walk", "sit")
    assert label_texts(segments, 1.9, 4.9) == ("sit",)
    assert label_texts(segments, 0.0, 1.8) == ("walk",)
