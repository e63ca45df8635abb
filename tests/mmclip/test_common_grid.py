"""Stores of different radars on a common grid, and stores with fewer heatmaps."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import zarr

from mmclip import predict
from mmclip.batch_sampler import non_overlapping
from mmclip.common_grid import on_grid, parse_grid
from mmclip.errors import MmclipError
from mmclip.prepared_data import open_corpus
from mmclip.pretrain import pretrain
from mmclip.resampled_arrays import ResampledArray, resampling_matrix
from mmclip.store import FLOOR_DB, open_store
from mmclip.window_corpus import SPLITS
from mmclip.window_reader import WindowReader
from tests.helpers.labelled_stores import BINS, COLUMNS, build_labelled_store
from tests.helpers.tiny_training import tiny_settings

pytestmark = pytest.mark.usefixtures("fast_compilation")
# The store has 32 speeds from -4 to 4 m/s, ranges of 0 to 3.1 m and 80 columns per second.
GRID = "grid=speed:-3:3:13,range:0.4:2.4:11,column:0.02"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    root = tmp_path_factory.mktemp("grid")
    return build_labelled_store(root / "s.zarr", subjects=2, repeats=1)


def changed(path, copy, speeds=None, units=None, without=()):
    """Copy a store with another speed axis, with relative values, or without some heatmaps."""
    shutil.copytree(path, copy)
    group = zarr.open_group(copy, mode="r+")
    if speeds is not None:
        group["speed"][:] = speeds
    for name in without:
        shutil.rmtree(copy / name)
    if units:
        meta = json.loads((copy / "zarr.json").read_text())
        meta["attributes"]["recorded"] = True
        (copy / "zarr.json").write_text(json.dumps(meta))
        for name in ("time_doppler", "time_range", "time_angle"):
            file = copy / name / "zarr.json"
            meta = json.loads(file.read_text())
            meta["attributes"]["units"] = units
            file.write_text(json.dumps(meta))
    return copy


def opened(path, *overrides):
    return on_grid(open_store(path), tiny_settings(*overrides))


class Stored:
    """An opened array of one clip, as the reader of the store returns it."""

    def __init__(self, values):
        self.values, self.shape = values[None], (1, *values.shape)

    def __getitem__(self, part):
        return SimpleNamespace(read=lambda: SimpleNamespace(result=lambda: self.values[part]))


def test_a_line_stays_at_its_speed_and_time_and_noise_keeps_its_level():
    """A line at 1 m/s from 2 s on keeps its speed and start for any bins and columns."""
    speeds, times = np.linspace(-4, 4, 161), np.arange(0, 5, 0.05)
    values = np.zeros((len(times), len(speeds)))
    values[times >= 2] = 40 * np.exp(-(((speeds - 1) / 0.2) ** 2))
    for count, period in ((25, 0.1), (49, 0.2), (97, 0.025)):
        grid, wanted = np.linspace(-3, 3, count), np.arange(0, 4.9, period)
        matrices = resampling_matrix(times, wanted), resampling_matrix(speeds, grid)
        np.testing.assert_allclose(matrices[1].sum(1), 1)
        array = ResampledArray(Stored(values), *matrices)
        found = array[0, 0 : len(wanted)].read().result()
        assert array.shape == (1, len(wanted), count)
        assert abs(grid[found[-1].argmax()] - 1) <= (grid[1] - grid[0]) / 2
        # The line starts where it exceeds half of its level, within one column of the coarser grid.
        assert abs(wanted[(found.max(1) > 20).argmax()] - 2) <= max(period, 0.05)
        np.testing.assert_allclose(found[0], 0, atol=1e-5)
        np.testing.assert_allclose(array[0, 7:12].read().result(), found[7:12], atol=1e-5)


def test_two_radars_have_equal_windows_on_the_grid(path, tmp_path):
    """The same echo, stored with speeds up to 4 and up to 5 m/s, is read at the same speeds."""
    other = changed(path, tmp_path / "other.zarr", speeds=np.linspace(-5, 5, BINS))
    settings = tiny_settings(GRID, "heatmaps=time_doppler,time_range", "size=16")
    with pytest.raises(MmclipError, match="speed: 32 bins from -5 to 5 m/s; 32 bins from -4"):
        open_corpus([path, other], tiny_settings("heatmaps=time_doppler"), verify=False)
    corpus = open_corpus([path, other], settings, verify=False)
    windows = non_overlapping(corpus.windows(SPLITS, set(corpus.labels)), corpus.columns)
    reader = WindowReader(corpus, settings.model.heatmaps)
    batch = SimpleNamespace(windows=windows)
    ((maps, _),) = reader.read(iter([batch]))
    assert maps["time_doppler"].shape[1:] == (16, 13)
    assert maps["time_range"].shape[1:] == (16, 11)
    # 39 steps of 12.5 ms are 24 steps of 20 ms, so the clips of both stores have one window each.
    assert corpus.stores[0].measured_columns[0] == 1 + int((COLUMNS - 1) / 80 / 0.02)
    assert len(windows) == len(corpus.clips)


def test_stores_with_different_columns_are_used_together_on_the_grid(path, tmp_path):
    other = changed(path, tmp_path / "other.zarr")
    times = zarr.open_group(other, mode="r+")["column_time"]
    times[:] = times[:] * 2
    paths, settings = [path, str(other)], tiny_settings(GRID, "size=16")
    with pytest.raises(MmclipError, match=r"columns every 0\.025 s; .* grid=column:0\.025"):
        open_corpus(paths, tiny_settings("size=16"), verify=False)
    assert len(open_corpus(paths, settings, verify=False).stores) == 2


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ("speed:-5:4:20", "speed: covers -4 to 4 m/s; the common grid needs -5 to 4 .*aliased"),
        ("range:0:9:20", "range: covers 0 to 3.1 m; the common grid needs 0 to 9 m"),
        ("speed:-4:4:99", "speed: has steps of 0.2581 m/s; the common grid has 0.0816"),
        ("column:1e-3", "column: has columns every 0.0125 s; the common grid has 0.001 s"),
        ("angle:-1:1:10", "data.grid: contains 'angle:-1:1:10'"),
        ("speed:1:0:10", "data.grid: contains 'speed:1:0:10'"),
    ],
)
def test_what_a_radar_did_not_measure_is_refused_with_the_reason(path, grid, message):
    with pytest.raises(MmclipError, match=message):
        opened(path, f"grid={grid}", "heatmaps=time_doppler,time_range")


def test_a_missing_heatmap_is_blank_if_training_blanked_heatmaps(path, tmp_path):
    """Without `augment.drop`, the message states which heatmaps exist and how to train on them."""
    single = changed(path, tmp_path / "single.zarr", without=("time_range", "time_angle", "range"))
    assert opened(single, "heatmaps=time_doppler").heatmaps == ("time_doppler",)
    both = "heatmaps=time_doppler,time_range"
    with pytest.raises(MmclipError, match="heatmaps: are time_doppler; the model needs"):
        opened(single, both)
    with pytest.raises(MmclipError, match=r"train with heatmaps=time_doppler$"):
        opened(single, "heatmaps=time_range", "drop=0.1")
    store = opened(single, both, "drop=0.1")
    blank = store.open_array("time_range")[0, 3:7].read().result()
    np.testing.assert_array_equal(blank, np.full((4, BINS), FLOOR_DB))


def test_a_missing_heatmap_has_the_bins_of_the_other_stores_or_of_the_model(path, tmp_path):
    """On the grid, the range axis has 11 bins, and the store without this axis has 32 speeds."""
    single = changed(path, tmp_path / "single.zarr", without=("time_range", "time_angle", "range"))
    settings = tiny_settings(GRID, "heatmaps=time_doppler,time_range", "drop=0.1", "size=16")
    for paths, axes in (
        ([path, single], None),
        ([single], {"range": (0.4, 2.4, 11), "column_step": (0.02,)}),
    ):
        corpus = open_corpus(paths, settings, axes=axes, verify=False)
        windows = non_overlapping(corpus.windows(SPLITS, set(corpus.labels)), corpus.columns)
        reader = WindowReader(corpus, settings.model.heatmaps)
        ((maps, _),) = reader.read(iter([SimpleNamespace(windows=windows)]))
        assert maps["time_doppler"].shape[1:] == (16, 13)
        assert maps["time_range"].shape[1:] == (16, 11)


def test_relative_heatmaps_are_used_but_not_together_with_decibels(path, tmp_path):
    """Relative values cannot be compared with dB; alone they are scaled for the augmentation."""
    relative = changed(path, tmp_path / "relative.zarr", units="1")
    settings = tiny_settings("heatmaps=time_doppler")
    with pytest.raises(MmclipError, match="units: has heatmaps without a unit"):
        open_corpus([path, relative], settings, verify=False)
    stored = open_store(relative).open_array("time_doppler")[0].read().result()
    read = on_grid(open_store(relative), settings).open_array("time_doppler")[0].read().result()
    np.testing.assert_allclose(read, 40 * stored.astype(float), rtol=1e-6)


def test_the_grid_is_a_setting():
    grid = parse_grid(tiny_settings(GRID).data.grid)
    assert grid.axes["speed"] == (-3, 3, 13)
    assert (grid.axes["range"].step, grid.column_s) == (pytest.approx(0.2), 0.02)


@pytest.mark.slow
def test_a_model_of_two_radars_predicts_on_a_third_with_one_heatmap(path, tmp_path, monkeypatch):
    """The grid is part of the model, and a store that does not cover the grid is rejected."""
    monkeypatch.setenv("MMCLIP_CACHE", str(tmp_path / "cache"))
    second = changed(path, tmp_path / "second.zarr", speeds=np.linspace(-5, 5, BINS))
    names = ("time_range", "time_angle", "range", "angle")
    third = changed(path, tmp_path / "third.zarr", np.linspace(-3.2, 3.2, BINS), without=names)
    settings = tiny_settings(GRID, "heatmaps=time_doppler", "size=16", "steps=2", "batch=4")
    run = pretrain([str(path), str(second)], tmp_path / "run", settings, "hash", verify=False)
    assert run["axes"] == {"speed": [-3, 3, 13], "column_step": [pytest.approx(0.02)]}
    options = [str(third), "--model", str(tmp_path / "run"), "--labels", "jump", "wave"]
    rows = predict.predict(predict.make_parser().parse_args([*options, "--no-verify"]))
    assert len(rows) == len(open_store(third).measured_columns)
    assert all(sum(row["scores"].values()) == pytest.approx(1) for row in rows)
    slow = changed(path, tmp_path / "slow.zarr", speeds=np.linspace(-1, 1, BINS))
    with pytest.raises(MmclipError, match=r"speed: covers -1 to 1 m/s.*aliased"):
        predict.predict(predict.make_parser().parse_args([str(slow), *options[1:], "--no-verify"]))
