"""One program from poses to heatmaps gives the maps of the step-by-step path through the host."""

from dataclasses import replace
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from builders.activities import perform
from radarsim import batch
from radarsim.batch import BatchSimulator
from radarsim.errors import InputError
from radarsim.files import free_body
from radarsim.frame_batches import MOST_FRAMES, frames_per_batch, map_in_batches, shortest_batches
from radarsim.heatmaps.heatmaps import HeatmapSettings, make_heatmaps
from radarsim.posed_clip import pose_clip, stack_clips
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from radarsim.scattering.physical_optics import PhysicalOptics
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scattering.roughness import Roughness
from radarsim.scene.motion import cut_motion
from radarsim.scene.placement import Placement
from radarsim.scene.retarget import fit_to_body
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject
from radarsim.signal.array_sizes import RequiredSizes, largest
from radarsim.signal.face_selection import sizes_of_selection
from radarsim.signal.phase_rates import PhaseRates
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import simulate
from radarsim.stream import stream
from tests.helpers.moving_sphere import relative_db, small_radar

pytestmark = pytest.mark.usefixtures("fast_compilation")

RADAR = small_radar(num_chirps=8, num_samples=64)
# The tests of pipelines.device_clips and of scenes of people cover the occlusion test in batches.
SETTINGS = SimulationSettings(visibility="facing")
MAPS = HeatmapSettings(window_chirps=8, step_chirps=4, num_doppler_bins=16, num_angle_bins=16)
NUM_FRAMES = 3
BODY = free_body()
LOBES = QuasiSpecular(0.35)


@pytest.fixture(scope="module")
def clips():
    """The scene and key of a person who walks 2.5 m away, and of a person who jumps 1.5 m away."""
    made = []
    for index, (activity, range_m) in enumerate(
        [("walking_forward_and_backward", 2.5), ("jump", 1.5)]
    ):
        fitted = fit_to_body(perform(activity, duration_s=3.0), BODY)
        fitted = fitted._replace(motion=cut_motion(fitted.motion, 60, 100))
        subject = Subject(fitted, BODY, Placement(distance_m=range_m))
        made.append((Scene([subject]), jax.random.key(index)))
    return made


def posed(scene, key):
    return pose_clip(RADAR, scene, key, LOBES, SETTINGS, num_frames=NUM_FRAMES)


def cube_by_steps(scene, key):
    return simulate(RADAR, scene, key, LOBES, SETTINGS, num_frames=NUM_FRAMES)


@pytest.fixture(scope="module")
def simulator():
    return BatchSimulator(RADAR, (BODY,), SETTINGS, MAPS)


