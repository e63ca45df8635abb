"""Table of the parameters derived from a radar: resolution, timing, noise, antennas."""

import math
import textwrap
from collections import Counter

from radarsim.checks import with_unit
from radarsim.radar.boards import CHIP_OF_BOARD


def radar_table(radar, board_guess: str = "") -> str:
    """Format chirp and frame timing, resolution, limits, receiver and antennas of a radar as text.

    Args:
        radar: radar to describe.
        board_guess: line to print below the title, from `configuration_files.Setup.board_guess`.

    Returns:
        Text of several lines, at most 100 columns wide.
    """
    parts = (
        [f"{radar.name}", *_wrapped(board_guess), ""],
        _rows("Chirp", _chirp_rows(radar.chirp)),
        _rows("Frame", _frame_rows(radar)),
        _rows("Resolution", _measure_rows(radar)),
        _rows("Receiver", _receiver_rows(radar)),
        _antenna_lines(radar),
    )
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _rows(title, rows) -> list[str]:
    lines = [f"  {name:<26}{value:>12}  {note}".rstrip() for name, value, note in rows]
    return [title, *lines, ""]


def _chirp_rows(chirp):
    spare_s = chirp.ramp_end_time_s - chirp.adc_start_time_s - chirp.sampled_time_s
    ramp_top_hz = chirp.ramp_start_freq_hz + chirp.sweep_hz
    return (
        (
            "ramp",
            with_unit(chirp.sweep_hz, "Hz"),
            f"{chirp.ramp_start_freq_hz / 1e9:.3f} to {ramp_top_hz / 1e9:.3f} GHz",
        ),
        ("slope", with_unit(chirp.slope_hz_per_s, "Hz/s"), ""),
        (
            "sampled bandwidth",
            f"{chirp.bandwidth_hz / 1e9:.3f} GHz",
            f"{chirp.num_samples} samples, centre {chirp.centre_freq_hz / 1e9:.3f} GHz, "
            f"wavelength {chirp.wavelength_m * 1e3:.3f} mm",
        ),
        ("sample rate", with_unit(chirp.sample_rate_hz, "sps"), "complex"),
        (
            "chirp duration",
            with_unit(chirp.duration_s, "s"),
            f"idle {with_unit(chirp.idle_time_s, 's')}, "
            f"ramp {with_unit(chirp.ramp_end_time_s, 's')}",
        ),
        (
            "ADC window",
            f"{chirp.sampled_time_s * 1e6:.2f} us",
            f"from {with_unit(chirp.adc_start_time_s, 's')} into the ramp, "
            f"{abs(spare_s) * 1e6:.2f} us spare",
        ),
    )


def _frame_rows(radar):
    frame, chirp = radar.frame, radar.chirp
    order = ", ".join(f"TX{idx + 1}" for idx in frame.tx_order)
    chirps = frame.num_chirps * radar.array.num_tx
    on_air = chirps * chirp.ramp_end_time_s / frame.period_s
    frame_bytes = chirps * radar.array.num_rx * chirp.num_samples * 4
    return (
        (
            "loop duration",
            with_unit(radar.loop_period_s, "s"),
            f"{radar.array.num_tx} slots of {with_unit(radar.slot_period_s, 's')}: {order}",
        ),
        _slow_time_row(radar),
        ("burst duration", f"{radar.burst_duration_s * 1e3:.1f} ms", f"{frame.num_chirps} loops"),
        ("frame period", with_unit(frame.period_s, "s"), f"{1 / frame.period_s:.3g} frames/s"),
        (
            "duty cycle",
            f"{100 * on_air:.1f} %",
            f"ramps; burst {100 * radar.burst_duration_s / frame.period_s:.1f} % of the frame",
        ),
        (
            "raw data",
            f"{frame_bytes * 8 / frame.period_s / 1e6:.1f} Mbit/s",
            f"{with_unit(float(frame_bytes), 'B')} per frame, 16 bit I and Q",
        ),
    )


