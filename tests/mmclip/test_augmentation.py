"""Tests of every augmentation and preprocessing step, enabled and disabled."""

import jax
import numpy as np
import pytest

from mmclip import augmentation
from mmclip.preprocessing import network_input
from mmclip.settings import AugmentSettings
from mmclip.store import FLOOR_DB

pytestmark = pytest.mark.usefixtures("fast_compilation")

# One program for each function and settings, instead of one for each operation.
augment = jax.jit(augmentation.augment, static_argnums=2)
draw_range_shift = jax.jit(augmentation.draw_range_shift, static_argnums=(1, 2))
shift_range = jax.jit(augmentation.shift_range)
add_noise = jax.jit(augmentation.add_noise, static_argnums=2)
blank_columns = jax.jit(augmentation.blank_columns, static_argnames="max_columns")
blank_heatmaps = jax.jit(augmentation.blank_heatmaps, static_argnums=2)
resized_input = jax.jit(network_input, static_argnums=1)
KEY = jax.random.key(0)
RNG = np.random.default_rng(0)
MAPS = {
    name: np.maximum(RNG.normal(0, 9, (6, 12, 40)), FLOOR_DB).astype(np.float32)
    for name in ("time_doppler", "time_range", "time_angle")
}
STRONG = AugmentSettings(drop=0.9, noise_db=1.0)
DISABLED = AugmentSettings(range_shift=0, level_db=0, noise_db=0, drop=0, drop_columns=0)


def test_disabled_augmentation_changes_nothing():
    for name, map_db in augment(KEY, MAPS, DISABLED).items():
        np.testing.assert_array_equal(map_db, MAPS[name])


def test_a_range_shift_moves_a_target_without_wrap_around():
    """A shift moves the target by the given number of bins and sets vacated cells to the floor."""
    map_db = np.full((3, 2, 40), FLOOR_DB, np.float32)
    map_db[:, :, 20], map_db[:, :, 39] = 30.0, 10.0
    shifted = np.asarray(shift_range(map_db, np.array([8, -15, 0])))
    assert shifted[:, 0].argmax(axis=1).tolist() == [28, 5, 20]
    assert float(shifted[0, 0, :8].max()) == FLOOR_DB
    assert float(shifted[1, 0, 25:].max()) == FLOOR_DB
    np.testing.assert_array_equal(shifted[2], map_db[2])


def test_range_shifts_are_0_or_8_to_15_bins_in_either_direction():
    bins = np.asarray(draw_range_shift(KEY, 4000, AugmentSettings(range_shift=0.5)))
    assert set(np.abs(bins)) == {0, *range(8, 16)}
    # The tolerance is 5 standard deviations (0.8 % each) of the mean of 4,000 draws.
    assert abs(np.mean(bins != 0) - 0.5) < 0.04
    assert abs(np.mean(bins[bins != 0] > 0) - 0.5) < 0.056


def test_with_the_direction_farther_every_shift_moves_the_echo_away():
    settings = AugmentSettings(range_shift=1.0, shift_direction="farther")
    bins = np.asarray(draw_range_shift(KEY, 4000, settings))
    assert set(bins) == set(range(8, 16))
    # The shifts differ only in sign from those drawn for both directions.
    both = draw_range_shift(KEY, 4000, AugmentSettings(range_shift=1.0))
    np.testing.assert_array_equal(bins, np.abs(both))


def test_only_the_time_range_heatmap_is_shifted():
    out = augment(KEY, MAPS, AugmentSettings(range_shift=1, level_db=0, noise_db=0))
    np.testing.assert_array_equal(out["time_doppler"], MAPS["time_doppler"])
    assert not np.array_equal(out["time_range"], MAPS["time_range"])


def test_the_level_change_is_equal_in_all_heatmaps_and_limited_by_the_floor():
    out = augment(KEY, MAPS, AugmentSettings(range_shift=0, level_db=6, noise_db=0))
    for window in range(6):
        changes = [
            (np.asarray(out[name]) - MAPS[name])[window][MAPS[name][window] > 0] for name in MAPS
        ]
        changes = np.concatenate(changes)
        assert np.ptp(changes) < 1e-4  # float32 rounding near 30 dB
        assert abs(changes[0]) <= 6
    assert all(float(map_db.min()) >= FLOOR_DB for map_db in out.values())


