"""The arrays of a clip depend only on the take, the placement and the seed."""

from dataclasses import dataclass, replace
from importlib import import_module

import jax
import numpy as np
import pytest

from pipelines.clip_selection import CUT, OUTSIDE, TOO_SHORT, select_clips
from pipelines.clip_simulation import _simulated_pelvis_m, make_clip
from pipelines.first_clip import compile_other_programs
from pipelines.plan import Clip
from pipelines.recipe import Clips, Keep, Placements, Recipe, Simulation
from pipelines.sources import TakeChanged
from pipelines.subjects import placed_window, poses_for
from radarsim.files import open_motion
from radarsim.heatmaps import heatmaps
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from radarsim.radar.frame import Frame
from radarsim.scene.formats import npz
from radarsim.scene.motion import Motion
from radarsim.signal import face_selection, noise_and_adc
from tests.helpers.pipeline_fakes import FakeTake
from tests.helpers.synthetic_bodies import synthetic_model

pytestmark = pytest.mark.usefixtures("fast_compilation")

BOARD = BOARDS[DEFAULT_BOARD]
RADAR = replace(
    BOARD,
    chirp=replace(BOARD.chirp, num_samples=64),
    frame=Frame(num_chirps=24, period_s=0.1, tx_order=(0, 1, 2)),
)
RATE_HZ = 60.0
# The name `radarsim.simulate` also refers to a function.
simulate_module = import_module("radarsim.simulate")


@dataclass(frozen=True, kw_only=True)
class Walk(FakeTake):
    """A take of a walk straight ahead, at constant speed with swinging legs."""

    id: str = "walk"
    subject: str = "s"
    source: str = "test"
    seconds: float = 3.2
    speed_mps: float = 0.1
    version: str = "1"

    def load(self) -> Motion:
        time_s = np.arange(round(self.seconds * RATE_HZ) + 1) / RATE_HZ
        poses_rad = np.zeros((len(time_s), 24, 3))
        poses_rad[:, 0, 0] = np.pi / 2
        poses_rad[:, 1, 0] = 0.4 * np.sin(3 * time_s)
        transl_m = np.zeros((len(time_s), 3))
        transl_m[:, 1] = -self.speed_mps * time_s  # the body faces -y in the upright rest pose
        return Motion(poses_rad=poses_rad, transl_m=transl_m, rate_hz=RATE_HZ, name=self.id)

    def sha256(self) -> str:
        return self.version


def recipe_of(length_s=3.2, **changes):
    clips = Clips(length_s=length_s, stride_s=length_s)
    return Recipe(radar=RADAR, clips=clips, **changes)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "SMPL_NEUTRAL.npz"
    np.savez(path, **synthetic_model("smpl", 10))
    return str(path)


def test_the_room_of_a_clip_ignores_poses_that_are_not_simulated():
    """A clip with half of the frames ends in the middle; a full clip uses its whole window."""
    recipe = recipe_of()
    window, half = Walk().load(), recipe.num_frames // 2
    used = _simulated_pelvis_m(recipe, half, window)
    assert len(used) == poses_for(RADAR, half, RATE_HZ) < window.num_poses
    assert len(_simulated_pelvis_m(recipe, recipe.num_frames, window)) == window.num_poses


def only_clip(recipe, take, models) -> Clip:
    (clip,) = select_clips(recipe, take, models).clips
    return replace(clip, row=0, shard=0, split="train")


@pytest.fixture(scope="module")
def made(models):
    recipe = recipe_of(keep=Keep(motion=True))
    clip = only_clip(recipe, Walk(), models)
    return make_clip(recipe, clip, Walk(), body_models=models, keep_cubes=True)


@dataclass(frozen=True, kw_only=True)
class StoredWalk(Walk):
    """A walk in a file, from which only the poses of the current clip are read."""

    path: str

    def load(self) -> Motion:
        return open_motion(self.path, self.id)


@pytest.fixture
def stored_walk(tmp_path, monkeypatch):
    monkeypatch.setattr(npz, "LARGE_BYTES", 0)
    walk = Walk(seconds=9.6).load()
    arrays = {"poses": walk.poses_rad.reshape(-1, 72), "trans": walk.transl_m}
    np.savez_compressed(tmp_path / "walk.npz", **arrays, mocap_framerate=RATE_HZ)
    return StoredWalk(path=str(tmp_path / "walk.npz"))


