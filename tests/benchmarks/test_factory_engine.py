"""Tests of the benchmark that compares builds with the simulator alone on the same clips."""

import pytest

from benchmarks.factory_engine import WORKER_STEPS, engine_text, figures, stages
from builders.sources import motion_lookup
from pipelines import clip_simulation, cube_arrays
from pipelines.store_reader import Store
from tests.helpers.pipeline_fakes import FakeTake
from tests.helpers.small_stores import build_store

NUM_CLIPS = 3


def of_process(engine_s, frames=60):
    """Return made-up results of one engine process."""
    return {
        "frames": frames,
        "engine_wall_s": 2 * engine_s,
        "processor_s": {"engine": engine_s, "prepare": 0.3, "store": 0.1},
    }


def test_ratios_divide_rates_of_the_same_frames():
    """Two processes simulate 60 frames each in 6 s and 10 s; the whole build takes 12 s."""
    found = figures(
        [of_process(3.0), of_process(5.0)],
        cold={"wall_s": 40.0, "processor_s": 32.0},
        warm={"wall_s": 12.0, "processor_s": 10.0},
    )
    assert found["engine_frames_per_s"] == pytest.approx(120 / 10)
    assert found["build_frames_per_s"] == pytest.approx(120 / 12)
    assert found["ratio_by_wall_time"] == pytest.approx(10 / 12)
    assert found["ratio_by_processor_time"] == pytest.approx(8 / 10)
    assert found["ratio_with_empty_cache"] == pytest.approx(8 / 32)
    assert found["ratio_of_steps"] == pytest.approx(8 / 8.8)
    spent_ms = found["processor_ms_per_frame"]
    assert spent_ms["rest"] == pytest.approx(1e3 * (10 - 8.8) / 120)
    parts = sum(spent_ms[name] for name in ("engine", *WORKER_STEPS, "rest"))
    assert parts == pytest.approx(spent_ms["build"])
    text = engine_text({**found, "clips": 4, "workers": 2})
    assert "83% by wall time" in text
    assert "40 s of wall time" in text


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store of clips whose simulation returns the stored values."""
    path = build_store(tmp_path / "s.zarr", NUM_CLIPS)
    built = Store(path)
    names = [name for name, each in built.group.arrays() if each.shape[0] == NUM_CLIPS]
    take = FakeTake(id="t0", subject="s0")
    monkeypatch.setattr(motion_lookup, "find_source_take", lambda *_: take)
    monkeypatch.setattr(clip_simulation, "prepare_clip", lambda recipe, clip, take: clip.row)
    monkeypatch.setattr(clip_simulation, "cube_of_clip", lambda recipe, row: (row, None))

    def arrays(recipe, clip, row, keep_cubes):
        return {name: built.array(name, row) for name in names}

    monkeypatch.setattr(cube_arrays, "arrays_of_cube", arrays)
    return path


def test_every_process_times_its_share_of_the_clips(store):
    both = [stages(store, first, 2) for first in (0, 1)]
    num_frames = Store(store).recipe.num_frames
    assert [each["frames"] for each in both] == [2 * num_frames, num_frames]
    for each in both:
        assert each["engine_wall_s"] > 0
        assert each["processor_s"].keys() == {"engine", *WORKER_STEPS}
        assert min(each["processor_s"].values()) > 0


def test_values_that_differ_from_the_build_are_an_error(store, monkeypatch):
    """A clip whose simulated values differ from the stored values raises a RuntimeError."""
    right = cube_arrays.arrays_of_cube

    def wrong(*inputs, keep_cubes):
        arrays = right(*inputs, keep_cubes=keep_cubes)
        return {**arrays, "time_range": arrays["time_range"] + 1}

    monkeypatch.setattr(cube_arrays, "arrays_of_cube", wrong)
    with pytest.raises(RuntimeError, match="different values"):
        stages(store, 0, 1)