def test_the_noise_level_differs_between_windows_and_no_cell_is_below_the_floor():
    zeros = np.zeros((300, 20, 20), np.float32)
    deviations = np.asarray(add_noise(KEY, zeros, 2.0)).std(axis=(1, 2))
    # A standard deviation estimated from 400 cells has a standard error of 4 %.
    assert deviations.max() < 2.3
    assert deviations.min() < 0.2
    assert float(add_noise(KEY, zeros - 10, 2.0).min()) == FLOOR_DB


def test_the_same_columns_are_blanked_in_all_heatmaps():
    maps = {name: np.zeros((200, 12, 8), np.float32) for name in MAPS}
    out = blank_columns(KEY, maps, max_columns=5)
    blank = {name: np.all(np.asarray(each) == FLOOR_DB, axis=2) for name, each in out.items()}
    np.testing.assert_array_equal(blank["time_doppler"], blank["time_angle"])
    lengths = blank["time_range"].sum(axis=1)
    assert lengths.min() == 0
    assert lengths.max() == 5
    starts = np.diff(blank["time_range"].astype(int), axis=1, prepend=0)
    assert ((starts == 1).sum(axis=1) <= 1).all()  # the blanked columns are consecutive


@pytest.mark.parametrize("probability", [0.5, 1.0])
def test_at_least_one_heatmap_of_a_window_is_not_blanked(probability):
    zeros = {name: np.zeros((300, 2, 2), np.float32) for name in MAPS}
    out = blank_heatmaps(KEY, zeros, probability)
    blank = np.stack([np.all(np.asarray(each) == FLOOR_DB, axis=(1, 2)) for each in out.values()])
    assert blank.any()
    assert not blank.all(axis=0).any()


def test_a_missing_heatmap_stays_blank_and_another_one_is_kept():
    """Windows of a store with one heatmap, in a batch with windows that have all heatmaps."""
    maps = {name: np.tile(map_db, (20, 1, 1)) for name, map_db in MAPS.items()}
    single = np.arange(120) < 60
    for name in ("time_range", "time_angle"):
        maps[name][single] = FLOOR_DB
    out = augment(KEY, maps, STRONG)
    for name in ("time_range", "time_angle"):
        np.testing.assert_array_equal(out[name][single], FLOOR_DB)
    assert (np.asarray(out["time_doppler"])[single] > FLOOR_DB).any(axis=(1, 2)).all()
    # The draws of the other windows are those of a batch in which no heatmap is missing.
    tiled = {name: np.tile(map_db, (20, 1, 1)) for name, map_db in MAPS.items()}
    complete = augment(KEY, tiled, STRONG)
    for name in maps:
        np.testing.assert_array_equal(out[name][~single], complete[name][~single])


def test_the_network_input_of_each_heatmap_ranges_from_minus_one_to_one():
    maps = {name: map_db * (1 + index) for index, (name, map_db) in enumerate(MAPS.items())}
    inputs = np.asarray(resized_input(maps, 40))
    assert inputs.shape == (6, 3, 12, 40)
    np.testing.assert_allclose(inputs.min(axis=(2, 3)), -1, atol=1e-6)
    np.testing.assert_allclose(inputs.max(axis=(2, 3)), 1, atol=1e-6)
    assert (
        float(resized_input({"time_range": np.full((1, 4, 8), FLOOR_DB, np.float32)}, 8).max())
        == -1
    )


def test_resizing_preserves_the_relative_position_of_a_target():
    map_db = np.zeros((1, 4, 256), np.float32)
    map_db[:, :, 64] = 40.0
    resized = np.asarray(resized_input({"time_range": map_db}, 224))
    # Bin 64 of 256 is centred at (64 + 0.5) / 256 of the axis length.
    assert abs((resized[0, 0, 0].argmax() + 0.5) / 224 - 64.5 / 256) < 1 / 224