@pytest.fixture(scope="module")
def tried():
    """Array sizes of all simulations of `found`; the first has too few places for faces.

    The first guess is a quarter of the places that the first clip requires.
    """
    sizes, simulate_clips, guess = [], batch._simulate_clips, batch.largest_of_bodies

    def simulate_and_record(*arguments, **options):
        sizes.append(arguments[3])
        return simulate_clips(*arguments, **options)

    def too_small(required):
        patch.setattr(batch, "largest_of_bodies", guess)  # use the true sizes after the first guess
        enough = guess(required)
        return replace(enough, num_places=enough.num_places // 4)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "_simulate_clips", simulate_and_record)
        patch.setattr(batch, "largest_of_bodies", too_small)
        yield sizes


@pytest.fixture(scope="module")
def found(simulator, clips, tried):
    """Maps of both clips, from the second simulation, whose arrays have enough places for faces."""
    return simulator(stack_clips([posed(*clip) for clip in clips]))


def test_one_program_over_clips_has_the_maps_of_each_clip_by_itself(clips, found):
    """Rounding changes a few ADC codes: 0.01 dB in cells that exceed the noise."""
    for index, clip in enumerate(clips):
        wished = make_heatmaps(RADAR, cube_by_steps(*clip), MAPS)
        for name in ("time_range", "time_doppler", "time_angle"):
            one, other = (np.asarray(getattr(maps, name)) for maps in (found, wished))
            assert one[index].shape == other.shape
            loud = other > 3
            np.testing.assert_allclose(one[index][loud], other[loud], atol=0.01)


def test_clips_that_need_more_than_was_guessed_are_simulated_again(found, tried):
    """If arrays are too small for all faces, the clips are simulated again with larger arrays.

    A separate test in this module compares the maps with those of the step-by-step path.
    """
    guess, enough = tried[:2]
    assert guess.num_places < enough.num_places


def test_the_most_of_two_clips_holds_both():
    """The nearer clip determines the use of antenna pairs, and the larger clip the array sizes."""

    def required(num_places, **bins):
        still = PhaseRates(*(jnp.zeros(1),) * 4)
        bins = {name: jnp.float32([value]) for name, value in bins.items()}
        return RequiredSizes(num_places=jnp.array([num_places]), rates=still, **bins)

    both = largest(
        required(5, group_bins=1.0, band_bins=9.0, near_m=2.0),
        required(7, group_bins=0.5, band_bins=4.0, near_m=3.0),
    )
    assert (both.num_places, both.group_bins, both.band_bins, both.near_m) == (7, 1.0, 9.0, 2.0)


def test_a_long_motion_in_pieces_is_the_whole_one(clips):
    """Frames, noise and ADC steps agree; array sizes depend on the piece, so rounding differs."""
    scene, key = clips[0]
    whole_v = simulate(RADAR, scene, key, LOBES, SETTINGS)
    chunks_v = list(stream(RADAR, scene, key, LOBES, SETTINGS, frames_per_chunk=3))
    assert [len(chunk) for chunk in chunks_v] == [3, 3, len(whole_v) - 6]
    assert relative_db(np.concatenate(chunks_v), np.asarray(whole_v)) < -40


@pytest.mark.slow
def test_a_rough_surface_has_the_same_cube_in_a_batch_and_another_one_than_a_smooth_surface(clips):
    """Both paths sum each face twice; the noise, which is equal, is turned off here.

    The limit covers the different rounding of two compiled programs.
    """
    scene, key = clips[0]
    quiet = replace(SETTINGS, thermal_noise=False, quantise=False)
    models = PhysicalOptics(roughness=Roughness()), PhysicalOptics()
    rough, smooth = (simulate(RADAR, scene, key, each, quiet, num_frames=1) for each in models)
    clip = pose_clip(RADAR, scene, key, models[0], quiet, num_frames=1)
    batched = BatchSimulator(RADAR, (BODY,), quiet, None)(stack_clips([clip]))[0]
    assert relative_db(batched, np.asarray(rough)) < -70
    assert relative_db(smooth, np.asarray(rough)) > -10


def test_frames_of_many_clips_at_a_time_are_those_of_each_clip(simulator, clips, found):
    """A GPU simulates frames of several clips at a time, here two batches of four frames.

    Without heatmap settings, the result is the IF cubes. Rounding changes a few ADC codes, and most
    of the cube is noise.
    """
    by_clip_v = np.stack([cube_by_steps(*clip) for clip in clips])
    stacked = stack_clips([posed(*clip) for clip in clips])
    sizes = sizes_of_selection(RADAR, SETTINGS, LOBES, simulator.required)
    cubes = BatchSimulator(RADAR, (BODY,), SETTINGS, None)
    found_v, required = cubes.at_sizes(stacked, sizes, batch_frames=4)
    assert {part.shape[:2] for part in jax.tree.leaves(required)} == {(len(clips), NUM_FRAMES)}
    assert found_v.shape == by_clip_v.shape
    assert relative_db(np.asarray(found_v), by_clip_v) < -40


def test_batches_have_the_same_length_on_all_gpus_of_one_kind(monkeypatch):
    """The number of frames is a power of two that does not depend on a few gigabytes of memory."""

    def frames(usable_gib, radar=BOARDS[DEFAULT_BOARD]):
        device = SimpleNamespace(memory_stats=lambda: {"bytes_limit": int(usable_gib * 2**30)})
        monkeypatch.setattr(jax, "devices", lambda: [device])
        return frames_per_batch(radar, len(BODY.faces))

    # GPUs of 8, 24, 40, 80 and 141 GB, of which JAX uses three quarters
    assert [frames(usable) for usable in (5.9, 16.7, 29.6, 59.4, 104)] == [64, 128, 256, 512, 512]
    assert frames(59.4) == frames(55) == frames(64)
    assert frames(5.9, RADAR) < MOST_FRAMES == frames(104, RADAR)
    monkeypatch.setattr(jax, "devices", lambda: [SimpleNamespace(memory_stats=lambda: None)])
    assert frames_per_batch(BOARDS[DEFAULT_BOARD], len(BODY.faces)) == 64


def test_the_last_batch_is_padded_to_the_length_of_the_others():
    """Of seven items in batches of three, no item is lost, moved or duplicated."""
    found = map_in_batches(lambda item: 2 * item, jnp.arange(7.0), 3)
    np.testing.assert_array_equal(found, 2 * np.arange(7.0))
    batches = jax.make_jaxpr(lambda items: map_in_batches(jnp.sin, items, 3))(jnp.arange(7.0))
    assert "f32[3,3]" in str(batches)
    assert [shortest_batches(count, 4) for count in (1, 4, 5, 9)] == [1, 4, 3, 3]


@pytest.mark.parametrize("wrong", [{"visibility": "hpr"}, {"method": "exact"}])
def test_what_needs_the_host_is_refused(wrong):
    with pytest.raises(InputError, match="use simulate"):
        BatchSimulator(RADAR, (BODY,), SimulationSettings(**wrong), MAPS)
