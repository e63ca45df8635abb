"""Export of a radar as mmWave Studio JSON (`.mmwave.json`), for tools that read this format."""

import json

import numpy as np
from jaxtyping import Float64

from radarsim.radar.boards import BOARDS
from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.radar import Radar

_FORMATS = {"real": 0, "complex1x": 1, "complex2x": 2}
_BITS = {12: 0, 14: 1, 16: 2}
# Codes 0, 0 select the lowest high-pass corner frequencies, 175 and 350 kHz; the simulator has no
# high-pass filter.
_HIGH_PASS = {"hpfCornerFreq1": 0, "hpfCornerFreq2": 0}


def dump_studio_json(radar: Radar, capture_format: CaptureFormat) -> str:
    """Write the settings of a radar and its capture format as mmWave Studio JSON.

    The format has no keys for antenna positions, noise figure, full scale and idle time before a
    burst; these are omitted.

    Args:
        radar: radar to be exported; its transmitters keep their numbers on the board.
        capture_format: format of the radar's captures.

    Returns:
        JSON text that `studio_json.parse_studio_json` reads.
    """
    tx_numbers, rx_numbers = _antenna_numbers(radar)
    firing = [tx_numbers[idx] for idx in radar.frame.tx_order]
    device = {
        "mmWaveDeviceId": 0,
        "rfConfig": {
            "waveformType": "legacyFrameChirp",
            "MIMOScheme": "TDM",
            "rlCalibrationDataFile": "",
            "rlChanCfg_t": {
                "rxChannelEn": _mask(rx_numbers),
                "txChannelEn": _mask(firing),
                "cascading": 0,
                "cascadingPinoutCfg": "0x0",
            },
            "rlAdcOutCfg_t": {
                "fmt": {
                    "b2AdcBits": _BITS.get(radar.receiver.adc_bits, 2),
                    "b8FullScaleReducFctr": 0,
                    "b2AdcOutFmt": _FORMATS[capture_format.samples],
                }
            },
            "rlLowPowerModeCfg_t": {"lpAdcMode": 0},
            "rlProfiles": [{"rlProfileCfg_t": _profile(radar, capture_format)}],
            "rlChirps": [_chirp(slot, tx) for slot, tx in enumerate(firing)],
            "rlFrameCfg_t": _frame(radar, capture_format),
        },
        "rawDataCaptureConfig": _stream(capture_format),
        "monitoringConfig": {},
    }
    tables = {
        "configGenerator": {"createdBy": "radarsim", "isConfigIntermediate": 1},
        "mmWaveDevices": [device],
    }
    return json.dumps(tables, indent=2) + "\n"


def _antenna_numbers(radar: Radar) -> tuple[list[int], list[int]]:
    """Transmitter and receiver numbers on the board; 0, 1, ... if the board is unknown."""
    board = BOARDS.get(radar.board)
    if board is None:
        return list(range(radar.array.num_tx)), list(range(radar.array.num_rx))
    return (
        _nearest(radar.array.tx_m, board.array.tx_m),
        _nearest(radar.array.rx_m, board.array.rx_m),
    )


def _nearest(own_m: Float64[np.ndarray, "own 3"], all_m: Float64[np.ndarray, "all 3"]) -> list[int]:
    found = [int(np.argmin(np.linalg.norm(all_m - at_m, axis=1))) for at_m in own_m]
    return found if len(set(found)) == len(found) else list(range(len(found)))


def _mask(numbers: list[int]) -> str:
    return f"0x{sum(1 << number for number in numbers):X}"


def _profile(radar: Radar, capture_format: CaptureFormat) -> dict:
    chirp = radar.chirp
    parts = 2 if capture_format.is_real else 1
    idle_s = chirp.idle_time_s + radar.frame.extra_slot_idle_s
    return {
        "profileId": 0,
        "pfVcoSelect": "0x0",
        "pfCalLutUpdate": "0x0",
        "startFreqConst_GHz": round(chirp.ramp_start_freq_hz / 1e9, 9),
        "idleTimeConst_usec": round(idle_s * 1e6, 6),
        "adcStartTimeConst_usec": round(chirp.adc_start_time_s * 1e6, 6),
        "rampEndTime_usec": round(chirp.ramp_end_time_s * 1e6, 6),
        "txOutPowerBackoffCode": "0x0",
        "txPhaseShifter": "0x0",
        "freqSlopeConst_MHz_usec": round(chirp.slope_hz_per_s / 1e12, 9),
        "txStartTime_usec": 0.0,
        "numAdcSamples": chirp.num_samples * parts,
        "digOutSampleRate": round(chirp.sample_rate_hz * parts / 1e3, 6),
        **_HIGH_PASS,
        "rxGain_dB": f"0x{round(radar.receiver.gain_db):X}",
    }


def _chirp(slot: int, tx: int) -> dict:
    return {
        "rlChirpCfg_t": {
            "chirpStartIdx": slot,
            "chirpEndIdx": slot,
            "profileId": 0,
            "startFreqVar_MHz": 0.0,
            "freqSlopeVar_KHz_usec": 0.0,
            "idleTimeVar_usec": 0.0,
            "adcStartTimeVar_usec": 0.0,
            "txEnable": _mask([tx]),
        }
    }


def _frame(radar: Radar, capture_format: CaptureFormat) -> dict:
    return {
        "chirpStartIdx": 0,
        "chirpEndIdx": radar.array.num_tx - 1,
        "numLoops": radar.frame.num_chirps,
        "numFrames": capture_format.num_frames,
        "framePeriodicity_msec": round(radar.frame.period_s * 1e3, 9),
        "triggerSelect": 1,
        "frameTriggerDelay": 0.0,
    }


def _stream(capture_format: CaptureFormat) -> dict:
    return {
        "rlDevDataFmtCfg_t": {
            "iqSwapSel": int(capture_format.iq_order == "q_first"),
            "chInterleave": int(capture_format.lanes == 2),
        },
        "rlDevLaneEnable_t": {"laneEn": "0xF" if capture_format.lanes == 4 else "0x3"},
    }
