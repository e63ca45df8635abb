"""Augmentations do what they say, and nothing where they are off."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mmclip import augment as changes
from mmclip.config import Augment
from mmclip.maps import network_input
from mmclip.store import FLOOR_DB

KEY = jax.random.key(0)
RNG = np.random.default_rng(0)
MAPS = {
    name: jnp.asarray(np.maximum(RNG.normal(0, 9, (6, 12, 40)), FLOOR_DB), jnp.float32)
    for name in ("time_doppler", "time_range", "time_angle")
}
OFF = Augment(range_shift=0, level_db=0, noise_db=0, drop=0, drop_columns=0)


def test_with_everything_off_nothing_changes():
    for name, each in changes.augment(KEY, MAPS, OFF).items():
        np.testing.assert_array_equal(each, MAPS[name])


def test_a_target_moves_along_the_range_axis_by_the_bins_drawn():
    """And what moves in is the floor: nothing wraps around from the other end."""
    map_db = jnp.full((3, 2, 40), FLOOR_DB).at[:, :, 20].set(30.0).at[:, :, 39].set(10.0)
    moved = changes.shift_range(map_db, jnp.array([8, -15, 0]))
    assert [int(row) for row in jnp.argmax(moved[:, 0], axis=1)] == [28, 5, 20]
    assert float(moved[0, 0, :8].max()) == FLOOR_DB
    assert float(moved[1, 0, 25:].max()) == FLOOR_DB
    np.testing.assert_array_equal(moved[2], map_db[2])


def test_shifts_are_of_8_to_15_bins_either_way_or_none():
    bins = np.asarray(changes.draw_shift(KEY, 4000, Augment(range_shift=0.5)))
    assert set(np.abs(bins)) == {0, *range(8, 16)}
    # 4,000 coins: 50 % within 5 standard deviations of 0.8 %.
    assert abs(np.mean(bins != 0) - 0.5) < 0.04
    assert abs(np.mean(bins[bins != 0] > 0) - 0.5) < 0.056


def test_only_the_time_range_map_is_shifted():
    out = changes.augment(KEY, MAPS, Augment(range_shift=1, level_db=0, noise_db=0))
    np.testing.assert_array_equal(out["time_doppler"], MAPS["time_doppler"])
    assert not np.array_equal(out["time_range"], MAPS["time_range"])


def test_the_level_changes_alike_in_all_maps_and_stops_at_the_floor():
    out = changes.augment(KEY, MAPS, Augment(range_shift=0, level_db=6, noise_db=0))
    for window in range(6):
        steps = [
            np.asarray(out[name] - MAPS[name])[window][np.asarray(MAPS[name][window]) > 0]
            for name in MAPS
        ]
        steps = np.concatenate(steps)
        assert np.ptp(steps) < 1e-4  # float32 near 30 dB
        assert abs(steps[0]) <= 6
    assert all(float(each.min()) >= FLOOR_DB for each in out.values())


def test_noise_is_drawn_per_window_and_never_below_the_floor():
    quiet = jnp.zeros((300, 20, 20))
    deviations = np.asarray(changes.noise(KEY, quiet, 2.0)).std(axis=(1, 2))
    # A standard deviation from 400 cells is known to 4 %.
    assert deviations.max() < 2.3
    assert deviations.min() < 0.2
    assert float(changes.noise(KEY, quiet - 10, 2.0).min()) == FLOOR_DB


def test_lost_columns_are_lost_in_all_maps_at_once():
    maps = {name: jnp.zeros((200, 12, 8)) for name in MAPS}
    out = changes.drop_run(KEY, maps, longest=5)
    blank = {name: np.all(np.asarray(each) == FLOOR_DB, axis=2) for name, each in out.items()}
    np.testing.assert_array_equal(blank["time_doppler"], blank["time_angle"])
    lengths = blank["time_range"].sum(axis=1)
    assert lengths.min() == 0
    assert lengths.max() == 5
    starts = np.diff(blank["time_range"].astype(int), axis=1, prepend=0)
    assert ((starts == 1).sum(axis=1) <= 1).all()  # one run


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_never_are_all_heatmaps_of_a_window_blank(share):
    out = changes.drop_maps(KEY, {name: jnp.zeros((300, 2, 2)) for name in MAPS}, share)
    blank = np.stack([np.all(np.asarray(each) == FLOOR_DB, axis=(1, 2)) for each in out.values()])
    assert blank.any()
    assert not blank.all(axis=0).any()


def test_the_network_sees_each_map_from_minus_one_to_one():
    maps = {name: each * (1 + number) for number, (name, each) in enumerate(MAPS.items())}
    seen = network_input(maps, 40)
    assert seen.shape == (6, 3, 12, 40)
    np.testing.assert_allclose(seen.min(axis=(2, 3)), -1, atol=1e-6)
    np.testing.assert_allclose(seen.max(axis=(2, 3)), 1, atol=1e-6)
    assert float(network_input({"time_range": jnp.full((1, 4, 8), FLOOR_DB)}, 8).max()) == -1


def test_resizing_keeps_a_target_where_it_was_on_the_axis():
    map_db = jnp.zeros((1, 4, 256)).at[:, :, 64].set(40.0)
    seen = network_input({"time_range": map_db}, 224)
    # Bin centres: (64 + 0.5) / 256 of the axis.
    assert abs((int(jnp.argmax(seen[0, 0, 0])) + 0.5) / 224 - 64.5 / 256) < 1 / 224
