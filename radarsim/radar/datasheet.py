"""Convert the parameters of a radar to datasheet units (GHz, MHz/us, us, mm), exact in decimal."""

from decimal import Context, Decimal
from typing import Any

from radarsim.radar.antennas import AntennaArray
from radarsim.radar.chirp import Chirp
from radarsim.radar.frame import Frame
from radarsim.radar.radar import Radar
from radarsim.radar.receiver import Receiver

# Number of digits that suffices for the exact product of any two floats.
_EXACT = Context(prec=60)


def datasheet_tables(radar: Radar) -> dict[str, Any]:
    """Return the sections, keys and values of a radar file, with numbers exact in decimal.

    Args:
        radar: radar to convert.

    Returns:
        Nested tables of strings, integers, decimals and lists, as read and written by `radar.toml`.
    """
    return {
        "name": radar.name,
        "chirp": _chirp_table(radar.chirp),
        "frame": _frame_table(radar.frame),
        "antennas": _antenna_table(radar.array),
        "receiver": _receiver_table(radar.receiver),
        "transmitter": {"power_dbm": _scaled(radar.tx_power_dbm, "1")},
    }


def _chirp_table(chirp: Chirp) -> dict[str, Any]:
    """Return the section [chirp]; its start is that of the ramp, before the first sample."""
    slope, adc_start = _scaled(chirp.slope_hz_per_s, "1e12"), _scaled(chirp.adc_start_time_s)
    start_mhz, rise_mhz = _scaled(chirp.start_freq_hz, "1e6"), _EXACT.multiply(slope, adc_start)
    return {
        "start_ghz": _plain(_EXACT.divide(_EXACT.subtract(start_mhz, rise_mhz), Decimal(1000))),
        "slope_mhz_per_us": slope,
        "idle_us": _scaled(chirp.idle_time_s),
        "adc_start_us": adc_start,
        "ramp_end_us": _scaled(chirp.ramp_end_time_s),
        "sample_rate_ksps": _scaled(chirp.sample_rate_hz, "1e3"),
        "num_samples": chirp.num_samples,
    }


def _frame_table(frame: Frame) -> dict[str, Any]:
    return {
        "num_chirps": frame.num_chirps,
        "period_ms": _scaled(frame.period_s, "1e-3"),
        "tx_order": [f"TX{idx + 1}" for idx in frame.tx_order],
        "burst_start_us": _scaled(frame.burst_start_s),
        "extra_slot_idle_us": _scaled(frame.extra_slot_idle_s),
        "extra_loop_idle_us": _scaled(frame.extra_loop_idle_s),
    }


def _antenna_table(array: AntennaArray) -> dict[str, Any]:
    return {
        "design_ghz": _scaled(array.design_freq_hz, "1e9"),
        "gain_dbi": _scaled(array.gain_dbi, "1"),
        "tx_mm": [[_scaled(value, "1e-3") for value in at] for at in array.tx_positions_m],
        "rx_mm": [[_scaled(value, "1e-3") for value in at] for at in array.rx_positions_m],
        "channel_gain": [
            [[_scaled(gain.real, "1"), _scaled(gain.imag, "1")] for gain in row]
            for row in array.channel_gain
        ],
    }


def _receiver_table(receiver: Receiver) -> dict[str, Any]:
    return {
        "noise_figure_db": _scaled(receiver.noise_figure_db, "1"),
        "gain_db": _scaled(receiver.gain_db, "1"),
        "adc_bits": receiver.adc_bits,
        "full_scale_v": _scaled(receiver.full_scale_v, "1"),
        "load_ohm": _scaled(receiver.load_ohm, "1"),
        "temperature_k": _scaled(receiver.temperature_k, "1"),
    }


def _scaled(value: float, scale: str = "1e-6") -> Decimal:
    return _plain(_EXACT.divide(Decimal(repr(value)), Decimal(scale)))


def _plain(value: Decimal) -> Decimal:
    """Remove the trailing zeros that decimal arithmetic leaves."""
    return value.normalize(_EXACT)
