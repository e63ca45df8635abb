"""Recordings in arrays: every format gives the cube that was written, or a four-part error."""

import h5py
import numpy as np
import pytest

import radarsim as rs
from radarsim.captures import array_cubes
from radarsim.captures.array_description import parse_description
from radarsim.captures.array_files import open_array_recording
from radarsim.captures.iq_text import open_text
from radarsim.errors import InputError
from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.toml import dump_setup
from tests.helpers.array_files import SUFFIXES, write_array, write_iq_text
from tests.helpers.synthetic_captures import echo, small_radar

RADAR = small_radar(num_chirps=16, tx_order=(0, 2), num_samples=32, num_rx=2)
FRAMES = 3
CUBE_V = echo(RADAR, FRAMES, level=4e-3, noise=2e-4)
AXES = ("frame", "chirp", "tx", "rx", "sample")
IN_VOLTS = {"axes": AXES, "units": "V"}
# Values pass through float32 and at most two transforms of 32 points.
CLOSE = {"rtol": 0, "atol": 1e-5 * np.abs(CUBE_V).max()}


def loaded(path, radar=RADAR, **changes):
    return rs.load_recording(path, radar, **{**IN_VOLTS, **changes})


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_array_format_gives_the_frames_that_were_written(tmp_path, suffix):
    """Axes in any order, complex values and some of the frames are read; the notes are empty."""
    path = write_array(tmp_path / f"walk{suffix}", CUBE_V.transpose(3, 0, 4, 1, 2))
    recording = loaded(path, axes=("rx", "frame", "sample", "chirp", "tx"))
    assert (recording.num_frames, recording.notes) == (FRAMES, ())
    np.testing.assert_allclose(recording.read(1, 3), CUBE_V[1:3], **CLOSE)


def test_an_axis_of_i_and_q_antennas_as_one_axis_and_chirps_without_frames(tmp_path):
    """Other layouts give the same values; an incomplete last frame is ignored with a note."""
    chirps = CUBE_V.reshape(FRAMES * 16, 4, 32)[:-5]
    parts = np.stack([chirps.real, chirps.imag], axis=-1)
    path = write_array(tmp_path / "walk.npy", parts)
    recording = loaded(path, axes=("chirp", "antenna", "sample", "iq"))
    np.testing.assert_allclose(recording.read(0, 2), CUBE_V[:2], **CLOSE)
    assert recording.num_frames == 2
    assert "11 chirps" in recording.notes[0]


def test_range_profiles_become_samples_of_the_bins_that_were_kept(tmp_path):
    """A tone in bin 5.3 stays at the same range, whether bins 0 to 15 or bins 4 to 15 were kept."""
    tone = 1e-3 * np.exp(2j * np.pi * 5 * np.arange(32) / 32)
    cube = np.broadcast_to(tone, CUBE_V.shape).astype(np.complex64)
    profiles = np.fft.fft(cube, axis=-1)
    for first in (0, 4):
        path = write_array(tmp_path / "walk.npy", profiles[..., first:16])
        text = f"[range]\nfft_length = 32\nfirst_bin = {first}"
        description = parse_description(text, "text", axes=(*AXES[:4], "range"), units="V")
        recording = open_array_recording(path, description, RADAR)
        chirp = recording.radar.chirp
        assert (chirp.num_samples, chirp.max_range_m) == (16, pytest.approx(RADAR.max_range_m / 2))
        assert chirp.range_resolution_m == pytest.approx(RADAR.range_resolution_m)
        np.testing.assert_allclose(recording.read(0, FRAMES), cube[..., ::2], **CLOSE)
    text = "[range]\nfft_length = 32\nfirst_bin = 21"
    description = parse_description(text, "text", axes=(*AXES[:4], "range"), units="V")
    with pytest.raises(InputError, match="ends at bin 32; a transform of 32 points has no such"):
        open_array_recording(path, description, RADAR)


def test_zero_padded_profiles_with_all_bins_give_the_samples(tmp_path):
    """A 64-point transform of 32 samples is inverted exactly; parts of it cannot be inverted."""
    profiles = np.fft.fft(CUBE_V, n=64, axis=-1).astype(np.complex64)
    path = write_array(tmp_path / "walk.npy", profiles)
    text = "[range]\nfft_length = 64"
    description = parse_description(text, "text", axes=(*AXES[:4], "range"), units="V")
    recording = open_array_recording(path, description, RADAR)
    np.testing.assert_allclose(recording.read(0, FRAMES), CUBE_V, **CLOSE)
    path = write_array(tmp_path / "part.npy", profiles[..., :20])
    with pytest.raises(InputError, match=r"range.fft_length: is 64 for 32 samples.*20 bins"):
        open_array_recording(path, description, RADAR)