def _slow_time_row(radar):
    """Row for the spacing of one transmitter's chirps, which determines the largest speed."""
    if radar.frame.num_chirps == 1:
        note = "one loop per frame: speeds need several frames"
    elif radar.slow_time_period_s is not None:
        note = "of each transmitter, over all frames"
    else:
        gap_s = radar.frame.period_s - radar.burst_duration_s
        note = f"of each transmitter, in a burst; pause {with_unit(gap_s, 's')}"
    return ("chirp spacing", with_unit(radar.doppler_period_s, "s"), note)


def _speed_resolution_row(radar):
    if radar.frame.num_chirps == 1:
        product_cm = 50 * radar.chirp.wavelength_m
        return ("speed resolution", "by window", f"{product_cm:.3g} cm over the window's duration")
    return ("speed resolution", f"{100 * radar.speed_resolution_mps:.2f} cm/s", "")


def _measure_rows(radar):
    row = radar.array.azimuth_row()
    beam = _azimuth_resolution_deg(radar, len(row))
    width = f"{beam:.1f} deg" if beam else "none"
    return (
        *_range_rows(radar),
        _speed_resolution_row(radar),
        ("maximum speed", f"+-{radar.max_speed_mps:.2f} m/s", "receding is positive"),
        ("azimuth resolution", width, f"Rayleigh, at boresight, {len(row)} virtual elements"),
    )


def _range_rows(radar):
    if not radar.chirp.has_sweep:
        return (("range resolution", "none", "continuous wave: no sweep"),)
    return (
        ("range resolution", f"{radar.range_resolution_m * 100:.2f} cm", ""),
        ("maximum range", f"{radar.max_range_m:.2f} m", "ranges beyond it are aliased"),
    )


def _azimuth_resolution_deg(radar, num_elements) -> float:
    """Resolution lambda / (N d) at boresight of N elements with spacing d; 0 without a row."""
    if num_elements < 2:
        return 0.0
    aperture_m = num_elements * radar.array.half_wavelength_m
    return math.degrees(math.asin(min(1.0, radar.chirp.wavelength_m / aperture_m)))


def _receiver_rows(radar):
    receiver, rate_hz = radar.receiver, radar.chirp.sample_rate_hz
    noise_dbm = 10 * math.log10(radar.noise_power_w) + 30
    noise_codes = receiver.noise_rms_v(rate_hz) / receiver.adc_step_v
    full_dbm = 20 * math.log10(receiver.full_scale_v) - 10 * math.log10(receiver.load_ohm)
    return (
        (
            "noise power",
            f"{noise_dbm:.1f} dBm",
            f"antenna port, {rate_hz / 1e6:g} MHz, noise figure {receiver.noise_figure_db:g} dB",
        ),
        ("noise at the ADC", f"{noise_codes:.1f} codes", "rms of a complex sample"),
        (
            "ADC step",
            f"{receiver.adc_step_v * 1e6:.2f} uV",
            f"{receiver.adc_bits} bits, full scale {receiver.full_scale_v:g} V",
        ),
        (
            "maximum input",
            f"{full_dbm + 30 - receiver.gain_db:.1f} dBm",
            f"peak I or Q at gain {receiver.gain_db:g} dB",
        ),
        _if_row(radar),
        (
            "transmit power",
            f"{radar.tx_power_dbm:g} dBm",
            f"EIRP {radar.tx_power_dbm + radar.array.gain_dbi:g} dBm, "
            f"antenna gain {radar.array.gain_dbi:g} dBi",
        ),
    )


