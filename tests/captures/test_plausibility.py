"""Plausibility checks detect samples that contradict the configuration, by period and spectrum."""

from dataclasses import replace

import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.files import load_setup, open_capture, write_capture
from radarsim.radar.capture_format import CaptureFormat
from tests.helpers.synthetic_captures import echo, small_radar

RADAR = small_radar(num_chirps=16, num_samples=64)


def with_samples(radar, count):
    return replace(radar, chirp=replace(radar.chirp, num_samples=count))


@pytest.fixture
def path(tmp_path):
    write_capture(tmp_path / "capture.bin", echo(RADAR, 8), RADAR)
    return tmp_path / "capture.bin"


@pytest.mark.parametrize("samples", [60, 80, 100])
def test_another_number_of_samples_is_refused_with_the_number_that_fits(path, samples):
    with pytest.raises(InputError, match="3 x 64 samples fits"):
        open_capture(path, with_samples(RADAR, samples))


def test_the_check_can_be_disabled(path):
    unchecked = CaptureFormat(check=False)
    assert open_capture(path, with_samples(RADAR, 80), capture_format=unchecked).num_frames == 6


@pytest.mark.parametrize("samples", ["complex1x", "real"])
def test_the_lanes_of_another_board_are_refused_with_those_that_fit(tmp_path, samples):
    layout = CaptureFormat(lanes=4, samples=samples)
    write_capture(tmp_path / "a.bin", echo(RADAR, 8), RADAR, capture_format=layout)
    with pytest.raises(InputError, match=f'set lanes = 4 and samples = "{samples}"'):
        open_capture(tmp_path / "a.bin", RADAR)


@pytest.mark.parametrize("speed", [0.0, 0.25, 0.5])
def test_a_single_target_at_any_speed_passes_the_check(tmp_path, speed):
    """A target is accepted even if its phase step of pi inverts every second loop."""
    cube = echo(RADAR, 8, noise=5.0)
    loops = np.arange(8 * 16).reshape(8, 16)
    cube *= np.exp(2j * np.pi * speed * loops)[:, :, None, None, None].astype(np.complex64)
    write_capture(tmp_path / "a.bin", cube, RADAR)
    assert open_capture(tmp_path / "a.bin", RADAR).num_frames == 8


def test_noise_alone_passes_the_check(tmp_path):
    write_capture(tmp_path / "a.bin", echo(RADAR, level=0.0), RADAR)
    assert open_capture(tmp_path / "a.bin", RADAR).num_frames == 4


@pytest.mark.parametrize(
    ("folder", "file", "wrong"),
    [
        ("iwr6843_breathing", "capture.bin", (64, 80, 128)),
        ("openradar_frame", "two_movers_1frame.bin", (100, 120)),
        ("dca1000_udp_pcap", "one_frame_payload.bin", (48, 80, 100)),
    ],
)
def test_recordings_refuse_other_sample_counts_and_lanes(test_data, examples, folder, file, wrong):
    setup = load_setup(examples / "radars" / f"{folder}.toml")
    for samples in wrong:
        radar = with_samples(setup.radar, samples)
        radar = replace(radar, frame=replace(radar.frame, num_chirps=2))
        with pytest.raises(InputError, match="the capture repeats every"):
            open_capture(test_data / folder / file, radar)
    four = replace(setup.capture_format, lanes=4)
    # With a single receiver on four lanes, the number of words would also differ.
    message = "set lanes = 2" if setup.radar.array.num_rx == 4 else "less than one frame"
    with pytest.raises(InputError, match=message):
        open_capture(test_data / folder / file, setup.radar, capture_format=four)
