"""Clips simulated many per call equal single clips, and their bytes do not depend on the batch.

The tests use the method for accelerators on a CPU by setting the number of clips per call and the
number of frames that are simulated at a time.
"""

from dataclasses import replace

import jax
import numpy as np
import pytest

from pipelines.clip_maker import ClipMaker
from pipelines.clip_selection import select_clips
from pipelines.device_clips import ClipBatches, clips_per_call
from pipelines.device_record import (
    agreed_frames_per_batch,
    kept_frames_per_batch,
    record_to_keep,
)
from pipelines.plan import make_plan
from pipelines.posed_clips import posed_rows
from pipelines.recipe import Clips, Detection, Keep, Placements, Recipe, Simulation
from pipelines.run import build
from pipelines.sources import TakeChanged
from pipelines.storage import open_folder
from pipelines.store_reader import Store
from pipelines.store_spec import make_store_spec
from radarsim.errors import InputError
from tests.helpers.moving_sphere import relative_db, small_radar
from tests.helpers.pipeline_fakes import store_bytes
from tests.helpers.synthetic_bodies import synthetic_model
from tests.pipelines.test_clip_simulation import Walk

pytestmark = pytest.mark.usefixtures("fast_compilation")

BOARD = small_radar(num_chirps=64, num_samples=32)
RADAR = replace(BOARD, frame=replace(BOARD.frame, tx_order=(0,)), array=BOARD.array.with_tx((0,)))
RECIPE = Recipe(
    radar=RADAR,
    clips=Clips(length_s=0.5, stride_s=0.5, min_frames=4),
    placements=Placements(per_clip=2, distance_m=(2.5, 4.0)),
    simulation=Simulation(noise=False, quantise=False),
    keep=Keep(if_cubes="on", motion=True, points=True, range_doppler=True),
    detection=Detection(max_points=4),
)


class LostWalk(Walk):
    """A walk without positions."""

    def load(self):
        motion = super().load()
        return replace(motion, transl_m=motion.transl_m + np.nan)


WALKS = (Walk(id="a", seconds=0.7), Walk(id="b", speed_mps=2.0), LostWalk(id="lost"))
TAKES = {walk.id: walk for walk in WALKS}
NUM_CLIPS = 3
# Two clips of five frames fill four batches of three frames, with padding in the last batch; one
# clip fills two batches.
BATCH_FRAMES = 3