@pytest.mark.parametrize("centred", [True, False])
def test_range_doppler_frames_become_chirps(tmp_path, centred):
    """Complex range-Doppler spectra are transformed back along both axes."""
    spectra = np.fft.fft(np.fft.fft(CUBE_V, axis=-1), axis=1)
    spectra = np.fft.fftshift(spectra, axes=1) if centred else spectra
    path = write_array(tmp_path / "walk.h5", spectra.astype(np.complex64))
    text = f"[doppler]\ncentred = {str(centred).lower()}"
    axes = ("frame", "doppler", "tx", "rx", "range")
    recording = open_array_recording(
        path, parse_description(text, "t", axes=axes, units="V"), RADAR
    )
    np.testing.assert_allclose(recording.read(0, FRAMES), CUBE_V, **CLOSE)


def test_real_samples_become_the_analytic_signal(tmp_path):
    """2 N real samples give N complex samples at positive beat frequencies (`[capture] real`)."""
    (tmp_path / "radar.toml").write_text(dump_setup(RADAR, CaptureFormat(samples="real")))
    time = np.arange(64)
    real = np.broadcast_to(np.cos(2 * np.pi * 7 * time / 64 + 0.3), (*CUBE_V.shape[:-1], 64))
    path = write_array(tmp_path / "walk.npy", real.astype(np.float32))
    recording = rs.load_recording(path, **IN_VOLTS)
    tone = np.exp(1j * (2 * np.pi * 7 * np.arange(32) / 32 + 0.3))
    np.testing.assert_allclose(recording.read(0, 1)[0, 0, 0, 0], tone, atol=1e-5)


def test_unknown_units_put_the_noise_floor_at_the_thermal_noise(tmp_path):
    """For any scale of the values, the noise is within 5 % of the radar's thermal noise."""
    quiet = echo(RADAR, FRAMES, level=0.0, noise=1.0)
    required_v = RADAR.receiver.noise_rms_v(RADAR.chirp.sample_rate_hz)
    for scale in (1.0, 1e6):
        path = write_array(tmp_path / "walk.npy", quiet * np.float32(scale))
        recording = rs.load_recording(path, RADAR, axes=AXES)
        rms_v = np.sqrt(np.mean(np.abs(recording.read(0, FRAMES)) ** 2))
        assert rms_v == pytest.approx(required_v, rel=0.05)


def test_units_scale_and_conjugate_are_applied_and_reported(tmp_path):
    """ADC codes are multiplied by the step and conjugated, and every unknown setting is listed."""
    path = write_array(tmp_path / "walk.npy", CUBE_V)
    turned = loaded(path, units="codes", conjugate=True).read(0, 1)
    np.testing.assert_allclose(turned, np.conj(CUBE_V[:1]) * RADAR.receiver.adc_step_v, rtol=1e-5)
    axes = ("frame", "doppler", "rx", "range")
    unknowns = parse_description("unknown = ['sign of the speed']", "t", axes=axes).unknowns
    assert [line.split(":")[0] for line in unknowns] == [
        "sign of the speed",
        "level",
        "window of the range transform",
        "window of the doppler transform",
    ]


def test_text_of_i_and_q_with_frame_comments(tmp_path):
    """Alternating lines and two columns give the same series; an incomplete last frame is noted."""
    frames = CUBE_V[:, :, 0, 0, 0]
    path = write_iq_text(tmp_path / "walk.txt", frames)
    path.write_text("\n".join(path.read_text().splitlines()[:-3]))
    array = open_text(path, ("frame", "chirp", "iq"))
    assert array.shape == (2, 16, 2)
    assert "29 of 32" in array.notes[0]
    stored = np.stack([frames.real, frames.imag], axis=-1)
    np.testing.assert_allclose(array.read((slice(0, 2),)), stored[:2], atol=1e-6)
    columns = tmp_path / "columns.csv"
    columns.write_text("I, Q\n" + "".join(f"{i:.6f}, {q:.6f}\n" for i, q in stored.reshape(-1, 2)))
    np.testing.assert_allclose(
        open_text(columns, ("chirp", "iq")).read(()), stored.reshape(-1, 2), atol=1e-6
    )


