"""mmWave Studio JSON, logs and scripts give the same radar as the SDK configuration."""

import json

import pytest

from radarsim.errors import InputError
from radarsim.radar.configuration_files import parse_setup
from tests.helpers.ti_configurations import CFG, LOG, LUA, studio_json, studio_tables

SDK = parse_setup(CFG, "a.cfg")


@pytest.mark.parametrize("text", [LUA, studio_json()])
def test_scripts_and_json_in_physical_units_are_the_same_radar(text):
    setup = parse_setup(text, "a")
    assert setup.radar == SDK.radar
    layout = setup.capture_format
    assert (layout.lanes, layout.iq_order, layout.num_frames) == (2, "i_first", 250)
    assert "board" in layout.assumed


def test_a_log_in_register_units_is_the_same_radar_up_to_one_step():
    setup = parse_setup(LOG, "a_LogFile.txt")
    chirp = setup.radar.chirp
    # The tolerance is 6 us times the rounding error of the slope, 0.26 kHz/us.
    assert chirp.start_freq_hz == pytest.approx(SDK.radar.chirp.start_freq_hz, abs=2e3)
    assert chirp.slope_hz_per_s == pytest.approx(60.012e12, abs=48.3e9 / 2)
    assert chirp.idle_time_s == 7e-6
    assert setup.radar.frame == SDK.radar.frame
    assert setup.radar.array == SDK.radar.array


def test_the_last_session_of_a_log_counts():
    again = LOG + LOG.replace(",64,20000000,", ",32,20000000,")
    assert parse_setup(again, "a").radar.frame.num_chirps == 32


def test_steps_of_the_60_ghz_band_are_smaller():
    """1491308089 steps of 40.2 Hz are 60 GHz, whereas steps of 53.6 Hz would give 80 GHz."""
    log = LOG.replace("XWR1843", "IWR6843").replace("1435384036", "1491308089")
    radar = parse_setup(log, "a").radar
    assert radar.chirp.ramp_start_freq_hz == pytest.approx(60e9, abs=41)
    assert radar.chirp.slope_hz_per_s == pytest.approx(1243 * 36.2098e9, rel=1e-5)


def test_without_a_chip_the_band_that_contains_the_ramp_is_used():
    log = "\n".join(LOG.splitlines()[1:]).replace("1435384036", "1491308089")
    log = log.replace(",1243,", ",1657,")  # 60 MHz/us would exceed the band of 76 to 81 GHz
    assert parse_setup(log, "a").radar.board == "IWR6843ISK"


def test_a_note_states_that_the_test_source_is_on():
    on = LOG.replace("API:EnableTestSource,0,", "API:EnableTestSource,1,")
    assert any("test source is on" in note for note in parse_setup(on, "a").notes)
    assert not any("test source" in note for note in parse_setup(LOG, "a").notes)


def test_several_subframes_are_refused():
    several = LOG.replace("API:AdvancedFrameConfig,1,", "API:AdvancedFrameConfig,2,")
    with pytest.raises(InputError, match="configures 2 subframes"):
        parse_setup(several, "a")


def test_unused_calls_of_scripts_are_listed_in_the_notes():
    assert any("RfLdoBypassConfig" in note for note in parse_setup(LUA, "a.lua").notes)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("ar1.FrameConfig(0, 1, 250", "ar1.FrameConfig(0, 1, count", "argument 3 is 'count'"),
        ("ar1.FrameConfig(0, 1, 250, 64, 100, 0, 1)", "", "frame: is missing"),
        (", 0, 0, 30)", ", 0)", "ProfileConfig: has 16 arguments"),
        ("ar1.FrameConfig", "ar1.AdvanceFrameConfig", "configures advanced frames"),
    ],
)
def test_scripts_that_cannot_be_parsed_are_rejected(old, new, message):
    assert old in LUA
    with pytest.raises(InputError) as refused:
        parse_setup(LUA.replace(old, new), "hall.lua")
    assert message in str(refused.value)


def rf(tables):
    return tables["mmWaveDevices"][0]["rfConfig"]


def profile(tables):
    return rf(tables)["rlProfiles"][0]["rlProfileCfg_t"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("mmWaveDevices"), "mmWaveDevices: is missing or empty"),
        (lambda t: t["mmWaveDevices"].append({}), "lists 2 chips"),
        (lambda t: rf(t).pop("rlFrameCfg_t"), "rfConfig.rlFrameCfg_t: is missing"),
        (lambda t: rf(t).update(waveformType="advancedFrameChirp"), "only legacyFrameChirp"),
        (lambda t: profile(t).update(numAdcSamples="many"), "numAdcSamples: is 'many'"),
        (lambda t: profile(t).update(numAdcSamples=-4), "numAdcSamples: is -4"),
        (lambda t: profile(t).update(numAdcSamples=400), "after the ramp ends"),
        (lambda t: profile(t).update(rxGain_dB=None), "rxGain_dB: is 'None'"),
        (lambda t: rf(t).update(rlChirps=[3]), "rlChirps[0]: is missing or not an object"),
    ],
)
def test_invalid_json_is_rejected_with_the_path_in_the_file(change, message):
    tables = studio_tables()
    change(tables)
    with pytest.raises(InputError) as refused:
        parse_setup(json.dumps(tables), "a.mmwave.json")
    assert message in str(refused.value)


def test_the_setup_of_a_recording_is_not_accepted_as_a_radar():
    text = json.dumps({"mmWaveDevice": "iwr6843", "configUsed": "a.mmwave.json"})
    with pytest.raises(InputError, match=r"give the \.mmwave\.json file in the same folder"):
        parse_setup(text, "a.setup.json")


def test_four_lanes_and_disabled_receivers_are_read():
    tables = studio_tables()
    stream = tables["mmWaveDevices"][0]["rawDataCaptureConfig"]
    stream["rlDevLaneEnable_t"]["laneEn"] = "0xF"
    rf(tables)["rlChanCfg_t"]["rxChannelEn"] = "0xC"
    layout = parse_setup(json.dumps(tables), "a").capture_format
    assert (layout.lanes, layout.rx_lanes) == (4, (2, 3))


def test_unused_lists_are_named_in_the_notes():
    tables = studio_tables()
    rf(tables)["rlRfPhaseShiftCfgs"] = [{"txEnable": 1}]
    notes = parse_setup(json.dumps(tables), "a").notes
    assert any("rlRfPhaseShiftCfgs" in note for note in notes)
