"""Place antennas at the positions that a configuration gives for the transmitter-receiver pairs."""

from dataclasses import replace

from radarsim.radar.antennas import AntennaArray
from radarsim.radar.ti.chip_settings import ChipSettings, Geometry


def placed_array(base: AntennaArray, geometry: Geometry, settings: ChipSettings) -> AntennaArray:
    """Create an array whose virtual elements are at given positions, to replace a board's antennas.

    A pair's position is the sum of its transmitter's and receiver's positions, so the pairs
    determine the layout of both antenna groups, but not the distance between the groups, which is
    taken from the board.

    Args:
        base: array of the board, which supplies the number of antennas, the design frequency, the
            gain and the distance between the groups.
        geometry: positions of the pairs, in transmitter order.
        settings: chip settings from the file, for messages.

    Returns:
        The array, without the board's inverted channels, because the file has its own calibration.

    Raises:
        InputError: the positions are not sums of transmitter and receiver positions, or their
            number differs from that of the pairs.
    """
    steps, count = geometry.steps, base.num_tx * base.num_rx
    if len(steps) != count:
        problem = f"has {len(steps)} positions; {base.num_tx} TX and {base.num_rx} RX make {count}"
        raise settings.error(geometry.command, problem, "give one per pair, or name the board")
    tx = [_minus(steps[idx * base.num_rx], steps[0]) for idx in range(base.num_tx)]
    rx = [_minus(steps[idx], steps[0]) for idx in range(base.num_rx)]
    sums = [(x + u, y + v) for x, y in tx for u, v in rx]
    if sums != [_minus(step, steps[0]) for step in steps]:
        problem = "holds positions that are not sums of a TX and an RX position"
        raise settings.error(geometry.command, problem, "correct it, or remove it")
    step_m = _step_m(base, geometry)
    return replace(
        base,
        tx_positions_m=_centred(tx, step_m, base.tx_m.mean(axis=0)),
        rx_positions_m=_centred(rx, step_m, base.rx_m.mean(axis=0)),
        channel_gain=(),
    )


def _step_m(base: AntennaArray, geometry: Geometry) -> tuple[float, float]:
    """Lengths of one step to the left and one step up [m]."""
    if geometry.step_mm is not None:
        return geometry.step_mm[0] * 1e-3, geometry.step_mm[1] * 1e-3
    left, up = geometry.step_half_waves
    return left * base.half_wavelength_m, up * base.half_wavelength_m


def _minus(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] - other[0], one[1] - other[1]


def _centred(steps, step_m, centre_m) -> tuple[tuple[float, ...], ...]:
    """Convert steps to positions in metres, with the same group centre as on the board."""
    left, up = (sum(axis) / len(steps) for axis in zip(*steps))
    ahead_m, left_m, up_m = (float(value) for value in centre_m)
    return tuple(
        (ahead_m, left_m + (x - left) * step_m[0], up_m + (y - up) * step_m[1]) for x, y in steps
    )