@pytest.fixture(scope="module", autouse=True)
def few_places():
    """Simulate with arrays for 512 faces instead of 5,120, since the body has 80 faces."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("radarsim.signal.standard_sizes.STANDARD_PLACES", 512)
        yield


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "SMPL_NEUTRAL.npz"
    np.savez(path, **synthetic_model("smpl", 10))
    return str(path)


@pytest.fixture(scope="module")
def clips(models):
    """Three clips; the second ends one frame before the end of a full clip."""
    takes = WALKS[:2]
    found = [clip for take in takes for clip in select_clips(RECIPE, take, models).clips]
    clips = [replace(clip, row=row) for row, clip in enumerate(found[:NUM_CLIPS])]
    assert {clip.num_frames for clip in clips} == {5}
    return [clips[0], replace(clips[1], num_frames=4), clips[2]]


def batched(models, per_call, batch_frames=BATCH_FRAMES):
    """Return a clip maker that uses the method for accelerators."""
    return ClipMaker(
        body_models=models, keep_cubes=True, per_call=per_call, batch_frames=batch_frames
    )


def made_by(maker, clips):
    """Arrays of each clip, keyed by row."""
    return {clip.row: arrays for clip, arrays in maker.made_clips(RECIPE, clips, TAKES)}


@pytest.fixture(scope="module")
def in_pairs(models, clips):
    return made_by(batched(models, 2), clips)


def assert_same_bytes(one, other):
    assert one.keys() == other.keys()
    for row, arrays in one.items():
        assert arrays.keys() == other[row].keys()
        for name, values in arrays.items():
            assert values.tobytes() == other[row][name].tobytes(), (row, name)


def test_a_clip_has_the_values_of_the_path_for_one_clip(models, clips, in_pairs):
    """Both methods approximate the same echo to -80 dB, but with different array sizes."""
    alone = made_by(ClipMaker(body_models=models, keep_cubes=True), clips)
    assert alone.keys() == in_pairs.keys()
    for row, arrays in alone.items():
        found = in_pairs[row]
        assert arrays.keys() == found.keys()
        assert relative_db(found["if_cube"], arrays["if_cube"].astype(np.float64)) < -77
        for name in ("time_range", "time_doppler", "time_angle", "range_doppler"):
            # Half a step of float16 at 64 to 128 dB, twice; weak cells contain the errors.
            loud = arrays[name] > arrays[name].max() - 50
            assert loud.any()
            np.testing.assert_allclose(found[name][loud], arrays[name][loud], atol=0.07)
        for name in ("num_frames", "num_columns", "num_points", "poses", "transl"):
            np.testing.assert_array_equal(found[name], arrays[name])


def test_bytes_do_not_depend_on_the_number_of_clips_per_call(models, clips, in_pairs):
    """The bytes of a clip depend neither on the size of the call nor on the other clips in it.

    Frames are simulated in batches of one length, because another length changes the rounding.
    """
    assert_same_bytes(made_by(batched(models, 1), clips[::-1]), in_pairs)


def test_clips_that_need_more_than_the_standard_sizes_are_simulated_again(models, clips, in_pairs):
    """Values from arrays that are too small are discarded, and no clip is lost or made twice."""
    batches = ClipBatches(RECIPE, 2, True, BATCH_FRAMES)
    batches.standard = replace(batches.standard, num_cells=batches.standard.num_cells // 2)
    found = list(batches.run(posed_rows(RECIPE, clips, TAKES, models)))
    assert batches.num_again == len(found) == NUM_CLIPS
    assert_same_bytes({made.row.clip.row: made.arrays for made in found}, in_pairs)


def test_poses_from_other_processes_are_those_of_this_process(models, clips):
    here, there = (list(posed_rows(RECIPE, clips, TAKES, models, count)) for count in (0, 1))
    for one, other in zip(here, there, strict=True):
        assert one.clip == other.clip
        # Worker processes use one thread, which may change the last digit of a product.
        np.testing.assert_allclose(
            one.posed.posed.subjects[0].poses_rad, other.posed.posed.subjects[0].poses_rad, 1e-5
        )
        np.testing.assert_array_equal(one.arrays["poses"], other.arrays["poses"])


def test_an_unusable_clip_fails_alone_and_a_changed_take_stops_the_shard(models, clips, in_pairs):
    maker = batched(models, 2)
    lost = replace(clips[0], row=7, take="lost")
    found = made_by(maker, [clips[0], lost, *clips[1:]])
    assert isinstance(found[7], InputError)
    assert "not a finite number" in str(found.pop(7))
    assert_same_bytes(found, in_pairs)
    with pytest.raises(TakeChanged):
        made_by(maker, [replace(clips[0], take_sha256="2")])


def test_batches_on_an_accelerator_depend_on_the_recipe_and_the_device(monkeypatch):
    """Calls fill batches of frames: five batches of 64 frames hold 64 clips of five frames.

    Clips with hidden point removal are simulated one by one, because the method needs the host.
    """
    hidden = replace(RECIPE, simulation=Simulation(visibility="hpr"))
    kind = jax.devices()[0].device_kind
    for device, frames, at_once in (("cpu", None, None), ("gpu", 64, 64)):
        monkeypatch.setattr("jax.default_backend", lambda device=device: device)
        assert ClipMaker().device(RECIPE) == (kind, frames)
        assert ClipMaker().clips_at_once(RECIPE) == at_once
        assert ClipMaker().clips_at_once(hidden) is None
        assert ClipMaker().device(hidden) == (kind, None)
    assert ClipMaker(batch_frames=8).device(RECIPE) == (kind, 8)

    def per_call(seconds, batch_frames):
        recipe = replace(RECIPE, clips=Clips(length_s=seconds))
        return clips_per_call(recipe, batch_frames)

    # 500 of 512 frames, 900 of 1,024, 500 of 512, and a clip that is longer than a call
    assert [per_call(seconds, 512) for seconds in (5.0, 30.0, 50.0, 600.0)] == [10, 3, 1, 1]


def test_all_shards_of_a_store_use_the_batches_of_the_first(tmp_path):
    """A finished store keeps the device record, unless the device simulates frame by frame."""
    folder = open_folder(tmp_path)
    assert agreed_frames_per_batch(folder, "H100", 512) == 512
    assert agreed_frames_per_batch(folder, "H100", 256) == 512
    with pytest.raises(InputError, match="is A100, but the store was begun on H100"):
        agreed_frames_per_batch(folder, "A100", 512)
    for path, data in record_to_keep(folder).items():
        folder.write(path, data)
    assert kept_frames_per_batch(folder) == 512
    on_processor = open_folder(tmp_path / "cpu")
    assert agreed_frames_per_batch(on_processor, "cpu", None) is None
    assert record_to_keep(on_processor) == {}
    assert kept_frames_per_batch(on_processor) is None


@pytest.mark.slow
def test_builds_with_other_batches_and_workers_have_the_same_bytes(tmp_path, models):
    walks = (WALKS[0], Walk(id="b", seconds=1.2, speed_mps=2.0))
    found = [clip for walk in walks for clip in select_clips(RECIPE, walk, models).clips]
    plan, takes = make_plan(RECIPE, found), {walk.id: walk for walk in walks}
    assert plan.num_shards > 1
    stores = []
    for per_call, workers in ((2, 1), (1, 2)):
        maker = batched(models, per_call)
        path, store_spec = tmp_path / f"{workers}.zarr", make_store_spec(plan, takes)
        summary = build(plan, takes, str(path), store_spec, maker, workers=workers, quiet=True)
        assert (summary.unfinished, summary.failed) == ([], [])
        assert Store(path).frames_per_batch == BATCH_FRAMES
        stores.append(store_bytes(path))
    assert stores[0] == stores[1]
