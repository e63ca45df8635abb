"""Tests of receiver profiles in TOML: round trip, units, ranges and error messages."""

import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.files import load_radar, load_receiver
from radarsim.radar.boards import BOARDS
from radarsim.radar.receiver_profile import DcOffset, PacketLoss, ReceiverProfile
from radarsim.radar.receiver_profiles import datasheet_profile
from radarsim.radar.receiver_toml import dump_profile, parse_profile

RANGES = """
name = "hall"
[tx_pattern]
azimuth_cut_deg = [[-60, -6], [0, 0], [60, -6]]
[leakage]
range_m = [0.0, 0.1]
channels = [[[[0.01, 0], [0, -0.002]], [[0.02, 0], [0, 0]]]]
[dc]
level_v = [0.001, 0.01]
[jitter]
start_s = [0, 1e-9]
"""


@pytest.mark.parametrize("board", BOARDS)
def test_the_datasheet_of_every_board_is_read_back_unchanged(board):
    profile = datasheet_profile(BOARDS[board])
    assert parse_profile(dump_profile(profile), "file") == profile


def test_tables_and_ranges_are_read_back_unchanged():
    """A profile survives a round trip; degrees become radians, and ranges keep both limits."""
    profile = parse_profile(RANGES, "file")
    assert parse_profile(dump_profile(profile), "file") == profile
    assert profile.tx_pattern.azimuth_cut[0] == pytest.approx((-np.pi / 3, -6.0))
    assert profile.ranges == {"jitter.start_s": (0.0, 1e-9), "dc.level_v": (0.001, 0.01)}
    assert set(profile.parts) == {"tx_pattern", "leakage", "jitter", "dc"}


def test_values_are_drawn_between_the_limits_by_name():
    """Every range is replaced by the number that is drawn for the setting's name."""
    profile = parse_profile(RANGES, "file")
    drawn = profile.drawn(lambda name, ends: ends[1] if name == "dc.level_v" else ends[0])
    assert (drawn.dc.level_v, drawn.jitter.start_s, drawn.ranges) == (0.01, 0.0, {})


def test_a_base_keeps_the_settings_that_the_text_does_not_state():
    base = ReceiverProfile(dc=DcOffset(level_v=0.5), packets=PacketLoss(loss_rate=0.1))
    profile = parse_profile("[packets]\nloss_rate = 0.2", "file", base)
    assert (profile.dc.level_v, profile.packets.loss_rate) == (0.5, 0.2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[dc]", "file: dc.level_v: is missing; add it under"),
        ("[dc]\nlevel = 1", "file: dc.level: is not known; use level_v"),
        ("[packet]\nloss_rate = 1", "file: packet: is not known; use packets"),
        ("dc = 1", "file: dc: is 1, not a section"),
        ("[dc]\nlevel_v = -1", "file: dc.level_v: is -1 V; must be at least 0 V"),
        ("[packets]\nloss_rate = [0.5, 0.1]", "packets.loss_rate: is .*, not low and high"),
        ("[noise]\nspectrum = [[0, 1], [0, 2]]", "noise.spectrum: is not in increasing order"),
        ("[noise]\nspectrum = [0, 1]", "noise.spectrum: holds an entry that is not a pair"),
        ("[noise]\nspectrum = [[0, 1], [2e6, 2]]", "noise.spectrum: holds 2e.06; .* IF in Hz by"),
        ("[noise]\nspectrum = [[-0.1, 1]]", "noise.spectrum: holds -0.1; must be between 0 and 1"),
        ("[tx_pattern]\nazimuth_cut = [[-60, -9], [0, 0]]", "azimuth_cut: holds -60; .*cut_deg"),
        ("[leakage]\nrange_m = [0.1]", "leakage.channels: or range_m is empty"),
        ("[leakage]\nrange_m = [0]\nchannels = [[[]]]", "leakage.channels: has 0 tones"),
        ("[tx_pattern]\nazimuth_cut_deg = 5", "tx_pattern.azimuth_cut_deg: is not a list of pairs"),
        ("[tx_pattern]\nazimuth_cut_deg = [['0', 1]]", "azimuth_cut_deg: is '0', not a number"),
        (
            "[tx_pattern]\nazimuth_cut_deg = [[190, 1]]",
            "cut_deg: is 190; must be .* 180",
        ),
        (
            "[tx_pattern]\n[rx_pattern]\nazimuth_cut_deg = [[1, 1], [0, 1]]",
            "file: rx_pattern.azimuth_cut_deg: is not in increasing order",
        ),
        (
            "[tx_pattern]\nazimuth_cut = [[0, 0]]\nazimuth_cut_deg = [[0, 0]]",
            "azimuth_cut_deg: and azimuth_cut are both given",
        ),
        ("[mismatch]\nphase_rad_deg = 3", "mismatch.phase_rad_deg: is not known; use phase_rad"),
        ("[mismatch]\ngain_db_deg = [0.1, 0.2]", "gain_db_deg: is not known; use gain_db"),
        ("[leakage]\nrange_m = [0]\nchannels = [[1]]", "leakage.channels: is 1, not"),
        ("[dc", "file: TOML: cannot be read"),
    ],
)
def test_mistakes_are_named_with_file_and_setting(text, message):
    with pytest.raises(InputError, match=message):
        parse_profile(text, "file")


def test_profiles_are_loaded_by_name_or_file(tmp_path):
    """Profiles are loaded by path or by name; "ideal" gives None; unknown names are rejected."""
    (tmp_path / "mine.toml").write_text(RANGES)
    radar = load_radar("AWR1843BOOST", receiver=tmp_path / "mine.toml")
    assert radar.profile.name == "hall"
    assert radar.without_profile == load_radar("AWR1843BOOST")
    assert load_receiver("ideal", radar) is None
    assert load_receiver("datasheet", radar) == datasheet_profile(radar)
    with pytest.raises(InputError, match="neither a profile nor a file; use ideal or datasheet"):
        load_receiver("datashet", radar)


def test_a_radar_without_board_has_no_datasheet():
    custom = load_radar("examples/radars/bgt60ltr11_cw.toml")
    with pytest.raises(InputError, match="needs one of TI's boards"):
        datasheet_profile(custom)
