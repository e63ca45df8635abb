"""Parse mmWave Studio configurations (`*.mmwave.json`) into chip settings.

Source:
    Keys and units as written by mmWave Studio 2.1: the structures of TI mmWaveLink, with the unit
    after the name (startFreqConst_GHz, framePeriodicity_msec); bit masks as "0xF".
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from radarsim.errors import InputError
from radarsim.radar.ti.chip_settings import (
    ChipSettings,
    ChirpRange,
    FramePlan,
    Profile,
    plain_number,
)

_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,8}")
_CHANGES = ("startFreqVar_MHz", "freqSlopeVar_KHz_usec", "idleTimeVar_usec", "adcStartTimeVar_usec")
_READ = {
    "waveformType",
    "MIMOScheme",
    "rlCalibrationDataFile",
    "rlChanCfg_t",
    "rlAdcOutCfg_t",
    "rlProfiles",
    "rlChirps",
    "rlFrameCfg_t",
}


def parse_studio_json(text: str, where: str) -> ChipSettings:
    """Parse the text of a `.mmwave.json` file into chip settings.

    Args:
        text: JSON text.
        where: name of the file, for messages.

    Returns:
        The settings; keys that are not used are listed in the notes.

    Raises:
        InputError: the text is not a Studio configuration, or requires an unsupported mode.
    """
    device = _only_device(_read(text, where), where)
    rf = Node(device, where, "mmWaveDevices[0]").node("rfConfig")
    waveform = rf.values.get("waveformType", "legacyFrameChirp")
    if waveform != "legacyFrameChirp":
        raise rf.error("waveformType", f"is {waveform}", "only legacyFrameChirp is supported")
    channels, adc = rf.node("rlChanCfg_t"), rf.node("rlAdcOutCfg_t").node("fmt")
    settings = ChipSettings(
        where=where,
        rx_mask=channels.count("rxChannelEn"),
        tx_mask=channels.count("txChannelEn"),
        adc_bits=adc.count("b2AdcBits"),
        adc_format=adc.count("b2AdcOutFmt"),
        profiles=dict(_profile(node) for node in rf.nodes("rlProfiles", "rlProfileCfg_t")),
        chirps=[_chirp(node) for node in rf.nodes("rlChirps", "rlChirpCfg_t")],
        frame=_frame(rf.node("rlFrameCfg_t")),
    )
    _read_stream(settings, device, where)
    unread = [name for name, value in rf.values.items() if name not in _READ and value]
    if unread:
        settings.notes.append(f"not used: {', '.join(map(str, unread))}")
    return settings


def _read(text: str, where: str) -> Mapping:
    try:
        tables = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError) as error:
        problem = f"cannot be read ({str(error).splitlines()[0][:100]})"
        raise InputError(where, "JSON", problem, "export it again from mmWave Studio") from None
    if "mmWaveDevice" in tables and "configUsed" in tables:
        hint = "give the .mmwave.json file in the same folder"
        raise InputError(
            where, "file", "is the setup of a recording, not a radar configuration", hint
        )
    return tables


def _only_device(tables: Mapping, where: str) -> Mapping:
    devices = tables.get("mmWaveDevices")
    if not isinstance(devices, list) or not devices or not isinstance(devices[0], Mapping):
        hint = "give a .mmwave.json as mmWave Studio exports it"
        raise InputError(where, "mmWaveDevices", "is missing or empty", hint)
    if len(devices) > 1:
        problem = f"lists {len(devices)} chips"
        raise InputError(where, "mmWaveDevices", problem, "only single chips are supported")
    return devices[0]


class Node:
    """One JSON object whose values are read as numbers; errors state the full path of the key."""

    def __init__(self, values: Any, where: str, path: str):
        self.where, self.path = where, path
        if not isinstance(values, Mapping):
            raise InputError(where, path, "is missing or not an object", "export the file again")
        self.values = values

    def node(self, name: str) -> "Node":
        """Return the object with this name."""
        return Node(self.values.get(name), self.where, f"{self.path}.{name}")

    def nodes(self, name: str, inner: str) -> list["Node"]:
        """Return the objects in a list, each of which is wrapped in an object with one key."""
        entries = self.values.get(name)
        if not isinstance(entries, list) or not entries:
            raise self.error(name, "is missing or empty", "export the file again")
        path = f"{self.path}.{name}"
        return [
            Node(entry, self.where, f"{path}[{idx}]").node(inner)
            for idx, entry in enumerate(entries[:512])
        ]

    def number(self, name: str) -> Decimal:
        """Return a finite decimal; hexadecimal text such as "0x1E" is accepted."""
        value = self.values.get(name)
        if isinstance(value, str) and _HEX.fullmatch(value):
            value = int(value, 16)
        number = None if isinstance(value, bool) else plain_number(value)
        if number is None:
            raise self.error(name, f"is {str(value)[:40]!r}", "write a number")
        return number

    def count(self, name: str) -> int:
        """Return a whole number that is not negative."""
        number = self.number(name)
        if number < 0 or number != int(number):
            raise self.error(name, f"is {number}", "write a whole number, 0 or more")
        return int(number)

    def error(self, name: str, problem: str, hint: str) -> InputError:
        """Return an InputError that gives the full path of the key."""
        return InputError(self.where, f"{self.path}.{name}", problem, hint)


def _profile(node: Node) -> tuple[int, Profile]:
    return node.count("profileId"), Profile(
        start_ghz=node.number("startFreqConst_GHz"),
        idle_us=node.number("idleTimeConst_usec"),
        adc_start_us=node.number("adcStartTimeConst_usec"),
        ramp_end_us=node.number("rampEndTime_usec"),
        slope_mhz_per_us=node.number("freqSlopeConst_MHz_usec"),
        num_samples=node.count("numAdcSamples"),
        sample_rate_ksps=node.number("digOutSampleRate"),
        rx_gain=node.count("rxGain_dB"),
        tx_backoff_db=node.count("txOutPowerBackoffCode") & 0xFF,
        tx_phase=node.count("txPhaseShifter"),
        high_pass=(node.count("hpfCornerFreq1"), node.count("hpfCornerFreq2")),
    )


def _chirp(node: Node) -> ChirpRange:
    return ChirpRange(
        first=node.count("chirpStartIdx"),
        last=node.count("chirpEndIdx"),
        profile=node.count("profileId"),
        tx_mask=node.count("txEnable"),
        changes=tuple(node.number(name) for name in _CHANGES),
    )


def _frame(node: Node) -> FramePlan:
    return FramePlan(
        first=node.count("chirpStartIdx"),
        last=node.count("chirpEndIdx"),
        loops=node.count("numLoops"),
        frames=node.count("numFrames"),
        period_ms=node.number("framePeriodicity_msec"),
    )


def _read_stream(settings: ChipSettings, device: Mapping, where: str) -> None:
    """Read the I/Q order and the lanes, which files for other capture cards do not contain."""
    stream = device.get("rawDataCaptureConfig")
    if not isinstance(stream, Mapping):
        settings.notes.append(
            "rawDataCaptureConfig is missing: the default lanes of the board are used"
        )
        return
    node = Node(stream, where, "mmWaveDevices[0].rawDataCaptureConfig")
    if "rlDevDataFmtCfg_t" in stream:
        settings.q_first = bool(node.node("rlDevDataFmtCfg_t").count("iqSwapSel"))
    if "rlDevLaneEnable_t" in stream:
        enabled = node.node("rlDevLaneEnable_t").count("laneEn").bit_count()
        settings.lanes = 4 if enabled == 4 else 2
        if enabled not in (2, 4):
            settings.notes.append(f"{enabled} lanes are enabled; treated as 2 lanes")
