"""Captures of every true and stated layout: read, corrected, read with a warning, or rejected."""

from dataclasses import replace

import numpy as np
import pytest

from radarsim.captures.dca1000_codec import from_complex, to_complex
from radarsim.errors import InputError
from radarsim.files import open_capture, write_capture
from radarsim.radar.capture_format import CaptureFormat
from tests.helpers.synthetic_captures import echo, small_radar

FORMATS = {
    "pairs": CaptureFormat(interleaving="pairs"),
    "samples": CaptureFormat(interleaving="samples"),
    "real": CaptureFormat(samples="real"),
    "four lanes": CaptureFormat(lanes=4),
    "four lanes real": CaptureFormat(lanes=4, samples="real"),
}
# Scenes with one to three transmitters, beats between bin centres, and 12 to 38 dB SNR.
SCENES = [
    ({"tx_order": (0,), "num_samples": 64}, {"beat": 0.1, "noise": 20.0, "seed": 2}),
    ({"tx_order": (0, 1), "num_samples": 128}, {"beat": 0.2, "noise": 60.0, "seed": 3}),
    ({"tx_order": (0, 2, 1), "num_samples": 96}, {"beat": 0.06, "noise": 5.0, "seed": 6}),
]


def scene(idx):
    options, values = SCENES[idx]
    radar = small_radar(num_chirps=16, **options)
    return radar, echo(radar, 6, **values)


def with_samples(radar, count):
    # The ramp is long enough for every number of samples.
    chirp = replace(radar.chirp, num_samples=count, ramp_end_time_s=1e-3)
    return replace(radar, chirp=chirp)


def stored(layout, cube):
    """Return the cube as read from a file: rounded, and converted to real samples if needed."""
    return to_complex(layout, from_complex(layout, cube))


@pytest.mark.parametrize("idx", range(len(SCENES)))
@pytest.mark.parametrize("order", ["i_first", "q_first"])
@pytest.mark.parametrize("true", FORMATS)
def test_a_right_statement_is_read_without_a_warning(tmp_path, idx, order, true):
    radar, cube = scene(idx)
    layout = FORMATS[true]
    write_capture(tmp_path / "a.bin", cube, radar, capture_format=layout, iq_order=order)
    for stated_order in ("auto", order):
        stated = replace(layout, iq_order=stated_order)
        capture = open_capture(tmp_path / "a.bin", radar, capture_format=stated)
        guessed = stated_order == "auto" and not layout.is_real  # the noise has no notch
        assert [note.split(" by ")[0] for note in capture.notes] == [f"read as {order}"] * guessed
        assert capture.warnings == ()
        np.testing.assert_array_equal(capture.read(0, 6), stored(layout, cube))


@pytest.mark.parametrize("idx", range(len(SCENES)))
@pytest.mark.parametrize("stated", FORMATS)
@pytest.mark.parametrize("true", FORMATS)
def test_a_wrong_layout_is_overruled_or_refused(tmp_path, idx, true, stated):
    radar, cube = scene(idx)
    write_capture(tmp_path / "a.bin", cube, radar, capture_format=FORMATS[true])
    if true == stated:
        return
    if {true, stated} == {"pairs", "samples"}:
        capture = open_capture(tmp_path / "a.bin", radar, capture_format=FORMATS[stated])
        assert f'interleaving = "{true}"' in capture.warnings[0]
        np.testing.assert_array_equal(capture.read(0, 6), stored(FORMATS[true], cube))
        return
    with pytest.raises(InputError, match=f"set lanes = {FORMATS[true].lanes}"):
        open_capture(tmp_path / "a.bin", radar, capture_format=FORMATS[stated])


@pytest.mark.parametrize("idx", range(len(SCENES)))
@pytest.mark.parametrize("order", ["i_first", "q_first"])
def test_unstated_interleaving_is_recognised_with_a_note(tmp_path, idx, order):
    radar, cube = scene(idx)
    layout = FORMATS["samples"]
    write_capture(tmp_path / "a.bin", cube, radar, capture_format=layout, iq_order=order)
    capture = open_capture(tmp_path / "a.bin", radar)
    assert (capture.iq_order, capture.capture_format.interleaving) == (order, "samples")
    assert "I Q I Q" in capture.notes[0]
    assert capture.warnings == ()
    np.testing.assert_array_equal(capture.read(0, 6), stored(layout, cube))


