"""Synthetic configuration files of TI's tools: SDK .cfg, Studio log, Lua script, Studio JSON."""

import json

CFG = """\
% Platform:xWR18xx
sensorStop
flushCfg
dfeDataOutputMode 1
channelCfg 15 5 0
adcCfg 2 1
adcbufCfg -1 0 1 1 1
profileCfg 0 77 7 6 65 0 0 60.012 1 256 4400 0 0 158
chirpCfg 0 0 0 0 0 0 0 1
chirpCfg 1 1 0 0 0 0 0 4
frameCfg 0 1 64 250 100 1 0
lvdsStreamCfg -1 0 1 0
guiMonitor -1 1 0 0 0 0 0
sensorStart
"""

# The radar of `CFG` in a Studio log; 1435384036 counts steps of 53.6 Hz, 1243 of 48.3 kHz/us.
LOG = """\
26-Mar-2021 11:08:17: API:select_chip_version,XWR1843,0,
26-Mar-2021 11:08:17: API:ChannelConfig,5,15,0,
26-Mar-2021 11:08:17: API:AdcOutConfig,2,1,0,
26-Mar-2021 11:08:17: API:DataFmtConfig,15,2,1,0,1,0,
26-Mar-2021 11:08:17: API:LaneConfig,3,0,
26-Mar-2021 11:08:17: API:ProfileConfig,0,1435384036,700,600,6500,0,0,1243,0,256,4400,0,0,30,0,
26-Mar-2021 11:08:17: API:ChirpConfig,0,0,0,0,0,0,0,1,0,
26-Mar-2021 11:08:17: API:ChirpConfig,1,1,0,0,0,0,0,4,0,
26-Mar-2021 11:08:17: API:EnableTestSource,0,1,0,
26-Mar-2021 11:08:17: API:FrameConfig,0,1,250,64,20000000,0,512,1,
26-Mar-2021 11:08:17: API:AdvancedFrameConfig,1,0,0,0,1,64,20000000,0,1,1,20000000,0,0,0,0,0,250,
26-Mar-2021 11:08:17: API:SensorStart,0,
"""

LUA = """\
-- ar1.ProfileConfig(0, 60, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 8, 100, 0, 0, 30)  left from before
ar1.SelectChipVersion("XWR1843")
if (ar1.ChanNAdcConfig(1, 0, 1, 1, 1, 1, 1, 2, 1, 0) == 0) then
[RadarAPI]: ar1.LVDSLaneConfig(0, 1, 1, 0, 0, 1, 0, 0)
if (ar1.ProfileConfig(0, 77, 7, 6, 65, 0, 0, 0, 0, 0, 0, 60.012, 0, 256, 4400, 0, 0, 30) == 0) then
ar1.ChirpConfig(0, 0, 0, 0, 0, 0, 0, 1, 0, 0)
ar1.ChirpConfig(1, 1, 0, 0, 0, 0, 0, 0, 0, 1)
ar1.FrameConfig(0, 1, 250, 64, 100, 0, 1)
ar1.RfLdoBypassConfig(3)
"""


def studio_tables() -> dict:
    """The radar of `CFG` as exported by mmWave Studio; tests may change the returned copy."""
    chirps = [
        {
            "rlChirpCfg_t": {
                "chirpStartIdx": idx,
                "chirpEndIdx": idx,
                "profileId": 0,
                "startFreqVar_MHz": 0.0,
                "freqSlopeVar_KHz_usec": 0.0,
                "idleTimeVar_usec": 0.0,
                "adcStartTimeVar_usec": 0.0,
                "txEnable": mask,
            }
        }
        for idx, mask in enumerate(("0x1", "0x4"))
    ]
    profile = {
        "profileId": 0,
        "startFreqConst_GHz": 77.0,
        "idleTimeConst_usec": 7.0,
        "adcStartTimeConst_usec": 6.0,
        "rampEndTime_usec": 65.0,
        "txOutPowerBackoffCode": "0x0",
        "txPhaseShifter": "0x0",
        "freqSlopeConst_MHz_usec": 60.012,
        "txStartTime_usec": 0.0,
        "numAdcSamples": 256,
        "digOutSampleRate": 4400,
        "hpfCornerFreq1": 0,
        "hpfCornerFreq2": 0,
        "rxGain_dB": "0x1E",
    }
    frame = {
        "chirpStartIdx": 0,
        "chirpEndIdx": 1,
        "numLoops": 64,
        "numFrames": 250,
        "framePeriodicity_msec": 100.0,
    }
    device = {
        "mmWaveDeviceId": 0,
        "rfConfig": {
            "waveformType": "legacyFrameChirp",
            "MIMOScheme": "TDM",
            "rlChanCfg_t": {"rxChannelEn": "0xF", "txChannelEn": "0x5", "cascading": 0},
            "rlAdcOutCfg_t": {"fmt": {"b2AdcBits": 2, "b2AdcOutFmt": 1}},
            "rlProfiles": [{"rlProfileCfg_t": profile}],
            "rlChirps": chirps,
            "rlFrameCfg_t": frame,
            "rlBpmChirps": [],
        },
        "rawDataCaptureConfig": {
            "rlDevDataFmtCfg_t": {"iqSwapSel": 0, "chInterleave": 1},
            "rlDevLaneEnable_t": {"laneEn": "0x3"},
        },
    }
    return {"mmWaveDevices": [device]}


def studio_json() -> str:
    """Return `studio_tables` as JSON text."""
    return json.dumps(studio_tables())