def test_arrays_have_the_schemas_shapes_and_types(made):
    assert made["if_cube"].shape == (32, 24, 3, 4, 64, 2)
    assert made["if_cube"].dtype == np.int16
    assert made["time_doppler"].shape == (33, 256)
    assert made["time_doppler"].dtype == np.float16
    assert made["num_frames"] == 32
    assert made["num_columns"] == 33


def test_a_short_clip_equals_a_clip_of_a_recipe_for_short_clips(made, models):
    """Padding a 30-frame clip to 32 frames (3.2 s) changes neither clutter nor number of frames."""
    long, short = recipe_of(3.2), recipe_of(3.0)
    clip = only_clip(short, Walk(), models)
    assert clip.num_frames == 30
    padded = make_clip(long, clip, Walk(), body_models=models, keep_cubes=True)
    alone = make_clip(short, clip, Walk(), body_models=models, keep_cubes=True)
    columns = alone["num_columns"]
    assert padded["num_columns"] == columns
    # Array sizes differ, so values close to a rounding boundary may differ by one ADC step.
    difference = padded["if_cube"][:30].astype(int) - alone["if_cube"]
    assert np.abs(difference).max() <= 1
    assert not padded["if_cube"][30:].any()
    for name in ("time_range", "time_doppler", "time_angle"):
        # The spacing of float16 is 1/32 dB up to 64 dB.
        np.testing.assert_allclose(padded[name][:columns], alone[name], atol=0.1)
        assert (padded[name][columns:] == -10).all()


def test_another_seed_changes_only_the_noise(made, models):
    recipe = recipe_of(keep=Keep(motion=True))
    clip = only_clip(recipe, Walk(), models)
    other = make_clip(
        recipe, replace(clip, seed=clip.seed + 1), Walk(), body_models=models, keep_cubes=True
    )
    assert (other["if_cube"] != made["if_cube"]).any()
    np.testing.assert_array_equal(other["poses"], made["poses"])


def test_all_bits_of_a_seed_above_32_bits_are_used(models):
    recipe = recipe_of(simulation=Simulation(quantise=False))
    clip = only_clip(recipe, Walk(), models)
    noise = [
        make_clip(recipe, replace(clip, seed=seed), Walk(), body_models=models, keep_cubes=True)[
            "if_cube"
        ]
        for seed in (5, 5 + 2**40)
    ]
    assert (noise[0] != noise[1]).any()


def test_kept_poses_walk_towards_the_radar(made):
    assert made["poses"].shape == (193, 24, 3)
    step_m = np.diff(made["transl"][:, 0])
    np.testing.assert_allclose(step_m, -0.1 / 60, atol=1e-5)  # speed towards the radar, in float32


def test_a_changed_take_is_not_simulated(models):
    recipe = recipe_of()
    clip = only_clip(recipe, Walk(), models)
    with pytest.raises(TakeChanged, match="changed since the plan was made"):
        make_clip(recipe, clip, Walk(version="2"), body_models=models)


def test_with_one_placement_per_take_the_second_clip_continues_the_first(models):
    """With scope "sequence", the second window starts where the first ends; with "clip", at 3 m."""
    take = Walk(seconds=6.4)
    for scope, second_starts_m in (("sequence", 3.0 - 0.32), ("clip", 3.0)):
        recipe = recipe_of(placements=Placements(scope=scope))
        clips = select_clips(recipe, take, models).clips
        assert [clip.start_s for clip in clips] == [0.0, 3.2]
        motion = take.load()
        starts_m = [placed_window(recipe, clip, motion).pelvis_m[0, 0] for clip in clips]
        np.testing.assert_allclose(starts_m, [3.0, second_starts_m], atol=1e-9)


def test_every_placement_is_a_separate_clip(models):
    ranges = Placements(per_clip=3, distance_m=(2.5, 4.0), heading_rad=(-1.0, 1.0))
    clips = select_clips(recipe_of(placements=ranges), Walk(), models).clips
    assert len({clip.id for clip in clips}) == 3
    assert len({clip.distance_m for clip in clips}) == 3
    assert len({clip.seed for clip in clips}) == 3


