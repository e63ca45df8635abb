"""Columns and axes of heatmaps; every transform is compared with plain NumPy code."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.heatmaps.heatmaps import (
    HeatmapSettings,
    frames_of_chunks,
    heatmap_axes,
    make_heatmaps,
    maps_of_clip,
    num_columns,
)
from tests.helpers.scenes import RADAR

pytestmark = pytest.mark.usefixtures("fast_compilation")


def small_radar(num_chirps, num_samples):
    return replace(
        RADAR,
        chirp=replace(RADAR.chirp, num_samples=num_samples),
        frame=replace(RADAR.frame, num_chirps=num_chirps),
    )


def random_cube(radar, num_frames, seed=0):
    rng = np.random.default_rng(seed)
    shape = (num_frames, radar.frame.num_chirps, 3, 4, radar.chirp.num_samples)
    return ((rng.normal(size=shape) + 1j * rng.normal(size=shape)) * 1e-3).astype(np.complex64)


def test_fifty_frames_give_385_columns():
    """A clip of 5 s, as in the paper, has (50 x 128 - 256) / 16 + 1 = 385 columns."""
    assert num_columns(RADAR, 50) == 385
    radar = small_radar(128, 8)
    maps = make_heatmaps(radar, random_cube(radar, 50))
    assert maps.time_range.shape == (385, 8)
    assert maps.time_doppler.shape == maps.time_angle.shape == (385, 256)
    axes = heatmap_axes(radar, 50)
    assert axes["time_s"].shape == (385,)
    assert axes["range_m"].shape == (8,)
    assert axes["speed_mps"].shape == axes["angle_rad"].shape == (256,)


def test_columns_carry_the_mean_time_of_their_loops():
    """Column 0 covers frames 0 and 1, column 8 frames 1 and 2; column 4 is centred on frame 1."""
    time_s = heatmap_axes(RADAR, 50)["time_s"]
    centre_of_burst_s = 7e-6 + 6e-6 + 63.5 * 216e-6 + 72e-6
    assert time_s[0] == pytest.approx(0.05 + centre_of_burst_s, abs=1e-9)
    assert time_s[4] == pytest.approx(0.10 + centre_of_burst_s, abs=1e-9)
    assert time_s[8] == pytest.approx(0.15 + centre_of_burst_s, abs=1e-9)
    assert time_s[-1] == pytest.approx(4.85 + centre_of_burst_s, abs=1e-9)
    assert (np.diff(time_s) > 0).all()


def test_axes_are_those_of_the_datasheet():
    """Range bins are 4.29 cm wide, and azimuths span 180 degrees.

    Speeds span +-4.39 m/s, in steps of half the 6.85 cm/s of a burst.
    """
    axes = heatmap_axes(RADAR, 2)
    assert axes["range_m"][0] == 0
    assert np.diff(axes["range_m"]) == pytest.approx(0.0429, abs=5e-5)
    assert axes["speed_mps"][128] == 0
    assert axes["speed_mps"][0] == pytest.approx(-4.386, abs=2e-3)
    assert np.diff(axes["speed_mps"]) == pytest.approx(0.0685 / 2, abs=2e-5)
    angle_rad = axes["angle_rad"]
    assert angle_rad[128] == 0.0
    assert np.isfinite(angle_rad).all()
    np.testing.assert_allclose(np.diff(np.sin(angle_rad)), np.sin(angle_rad[129]), rtol=1e-9)
    # At 79.1 GHz, elements half a wavelength apart at 77 GHz are unambiguous to |sin| = 0.973.
    assert np.sin(angle_rad[0]) == pytest.approx(-77 / 79.1, abs=1e-3)


def test_too_short_a_clip_is_refused_in_one_line():
    with pytest.raises(ValueError, match=r"1 frames of 128 loops are 128 loops.*needs 256"):
        make_heatmaps(RADAR, np.zeros((1, 128, 3, 4, 256), np.complex64))
    with pytest.raises(ValueError, match="needs 256"):
        heatmap_axes(RADAR, 1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"window": "hamming"}, "window: is 'hamming'.*choose one of: burst, paper"),
        ({"clutter": "mti"}, "clutter: is 'mti'.*choose one of: median, clip, window, none"),
        ({"step_chirps": 100}, "is 256 loops, not a multiple.*multiple of 100"),
        ({"num_doppler_bins": 128}, "num_doppler_bins: is 128; must be at least 256"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        HeatmapSettings(**wrong)


# --- reference transforms in plain NumPy ---------------------------------------------------------

SMALL = small_radar(num_chirps=16, num_samples=32)
CUT = {
    "window_chirps": 32,
    "step_chirps": 8,
    "num_doppler_bins": 32,
    "num_angle_bins": 16,
    "angle_window": "uniform",
}


def plain_maps(radar, settings, cube):
    """Compute the maps column by column in float64, with a plain FFT over each axis."""
    cube = np.asarray(cube, np.complex128)
    frames, chirps, _, _, samples = cube.shape
    noise_w = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz) ** 2
    range_taper = np.hanning(samples + 2)[1:-1]
    if settings.clutter == "clip":
        cube = cube - cube.mean((0, 1))
    spectra = np.fft.fft(cube * range_taper) / np.sqrt((range_taper**2).sum() * noise_w)
    aligned = np.fft.fft(spectra, axis=1)
    doppler_hz = np.fft.fftfreq(chirps, radar.loop_period_s)[:, None, None, None]
    delay_s = np.array([0, 1, 2])[:, None, None] * 72e-6
    aligned = np.fft.ifft(aligned * np.exp(-2j * np.pi * doppler_hz * delay_s), axis=1)
    loops, aligned = (x.reshape(frames * chirps, 3, 4, samples) for x in (spectra, aligned))
    row = np.concatenate([aligned[:, 0], aligned[:, 2]], axis=1)
    maps = ([], [], [])
    for start in range(0, len(loops) - settings.window_chirps + 1, settings.step_chirps):
        piece, beams = (x[start : start + settings.window_chirps] for x in (loops, row))
        if settings.clutter == "window":
            piece, beams = piece - piece.mean(0), beams - beams.mean(0)
        maps[0].append((np.abs(piece) ** 2).mean((0, 1, 2)))
        maps[1].append(plain_doppler(settings, loops, chirps, start, piece))
        maps[2].append(plain_angle(settings, beams))
    return [10 * np.log10(levels) for levels in maps]


def plain_doppler(settings, loops, chirps, start, piece):
    """A reference Doppler map, summed over range bins instead of samples (Parseval's theorem)."""
    if settings.window == "paper":
        taper = np.hanning(len(piece) + 2)[1:-1]
        spectrum = np.fft.fft(piece * taper[:, None, None, None], settings.num_doppler_bins, 0)
        power = np.fft.fftshift((np.abs(spectrum) ** 2).mean((1, 2, 3)))
        return power / (taper**2).sum()
    taper, per_loop = np.hanning(chirps + 2)[1:-1], []
    for loop in range(start, start + len(piece)):
        burst = loops[loop // chirps * chirps :][:chirps]
        if settings.clutter == "window":
            burst = burst - burst.mean(0)
        spectrum = np.fft.fft(burst * taper[:, None, None, None], settings.num_doppler_bins, 0)
        per_loop.append(np.fft.fftshift((np.abs(spectrum) ** 2).mean((1, 2, 3))))
    return np.mean(per_loop, 0) / (taper**2).sum()


def plain_angle(settings, beams):
    """The angle map from one beam per angle, which is summed element by element."""
    # The grid ends at the ambiguity limit of the row: its step is one cycle divided by the number
    # of bins.
    turns = np.arange(settings.num_angle_bins) / settings.num_angle_bins - 0.5
    steer = np.exp(2j * np.pi * np.outer(turns, np.arange(8)))
    beam = np.einsum("ae,ler->alr", steer, beams)
    return (np.abs(beam) ** 2).mean((1, 2)) / 8


@pytest.mark.parametrize(
    ("window", "clutter"),
    [("paper", "clip"), ("paper", "window"), ("burst", "none"), ("burst", "window")],
)
def test_maps_equal_the_transforms_written_out(window, clutter):
    """Maps agree within 0.01 dB for float32 sums; random cubes have no bins far below the mean."""
    settings = HeatmapSettings(window=window, clutter=clutter, **CUT)
    cube = random_cube(SMALL, 4)
    maps = make_heatmaps(SMALL, cube, settings)
    wished = plain_maps(SMALL, settings, cube)
    for ours, theirs in zip((maps.time_range, maps.time_doppler, maps.time_angle), wished):
        np.testing.assert_allclose(ours, theirs, atol=0.01)


def test_frames_after_a_column_do_not_change_it():
    settings = HeatmapSettings(clutter="none", **CUT)
    cube = random_cube(SMALL, 6)
    short, long = (make_heatmaps(SMALL, cube[:frames], settings) for frames in (4, 6))
    for few, many in zip(jax.tree.leaves(short), jax.tree.leaves(long)):
        np.testing.assert_allclose(few, many[: len(few)], atol=1e-3)  # float32


def test_jit_and_vmap_change_nothing():
    settings = HeatmapSettings(**CUT)
    cubes = np.stack([random_cube(SMALL, 24, seed) for seed in (0, 1)])
    one_by_one = [make_heatmaps(SMALL, cube, settings) for cube in cubes]
    batch = jax.jit(jax.vmap(lambda cube: make_heatmaps(SMALL, cube, settings)))(cubes)
    for i, alone in enumerate(one_by_one):
        for single, many in zip(jax.tree.leaves(alone), jax.tree.leaves(batch)):
            np.testing.assert_allclose(single, many[i], atol=1e-3)  # float32


@pytest.mark.parametrize("changed", [{}, {"step_chirps": 6}, {"window": "burst"}])
def test_pieces_have_the_columns_of_the_whole(changed):
    """23 frames are processed in three pieces; the step of 6 loops does not divide a burst of 8."""
    settings = HeatmapSettings(**(CUT | {"window_chirps": 24, "num_doppler_bins": 32} | changed))
    cube = jnp.asarray(random_cube(SMALL, 23))
    assert len(frames_of_chunks(SMALL, settings, 23)) == 3
    pieces, whole = make_heatmaps(SMALL, cube, settings), maps_of_clip(SMALL, cube, settings)
    for one, other in zip(jax.tree.leaves(pieces), jax.tree.leaves(whole)):
        np.testing.assert_allclose(one, other, atol=1e-3)  # float32


def test_a_recorded_cube_reads_like_a_simulated_one():
    """A NumPy complex128 cube, as from a file reader, gives the maps of a complex64 JAX array."""
    cube = random_cube(SMALL, 4)
    settings = HeatmapSettings(**CUT)
    recorded = make_heatmaps(SMALL, cube.astype(np.complex128), settings)
    simulated = make_heatmaps(SMALL, jnp.asarray(cube), settings)
    for one, other in zip(jax.tree.leaves(recorded), jax.tree.leaves(simulated)):
        np.testing.assert_array_equal(one, other)


def test_an_empty_cube_stays_finite():
    settings = HeatmapSettings(**CUT)
    maps = make_heatmaps(SMALL, np.zeros((4, 16, 3, 4, 32), np.complex64), settings)
    for levels_db in jax.tree.leaves(maps):
        np.testing.assert_allclose(levels_db, -120, atol=1e-3)
