"""Poses to heatmaps in one program: the maps are those of the way through the host."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from builders.activities import perform
from radarsim.batch import Chain, Scene, most, stacked
from radarsim.errors import InputError
from radarsim.files import free_body
from radarsim.heatmaps.heatmaps import HeatmapSettings, make_heatmaps
from radarsim.scattering.levels import FREE_BODY_REFLECTIVITY, volts_per_weight
from radarsim.scene.motion import cut_motion
from radarsim.scene.placement import Placement, place
from radarsim.scene.posed import burst_times_s, pose
from radarsim.scene.retarget import fit_to_body
from radarsim.signal.array_sizes import Extent
from radarsim.signal.phase_rates import Pace
from radarsim.signal.settings import Settings
from radarsim.simulate import simulate_motion, stream_motion
from tests.helpers.moving_sphere import relative_db, small_radar

RADAR = small_radar(num_chirps=8, num_samples=64)
SETTINGS = Settings()
MAPS = HeatmapSettings(window_chirps=8, step_chirps=4, num_doppler_bins=16, num_angle_bins=16)
NUM_FRAMES = 3
BODY = free_body()


@pytest.fixture(scope="module")
def clips():
    """Somebody who walks 2.5 m away, and somebody who jumps 1.5 m away."""
    made = []
    for index, (activity, range_m) in enumerate(
        [("walking_forward_and_backward", 2.5), ("jump", 1.5)]
    ):
        fitted = fit_to_body(perform(activity, duration_s=3.0), BODY)
        placement = Placement(distance_m=range_m)
        motion = place(cut_motion(fitted.motion, 60, 100), placement)
        made.append((motion, placement, fitted, jax.random.key(index)))
    return made


def scene(motion, placement, fitted, key):
    times_s = burst_times_s(RADAR, NUM_FRAMES, SETTINGS.nodes)
    shape = {"betas": fitted.betas, "scale": fitted.body_scale}
    return Scene(
        posed=pose(BODY, motion, placement, times_s, **shape),
        key=key,
        sigma_rad=0.35,
        scale_v=volts_per_weight(RADAR, FREE_BODY_REFLECTIVITY),
    )


def cube_by_steps(motion, placement, fitted, key):
    return simulate_motion(
        RADAR, BODY, motion, placement, key, SETTINGS,
        num_frames=NUM_FRAMES, betas=fitted.betas, scale=fitted.body_scale, sigma_rad=0.35,
    )  # fmt: skip


@pytest.fixture(scope="module")
def chain():
    return Chain(RADAR, BODY, SETTINGS, MAPS)


@pytest.fixture(scope="module")
def found(chain, clips):
    """Maps of both clips; what the first alone needs is tried before."""
    return chain(stacked([scene(*clip) for clip in clips]))


def test_one_program_over_clips_has_the_maps_of_each_clip_by_itself(clips, found):
    """Rounding decides an ADC step here and there: 0.01 dB of what stands out of the noise."""
    for index, clip in enumerate(clips):
        wished = make_heatmaps(RADAR, cube_by_steps(*clip), MAPS)
        for name in ("time_range", "time_doppler", "time_angle"):
            one, other = (np.asarray(getattr(maps, name)) for maps in (found, wished))
            assert one[index].shape == other.shape
            loud = other > 3
            np.testing.assert_allclose(one[index][loud], other[loud], atol=0.01)


def test_clips_that_need_more_than_was_guessed_are_simulated_again(chain, clips, found):
    """Arrays for some of the faces: the program says so, and that result is not used."""
    enough = chain.needed
    chain.needed = replace(enough, num_lit=enough.num_lit // 4)
    again = chain(stacked([scene(*clip) for clip in clips]))
    assert chain.needed.num_lit == enough.num_lit
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_most_of_two_clips_holds_both():
    """Of one frame each: the nearer is what asks for pairs, the larger is what arrays hold."""

    def extent(num_lit, **bins):
        still = Pace(*(jnp.zeros(1),) * 4)
        bins = {name: jnp.float32([value]) for name, value in bins.items()}
        return Extent(num_lit=jnp.array([num_lit]), pace=still, **bins)

    both = most(
        extent(5, group_bins=1.0, band_bins=9.0, near_m=2.0),
        extent(7, group_bins=0.5, band_bins=4.0, near_m=3.0),
    )
    assert (both.num_lit, both.group_bins, both.band_bins, both.near_m) == (7, 1.0, 9.0, 2.0)


def test_a_long_motion_in_pieces_is_the_whole_one(clips):
    """Frames, noise and ADC steps; sizes follow each piece, so an echo differs in rounding."""
    motion, placement, fitted, key = clips[0]
    shape = {"betas": fitted.betas, "scale": fitted.body_scale, "sigma_rad": 0.35}
    whole_v = simulate_motion(RADAR, BODY, motion, placement, key, SETTINGS, **shape)
    pieces_v = list(
        stream_motion(RADAR, BODY, motion, placement, key, SETTINGS, frames_per_piece=3, **shape)
    )
    assert [len(piece) for piece in pieces_v] == [3, 3, len(whole_v) - 6]
    assert relative_db(np.concatenate(pieces_v), np.asarray(whole_v)) < -40


def test_a_chain_without_maps_ends_with_the_cubes(clips):
    cubes_v = Chain(RADAR, BODY, SETTINGS, None)(stacked([scene(*clips[0])]))
    wished_v = np.asarray(cube_by_steps(*clips[0]))
    assert cubes_v.shape == (1, *wished_v.shape)
    # Rounding decides an ADC step here and there, and most of the cube is noise.
    assert relative_db(cubes_v[0], wished_v) < -40


@pytest.mark.parametrize("wrong", [{"visibility": "hpr"}, {"method": "plain"}])
def test_what_needs_the_host_is_refused(wrong):
    with pytest.raises(InputError, match="simulate_motion"):
        Chain(RADAR, BODY, Settings(**wrong), MAPS)