@pytest.mark.parametrize(
    ("take", "num_frames", "causes"),
    [
        (Walk(), [32], []),
        (Walk(seconds=2.0), [], [TOO_SHORT]),
        (Walk(seconds=5.0), [32], [TOO_SHORT]),
        (Walk(speed_mps=0.65), [31], [CUT]),  # the walk of 2 m to the near edge takes 3.08 s
        (Walk(speed_mps=3.0), [], [OUTSIDE]),
    ],
)
def test_parts_without_clips_are_counted_by_cause(models, take, num_frames, causes):
    found = select_clips(recipe_of(), take, models)
    assert [clip.num_frames for clip in found.clips] == num_frames
    assert [note.cause for note in found.notes] == causes


def test_a_clip_starts_when_the_subject_stays_inside(models):
    """A clip starts at the first multiple of 0.5 s from which the runner stays inside the area."""

    @dataclass(frozen=True, kw_only=True)
    class Stopping(Walk):
        seconds: float = 6.0

        def load(self):
            motion = super().load()
            ahead = np.minimum(np.arange(motion.num_poses) / RATE_HZ, 1.2) * 3.0
            return replace(motion, transl_m=np.stack([0 * ahead, -ahead, 0 * ahead], axis=1))

    found = select_clips(recipe_of(), Stopping(), models)
    assert [clip.start_s for clip in found.clips] == [1.0]
    assert [note.cause for note in found.notes] == [OUTSIDE, TOO_SHORT]


def test_a_clip_read_from_part_of_a_file_equals_that_of_the_whole_motion(stored_walk, models):
    recipe = recipe_of(keep=Keep(motion=True))
    clips = select_clips(recipe, stored_walk, models).clips
    assert clips == select_clips(recipe, Walk(seconds=9.6), models).clips
    assert [clip.start_s for clip in clips] == [0.0, 3.2, 6.4]
    in_file = make_clip(recipe, clips[1], stored_walk, body_models=models, keep_cubes=True)
    whole = make_clip(recipe, clips[1], Walk(seconds=9.6), body_models=models, keep_cubes=True)
    assert in_file.keys() == whole.keys()
    for name, values in whole.items():
        np.testing.assert_array_equal(in_file[name], values, err_msg=name)


def test_a_file_truncated_during_a_build_is_a_changed_take(stored_walk, models):
    """Reading a file that was truncated after planning raises TakeChanged."""
    recipe = recipe_of()
    clips = select_clips(recipe, stored_walk, models).clips
    with open(stored_walk.path, "r+b") as file:
        file.truncate(600)
    with pytest.raises(TakeChanged, match="not an npz file, or truncated"):
        make_clip(recipe, clips[0], stored_walk, body_models=models)


def test_programs_compiled_ahead_are_those_of_a_clip(made, models):
    """After a clip has been simulated, `compile_other_programs` compiles no further program."""
    programs = (face_selection._select, noise_and_adc._receive, heatmaps._columns_of)
    before = [program._cache_size() for program in programs]
    assert min(before) > 0
    recipe = recipe_of(keep=Keep(motion=True))
    clip = only_clip(recipe, Walk(), models)
    compile_other_programs(recipe, clip, Walk(), models, keep_cubes=True)
    assert [program._cache_size() for program in programs] == before


def test_further_clips_compile_only_the_sum_and_only_for_new_sizes(made, models, caplog):
    """Clips that differ in motion, place, lobe width, noise and length compile only new sum sizes.

    The first short clip also compiles the clutter removal for partial clips of any length.
    """
    recipe = recipe_of()
    full = only_clip(recipe, Walk(), models)
    first_short = replace(full, num_frames=25)
    walk = Walk(id="other", speed_mps=0.3)
    other = replace(only_clip(recipe, walk, models), sigma_rad=0.4, extra_noise_db=1.0)
    make_clip(recipe, first_short, Walk(), body_models=models)
    sizes = simulate_module._compiled_echo.cache_info
    before = sizes().misses
    # The setting applies to all threads, whereas `jax.log_compiles` applies to one thread only.
    jax.config.update("jax_log_compiles", True)
    try:
        for clip in (other, replace(other, num_frames=28, seed=7, distance_m=3.2)):
            make_clip(recipe, clip, walk, body_models=models)
    finally:
        jax.config.update("jax_log_compiles", False)
    compiled = [line for line in caplog.messages if line.startswith("Compiling")]
    assert len(compiled) == sizes().misses - before
    assert all("_clip_echo" in line for line in compiled), compiled