def test_wrong_axes_are_refused_with_axis_length_and_radar(tmp_path):
    """The message names the file, the axis, its length and the radar's length."""
    path = write_array(tmp_path / "walk.npy", CUBE_V)
    wrong = {
        ("frame", "sample", "tx", "rx", "chirp"): "axis sample: has length 16; radar .* has 32",
        ("frame", "chirp", "tx", "sample"): "axes: has 5 axes of lengths",
        ("frame", "chirp", "tx", "rx", "samples"): "did you mean sample",
        ("frame", "chirp", "chirp", "rx", "sample"): "named twice",
        ("frame", "chirp", "antenna", "rx", "sample"): "exclude each other",
        ("frame", "chirp", "tx", "rx", "iq"): "iq: has length 32",
    }
    for axes, message in wrong.items():
        with pytest.raises(InputError, match=message):
            loaded(path, axes=axes)
    with pytest.raises(InputError, match=r"axis tx: has length 1; radar .* has 2"):
        loaded(write_array(path, CUBE_V[:, :, 0]), axes=("frame", "chirp", "rx", "sample"))
    with pytest.raises(InputError, match="real values, which have no phase"):
        loaded(write_array(path, CUBE_V.real))
    with pytest.raises(InputError, match="axes: are not given"):
        rs.load_recording(path, RADAR)


def test_the_iq_order_of_an_array_cannot_be_stated(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.zeros(4))
    with pytest.raises(InputError, match=r"iq_order: is 'i_first' for an array"):
        rs.load_recording(path, RADAR, iq_order="i_first")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_truncated_file_is_refused(tmp_path, suffix):
    """Half of a file raises an InputError that names the file, and no other exception."""
    path = write_array(tmp_path / f"walk{suffix}", CUBE_V)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=f"walk{suffix}: .*(truncated|damaged|not in the file)"):
        loaded(path, array="adc").read(0, FRAMES)


def test_names_of_arrays_objects_and_empty_files(tmp_path):
    """Several arrays require a name, Python objects are rejected, and text errors name the line."""
    two = tmp_path / "two.npz"
    np.savez(two, adc=CUBE_V, other=np.zeros(5))
    with pytest.raises(InputError, match=r"2 arrays.*adc .*other"):
        loaded(two)
    assert loaded(two, array="adc").num_frames == FRAMES
    with pytest.raises(InputError, match="'none' is not in the file"):
        loaded(two, array="none")
    objects = tmp_path / "objects.npy"
    np.save(objects, np.array([{}], object), allow_pickle=True)
    with pytest.raises(InputError, match="Python objects"):
        loaded(objects)
    (tmp_path / "empty.h5").write_bytes(b"")
    with pytest.raises(InputError, match="empty"):
        loaded(tmp_path / "empty.h5")
    (tmp_path / "text.txt").write_text("1 2\n3 x\n")
    with pytest.raises(InputError, match="line 2: is '3 x', not numbers"):
        loaded(tmp_path / "text.txt", axes=("chirp", "iq"))


def test_a_large_hdf5_file_is_read_in_parts(tmp_path, monkeypatch):
    """Opening a file reads at most one block, and reading some frames reads only these frames."""
    path = tmp_path / "large.v73.mat"
    many = np.concatenate([CUBE_V] * 40)
    write_array(path, many)
    read_bytes = []
    get = h5py.Dataset.__getitem__

    def counted(dataset, part):
        values = get(dataset, part)
        read_bytes.append(values.nbytes)
        return values

    monkeypatch.setattr(h5py.Dataset, "__getitem__", counted)
    frame_bytes = many[0].nbytes
    monkeypatch.setattr(array_cubes, "BLOCK_BYTES", 4 * frame_bytes)
    recording = rs.load_recording(path, RADAR, axes=AXES)  # the noise is estimated from a block
    assert sum(read_bytes) == 4 * frame_bytes
    read_bytes.clear()
    starts = [start for start, _ in recording.blocks(2 * frame_bytes)]
    assert len(starts) == 60
    assert set(read_bytes) == {2 * frame_bytes}
