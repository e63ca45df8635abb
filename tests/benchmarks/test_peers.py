"""Published simulators (peers): missing peers are reported, and all simulate radarsim's scene."""

import json

import numpy as np
import pytest

from benchmarks import accuracy_checks, peers


def test_a_peer_that_is_not_installed_is_skipped_with_the_command(monkeypatch, capsys):
    monkeypatch.setattr(peers, "find_spec", lambda module: None)
    assert peers.main([]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["mmwrt"]["skipped"] == "mmWrt is not installed: pip install mmWrt tqdm"
    assert "pip install sionna-rt" in printed["sionna"]["skipped"]


def test_the_error_output_of_a_peer_that_aborts_is_reported(monkeypatch):
    class Ended:
        returncode, stdout = -6, ""
        stderr = "warming up\nLLVM ERROR: Cannot select fmaximum\nIn function: f"

    monkeypatch.setattr(peers, "find_spec", lambda module: True)
    monkeypatch.setattr(peers.subprocess, "run", lambda *given, **options: Ended)
    reason = peers._in_own_process("sionna")["skipped"]
    assert reason == "sionna ended with -6: LLVM ERROR: Cannot select fmaximum"


@pytest.mark.slow
def test_our_points_equal_the_formula_of_mmwrt():
    """mmWrt computes exp(2 pi j (f0 tau + S t tau - S tau^2 / 2)) per sample, with c = 3e8 m/s."""
    radar = peers.one_tx_board()
    found = np.asarray(peers.radarsim_frame(radar)())
    chirp, loop = radar.chirp, radar.frame.num_chirps - 1
    since_s = radar.chirp_times_s[loop, 0] - radar.chirp_times_s[0, 0]
    at_m = peers.points_at(since_s + chirp.sample_times_s)[:, None]
    antennas_m = (radar.array.tx_m[0], _rx_positions_m(radar))
    path_m = sum(np.linalg.norm(at_m - antenna_m, axis=-1) for antenna_m in antennas_m)
    tau = path_m / peers.MMWRT_LIGHT_MPS
    freq_hz = chirp.start_freq_hz + chirp.slope_hz_per_s * chirp.sample_times_s
    cycles = freq_hz[:, None, None] * tau - chirp.slope_hz_per_s * tau**2 / 2
    truth = np.exp(2j * np.pi * cycles).sum(-1).T
    # The amplitude of radarsim falls with range, by up to half a percent at the end of the burst.
    assert accuracy_checks.error_db(found[loop], truth) < peers.MMWRT_BOUND_DB - 10


def _rx_positions_m(radar):
    """Return the receiver positions [rx, point, 3]."""
    return radar.array.rx_m[:, None]
