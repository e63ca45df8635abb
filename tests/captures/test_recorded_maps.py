"""Recorded heatmaps and magnitudes: every setting changes the axes or levels, or is refused."""

import numpy as np
import pytest

from radarsim.captures.array_description import parse_description
from radarsim.captures.array_files import open_array_recording
from radarsim.errors import InputError
from tests.helpers.array_files import write_array, write_picture
from tests.helpers.synthetic_captures import echo, small_radar

RADAR = small_radar(num_chirps=16, tx_order=(0,), num_samples=32, num_rx=1)
FRAMES = ("frame", "doppler", "range")
POWER = '\n[map]\nvalues = "power"'


def opened(folder, values, text, axes=FRAMES, is_real=False, radar=RADAR):
    path = write_array(folder / "walk.npy", values)
    return open_array_recording(path, parse_description(text, "text", axes=axes), radar, is_real)


def strongest(recording, name, axis):
    """Coordinate of the strongest bin of a heatmap."""
    heatmap = recording.read(0, recording.num_columns)[name]
    return recording.axes[axis][heatmap.mean(0).argmax()]


@pytest.mark.parametrize("num_chirps", [16, 15])
@pytest.mark.parametrize("centred", [True, False])
def test_conjugate_magnitudes_have_the_opposite_speeds(tmp_path, num_chirps, centred):
    """Every speed bin is mirrored about zero; the lowest of 16 bins is its own mirror."""
    radar = small_radar(num_chirps=num_chirps, tx_order=(0,), num_samples=32, num_rx=1)
    cube = np.random.default_rng(0).normal(size=(2, 2, num_chirps, 32))
    cube = (cube[0] + 1j * cube[1]).astype(np.complex64)
    spectra = [np.abs(np.fft.fft2(each)) ** 2 for each in (cube, np.conj(cube))]
    spectra[1] = np.roll(spectra[1][..., ::-1], 1, axis=-1)  # the ranges stay
    if centred:
        spectra = [np.fft.fftshift(each, axes=1) for each in spectra]
    text = f"[doppler]\ncentred = {str(centred).lower()}{POWER}"
    plain = opened(tmp_path, spectra[0], text, radar=radar).read(0, 2)
    turned = opened(tmp_path, spectra[1], "conjugate = true\n" + text, radar=radar).read(0, 2)
    for name in ("time_doppler", "time_range"):
        np.testing.assert_allclose(turned[name], plain[name], atol=1e-6)


def test_conjugate_range_doppler_spectra_have_the_opposite_speeds(tmp_path):
    cube = echo(RADAR, 2)
    profiles = np.fft.fft(cube, axis=-1)
    axes = ("frame", "doppler", "rx", "range")
    spectra = np.fft.fft(np.conj(profiles), axis=1)[:, :, 0].astype(np.complex64)
    text = 'conjugate = true\nunits = "V"\n[doppler]\ncentred = false'
    recording = opened(tmp_path, spectra, text, axes)
    np.testing.assert_allclose(recording.read(0, 2), cube, rtol=0, atol=1e-5 * np.abs(cube).max())


def test_padded_magnitudes_keep_their_ranges(tmp_path):
    """Bin 40 of a 64-point transform of 32 samples is at 20 range bins."""
    frames = np.ones((4, 16, 44))
    frames[:, 3, 20] = 1e3
    text = "[range]\nfft_length = 64\nfirst_bin = 20" + POWER
    recording = opened(tmp_path, frames, text)
    range_m = strongest(recording, "time_range", "range_m")
    assert range_m == pytest.approx(20 * RADAR.range_resolution_m)
    real = opened(tmp_path, frames, "[range]\nfft_length = 128" + POWER, is_real=True)
    range_m = strongest(real, "time_range", "range_m")
    assert range_m == pytest.approx(10 * RADAR.range_resolution_m)
    for wrong, last in (("[range]\nfft_length = 64\nfirst_bin = 21", 64), ("", 43)):
        with pytest.raises(InputError, match=rf"ends at bin {last}; .* has no such bin"):
            opened(tmp_path, frames, wrong + POWER)


MAP = "[time]\nperiod_s = 0.1\n[speed]\nfirst_mps = -1\nlast_mps = 1\n"
SAMPLES = ("frame", "chirp", "sample")


@pytest.mark.parametrize(
    ("axes", "text", "message"),
    [
        (
            ("time", "speed"),
            "conjugate = true\n" + MAP,
            "conjugate: has no effect.*exchange first_",
        ),
        (("time", "speed"), 'units = "V"\n' + MAP, "units: has no effect"),
        (
            ("time", "speed"),
            "scale = 2.0\n" + MAP,
            "scale: has no .* time, speed; remove",
        ),
        (("time", "speed"), MAP + "[map]\nnoise_db = 3", "map.noise_db: has no effect on relative"),
        (("time", "speed"), MAP + "first_hz = 1", "speed: gives .* in Hz and in m/s"),
        (("time", "speed"), MAP + "[range]\nfft_length = 32", "range.fft_length: has no effect"),
        (("time", "speed"), MAP + '[picture]\ncolour_map = "jet"', "picture.colour_map: has no"),
        (FRAMES, "[range]\nfirst_m = 1\nlast_m = 2" + POWER, "range.first_m: has no effect"),
        (FRAMES, MAP + POWER, "time.period_s: has no effect"),
        (FRAMES, 'units = "V"' + POWER, "units: has no effect"),
        (FRAMES, "scale = 2.0" + POWER, "scale: has no effect on .* doppler, range; remove"),
        (SAMPLES, "scale = 2.0", "scale: is 2, but values without units .* noise; state units"),
        (SAMPLES, "[map]\nnoise_db = 3", "map.noise_db: has no effect"),
        (SAMPLES, "[range]\nfft_length = 32", "range.fft_length: has no effect"),
        (SAMPLES, "[doppler]\ncentred = true", "doppler.centred: has no effect"),
    ],
)
def test_settings_without_effect_are_refused(tmp_path, axes, text, message):
    values = np.ones((8, 12)) if "time" in axes else np.ones((2, 16, 32))
    values = values.astype(np.complex64) if axes == SAMPLES else values
    with pytest.raises(InputError, match=message):
        opened(tmp_path, values, text, axes)


def test_names_of_windows_and_settings_of_pictures_are_accepted(tmp_path):
    values = np.random.default_rng(0).uniform(size=(12, 8))
    path = tmp_path / "walk.png"
    write_picture(path, values, "jet", (120, 80))
    text = MAP + '[picture]\ncolour_map = "jet"\nrows = 12\ncolumns = 8\n[doppler]\nwindow = "hann"'
    description = parse_description(text, "text", axes=("speed", "time"))
    recording = open_array_recording(path, description, RADAR)
    np.testing.assert_allclose(recording.read(0, 8)["time_doppler"], values.T, atol=1.5 / 256)


def test_magnitudes_state_how_their_level_and_windows_are_known():
    text = '[doppler]\nwindow = "hann"' + POWER
    description = parse_description(text, "text", axes=FRAMES)
    assert [line.split(":")[0] for line in description.unknowns] == [
        "level",
        "window of the range transform",
    ]
    assert "median" in description.unknowns[0]