def _if_row(radar):
    rate_hz = radar.chirp.sample_rate_hz
    chip = CHIP_OF_BOARD.get(radar.board)
    if chip is None:
        return (
            "IF bandwidth used",
            with_unit(rate_hz, "Hz"),
            "no board given: the limit of the chip is unknown",
        )
    used = min(rate_hz / chip.if_bandwidth_hz, 1.0)
    reach_m = radar.max_range_m * min(1.0, chip.if_bandwidth_hz / rate_hz)
    bandwidth = with_unit(chip.if_bandwidth_hz, "Hz")
    note = f"of {bandwidth} in {chip.chip}; passes ranges up to {reach_m:.2f} m"
    return ("IF bandwidth used", f"{100 * used:.0f} %", note)


def _antenna_lines(radar) -> list[str]:
    array = radar.array
    fires = {idx: slot + 1 for slot, idx in enumerate(radar.frame.tx_order)}
    lines = [
        "Antennas from behind the radar: left is +y, up is +z; one column is half a wavelength,",
        f"{array.half_wavelength_m * 1e3:.3f} mm at {array.design_freq_hz / 1e9:g} GHz",
        "",
        *_drawing("TX", array.tx_m, array.half_wavelength_m),
        *_drawing("RX", array.rx_m, array.half_wavelength_m),
        "  antenna   ahead mm    left mm      up mm  fires",
    ]
    for kind, places in (("TX", array.tx_m), ("RX", array.rx_m)):
        for idx, (x, y, z) in enumerate(places * 1e3):
            slot = f"  slot {fires[idx]}" if kind == "TX" else ""
            lines.append(f"  {kind}{idx + 1:<7}{x:>9.3f}{y:>11.3f}{z:>11.3f}{slot}")
    return [*lines, "", *_azimuth_row_lines(array), *_inverted(array)]


def _azimuth_row_lines(array) -> list[str]:
    """List the virtual elements of the azimuth row, and state when elements are left out.

    A position that is off the half-wavelength grid by more than one hundredth of a step, such as
    one rounded to 0.1 mm, removes the element from the row.
    """
    row = array.azimuth_row()
    names = ", ".join(f"TX{tx + 1}-RX{rx + 1}" for tx, rx in reversed(row))
    count = array.num_tx * array.num_rx
    lines = [f"Azimuth row, left to right: {len(row)} of {count} virtual elements"]
    places = {tuple(place) for place in (array.virtual_m.reshape(-1, 3) * 1e6).round()}
    at_one_height = Counter((ahead, up) for ahead, _, up in places)
    lines += _wrapped(names)
    if len(row) < max(at_one_height.values()):
        step = f"{array.half_wavelength_m * 1e3:.3f} mm"
        lines += _wrapped(
            f"Other elements at the same height are left out of maps over the azimuth, because the "
            f"steps of a row must be {step} within 1 %. If the row is not sparse on purpose, give "
            f"positions to 0.001 mm, or adapt design_ghz."
        )
    return lines


def _wrapped(text) -> list[str]:
    return textwrap.wrap(
        text, 98, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )


def _inverted(array) -> list[str]:
    unequal = [
        f"TX{tx + 1}-RX{rx + 1} {gain.real:+.3g}{gain.imag:+.3g}j"
        for tx, row in enumerate(array.channel_gain)
        for rx, gain in enumerate(row)
        if gain != 1
    ]
    return ["", "Channels whose gain is not 1", *_wrapped(", ".join(unequal))] if unequal else []


def _drawing(kind, places_m, step_m) -> list[str]:
    """Draw antennas on a half-wavelength grid; return no lines if they do not fit this grid."""
    cells = (places_m[:, 1:] - places_m[:, 1:].min(axis=0)) / step_m
    if abs(cells - cells.round()).max() > 0.2 or cells.max() > 18:
        return []
    grid = cells.round().astype(int)
    num_left, num_up = grid.max(axis=0)
    rows = [[".".center(4)] * (num_left + 1) for _ in range(num_up + 1)]
    for idx, (left, up) in enumerate(grid):
        rows[num_up - up][num_left - left] = f"{kind}{idx + 1}".ljust(4)
    return [*("    " + " ".join(row).rstrip() for row in rows), ""]