def test_a_beat_near_a_quarter_of_the_sample_rate_shows_the_interleaving(tmp_path):
    """In the wrong layout, the spectrum is nearly as compact: bin 33 of 128 moves to bin 31."""
    radar = small_radar(num_chirps=16, tx_order=(0, 1), num_samples=128)
    time = np.arange(128)
    tone = 400 * np.exp(2j * np.pi * 33.3 / 128 * time)
    cube = echo(radar, 4, level=0.0, noise=2.0) + tone
    write_capture(tmp_path / "a.bin", cube.astype(np.complex64), radar,
                  capture_format=FORMATS["samples"])  # fmt: skip
    capture = open_capture(tmp_path / "a.bin", radar)
    peak = np.abs(np.fft.fft(capture.read(0, 1))).mean((0, 1, 2, 3)).argmax()
    assert peak == 33


@pytest.mark.parametrize("idx", range(len(SCENES)))
@pytest.mark.parametrize("factor", [0.5, 1.5, 2, 4])
@pytest.mark.parametrize("true", ["pairs", "real", "four lanes"])
def test_another_number_of_samples_is_refused(tmp_path, idx, factor, true):
    """Words also repeat at multiples and, with several transmitters, halves of the chirp length.

    Therefore the discontinuities between chirps determine the chirp length.
    """
    radar, cube = scene(idx)
    layout = FORMATS[true]
    write_capture(tmp_path / "a.bin", cube, radar, capture_format=layout)
    wrong = with_samples(radar, round(radar.chirp.num_samples * factor))
    with pytest.raises(InputError, match=r"num_samples|set lanes"):
        open_capture(tmp_path / "a.bin", wrong, capture_format=layout)


@pytest.mark.parametrize("stated", ["i_first", "q_first"])
def test_a_contradicted_iq_order_is_warned_about_and_a_request_is_followed(tmp_path, stated):
    radar, cube = scene(0)
    true = "q_first" if stated == "i_first" else "i_first"
    write_capture(tmp_path / "a.bin", cube, radar, iq_order=true)
    configured = CaptureFormat(iq_order=stated)
    for options in ({"capture_format": configured}, {"iq_order": stated}):
        capture = open_capture(tmp_path / "a.bin", radar, **options)
        assert capture.iq_order == stated
        assert f"states {stated}, but there is" in capture.warnings[0]
        assert f'set iq_order = "{true}"' in capture.warnings[0]


@pytest.mark.parametrize("values", [{"lanes": 4}, {"samples": "real"}])
def test_interleaved_samples_exist_only_for_complex_samples_on_two_lanes(values):
    with pytest.raises(InputError, match="interleaving"):
        CaptureFormat(interleaving="samples", **values)


def test_unchecked_captures_are_read_as_stated(tmp_path):
    radar, cube = scene(0)
    write_capture(tmp_path / "a.bin", cube, radar, capture_format=FORMATS["samples"])
    capture = open_capture(tmp_path / "a.bin", radar, capture_format=CaptureFormat(check=False))
    assert capture.capture_format.interleaving == "pairs"


def test_the_commands_print_warnings_on_lines_of_their_own(capsys):
    from builders.building.console_report import print_capture_findings
    from radarsim.validation.report_text import note_row

    warning = "warning: the configuration states i_first"
    assert note_row(warning) == ("WARNING", "the configuration states i_first")
    assert note_row("holds 4 frames") == ("note", "holds 4 frames")
    print_capture_findings([*(f"take{idx}: note" for idx in range(30)), f"take9: {warning}"])
    printed = capsys.readouterr()
    assert printed.err == "WARNING: take9: the configuration states i_first\n"
    assert "10 more notes" in printed.out
