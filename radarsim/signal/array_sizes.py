"""How large the arrays of a compiled sum must be: faces, range cells, blocks of loops.

Measured on the device per frame, taken together on the host per clip, and rounded up so that few
programs are compiled.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.errors import InputError
from radarsim.numerics.polynomials import chebyshev_nodes
from radarsim.numerics.vectors import norm
from radarsim.radar.config import Radar
from radarsim.radar.timing import node_times_s
from radarsim.signal.bulk_motion import bend_rad_per_mps
from radarsim.signal.error_budget import MOST_POWERS, Accuracy
from radarsim.signal.nufft_kernel import Plan, cells_around
from radarsim.signal.phase_rates import Pace

# Room for the curvature of a path between the nodes.
BAND_MARGIN_BINS = 0.25
FACES_PER_GROUP = 128
# A group of faces is no wider than this at the middle of a burst; what each moves comes on top.
GROUP_BINS = 2.0
# Groups that end for being wide: enough for what stands in 256 range bins, or fills the radar's.
LEAST_WIDE_GROUPS = 128
# By how much two programs may differ in what a group covers: far more than float32 rounds.
ROUNDING_BINS = 1e-3
# Products of matrices are made for whole vector registers.
TERMS_STEP = 8
# Smaller arrays would save no time that shows, but be programs of their own.
LEAST_LIT = 1024
LEAST_CELLS = 64
# Rows [loops x pairs] of a block that caches hold.
MOST_ROWS = 256
# What receivers add is linear in time for so long; four times that left -72 dB on a sphere.
LONGEST_BLOCK_S = 5e-3
# A block costs as much by itself as the phases of so many pairs in one loop (measured on a CPU).
BLOCK_IN_PAIRS = 8
# An error beyond this is no approximation: refused.
WORST_DB = -40.0


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class Extent:
    """What one frame needs, or many along a leading axis.

    Attributes:
        num_lit: places for the faces seen, those that fill up groups included.
        group_bins: range bins that a group of neighbours covers, at most.
        band_bins: range bins between the middles of the first and the last group; infinite where
            there are more groups than there may be.
        near_m: mean distance of the echo, in the power in which it makes errors.
        pace: of `pace.pace_of`.
    """

    num_lit: Int[Array, "*frame"]
    group_bins: Float[Array, "*frame"]
    band_bins: Float[Array, "*frame"]
    near_m: Float[Array, "*frame"]
    pace: Pace


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Sizes of the sum: places for faces, cells of the band, terms of a group (`kernels.Plan`)."""

    num_lit: int
    num_cells: int
    num_terms: int
    chirps_per_block: int
    shift_powers: int
    own_bend: bool
    by_pairs: bool = False


def bins_of(
    radar: Radar, bins: Float[Array, "node face"]
) -> tuple[Float[Array, "face"], Float[Array, "face"]]:
    """Lowest and highest range bin that each face's tone reaches during the burst, with a margin.

    A range growing at v moves the tone by 2 v f_c T / c bins, and goes on beyond the last node.

    Args:
        radar: its sweep and timing.
        bins: of `steady_bins`.
    """
    chirp, nodes = radar.chirp, chebyshev_nodes(len(bins))
    walk = bins[-1] - bins[0]
    nodes_s = node_times_s(radar, len(nodes))
    # [bins / s] of walk to bins of shift: the sweep's time over its relative width.
    shift_s = chirp.sampled_time_s * chirp.centre_freq_hz / chirp.bandwidth_hz
    shift = walk * np.float32(shift_s / (nodes_s[-1] - nodes_s[0]))
    margin = margin_bins(radar) + jnp.abs(walk) * np.float32((1 - nodes[-1]) / (2 * nodes[-1]))
    low = jnp.min(bins, axis=0) + jnp.minimum(shift, 0) - margin
    return low, jnp.max(bins, axis=0) + jnp.maximum(shift, 0) + margin


def steady_bins(
    radar: Radar, centre_m: Float[Array, "node face 3"], share: Float[Array, "face"]
) -> Float[Array, "node face"]:
    """Range of each face in bins, less what all have moved together: the mean by `share`.

    The sum takes that off every tone and gives it back to the samples (samples.take_common).
    """
    bins = range_bins(radar, centre_m)
    common = jnp.sum(bins * share, axis=-1)
    return bins - (common - common.mean())[:, None]


def range_bins(radar: Radar, centre_m: Float[Array, "*shape 3"]) -> Float[Array, "*shape"]:
    """Range of each face in bins."""
    bins_per_m = 2 * radar.chirp.bandwidth_hz / SPEED_OF_LIGHT_MPS
    return norm(centre_m) * np.float32(bins_per_m)


def margin_bins(radar: Radar) -> np.float32:
    """How far a resting tone may lie from its face's range, as antennas are not at the origin."""
    array_m = sum(
        np.linalg.norm(positions_m, axis=-1).max()
        for positions_m in (radar.array.tx_m, radar.array.rx_m)
    )
    return np.float32(BAND_MARGIN_BINS + array_m * radar.chirp.bandwidth_hz / SPEED_OF_LIGHT_MPS)


def blocks_for(radar: Radar, accuracy: Accuracy, pace: Pace) -> dict[str, int | bool]:
    """Loops that share one series of a group, the powers of shifts in it, and whose bend.

    Longer blocks are fewer, more powers cost each pair: the cheapest of what the error allows.

    Raises:
        InputError: something moves so fast that even single loops leave more than -40 dB.
    """
    walk, spread_bins, turn, drift_mps = (float(np.max(np.asarray(part))) for part in pace)
    walk_bins, turn_rad = (rate * radar.loop_period_s for rate in (walk, turn))
    worst = Accuracy(WORST_DB)
    most_bins = worst.shift_limit_bins(MOST_POWERS, margin_db=0.0)
    _need(walk_bins / 2 + spread_bins, most_bins, "range bins")
    _need(turn_rad / 2, worst.turn_limit_rad, "radians across the receivers")
    pairs = radar.array.num_tx * radar.array.num_rx
    lengths = [1]
    most = min(MOST_ROWS / pairs, LONGEST_BLOCK_S / radar.loop_period_s)
    while 2 * lengths[-1] <= most:
        lengths.append(2 * lengths[-1])
    # A bend goes along the samples as the square of a shift does.
    own_bend = bend_rad_per_mps(radar) * drift_mps > accuracy.small / 2
    fitting = [
        (powers * (pairs + BLOCK_IN_PAIRS / loops), powers, loops)
        for powers in range(3 if own_bend else 2, MOST_POWERS + 1)
        for loops in lengths
        if loops * walk_bins / 2 + spread_bins <= accuracy.shift_limit_bins(powers)
        and loops * turn_rad / 2 <= accuracy.turn_limit_rad
    ]
    _, powers, loops = min(fitting, default=(0, MOST_POWERS, 1))
    return {"chirps_per_block": loops, "shift_powers": powers, "own_bend": own_bend}


def _need(value: float, most: float, unit: str) -> None:
    """InputError where half a loop is too long, or nothing is known of it."""
    if np.isnan(value):
        problem = "some corner's place is not a finite number, or the radar's own"
        raise InputError("motion", "positions", problem, "look for gaps in the motion")
    if value > most:
        raise InputError(
            "motion",
            "speed",
            f"echoes change by {value:.2g} {unit} in half a chirp loop; the fast sum holds "
            f"{most:.2g}",
            "look for jumps in the motion, or simulate with method='plain'",
        )


def pairs_count(radar: Radar, accuracy: Accuracy, near_m: float, lobe_rad: float) -> bool:
    """Whether what a receiver adds to a weight depends on the transmitter.

    exp(-(a + b + c)^2 / lobe^2), b and c the angles by which tx and rx are off the array's middle:
    the factors by tx and by rx leave exp(-2 b c / lobe^2) to each pair.

    Args:
        radar: its array.
        accuracy: what may be left out.
        near_m: distance of the echo.
        lobe_rad: of `Reflection`.
    """
    tx_m, rx_m = (
        np.sqrt(np.mean(np.sum((positions_m - positions_m.mean(0)) ** 2, axis=-1)))
        for positions_m in (radar.array.tx_m, radar.array.rx_m)
    )
    return bool(2 * tx_m * rx_m > accuracy.small * (near_m * lobe_rad) ** 2)


def sizes_for(radar: Radar, accuracy: Accuracy, extent: Extent, lobe_rad: float) -> Sizes:
    """Sizes that hold every frame of a clip, rounded up so that few programs are compiled.

    Padding costs little: groups without faces are passed over, and the band is a small part.
    """
    num_lit, group_bins, band_bins = (
        float(np.max(np.asarray(part)))
        for part in (extent.num_lit, extent.group_bins, extent.band_bins)
    )
    blocks = blocks_for(radar, accuracy, extent.pace)  # first: it tells what is wrong with a motion
    terms = terms_for(accuracy, group_bins)
    return Sizes(
        num_lit=rounded_up(int(num_lit), LEAST_LIT),
        num_cells=cells_for(radar, accuracy, terms, band_bins),
        num_terms=terms,
        by_pairs=pairs_count(radar, accuracy, float(np.min(np.asarray(extent.near_m))), lobe_rad),
        **blocks,
    )


def terms_for(accuracy: Accuracy, group_bins: float) -> int:
    """Terms of the series that holds groups of so many range bins."""
    terms = TERMS_STEP
    # The sum asks again, from its own rounding.
    while accuracy.span_bins(terms) < needed_bins(group_bins) + ROUNDING_BINS:
        terms += TERMS_STEP if terms < 4 * TERMS_STEP else terms // 2
    return terms


def needed_bins(group_bins):
    """What a series must span for groups of so many bins: their middles are whole cells."""
    return group_bins + 1 / Plan.oversampling


def cells_for(radar: Radar, accuracy: Accuracy, terms: int, band_bins: float) -> int:
    """Cells of a band that holds all groups and what each is spread over.

    Raises:
        InputError: the scene reaches too far.
    """
    if not band_bins < np.inf:
        most_m = wide_groups(radar) * GROUP_BINS * radar.range_resolution_m
        raise InputError(
            "motion", "positions", f"what is seen fills more than {most_m:.3g} m of range",
            "simulate its parts by themselves and add their cubes",
        )  # fmt: skip
    around = cells_around(accuracy.span_bins(terms), accuracy.kernel_width)
    between = int(np.ceil(band_bins * Plan.oversampling)) + 1
    return power_of_two(between + 2 * around + 1, LEAST_CELLS)


def most_groups(radar: Radar, num_faces: int) -> int:
    """Groups of so many faces: full ones, and those that end where they are wide enough."""
    return -(-num_faces // FACES_PER_GROUP) + min(num_faces, wide_groups(radar))


def wide_groups(radar: Radar) -> int:
    """Groups that may end because they are wide enough."""
    return max(LEAST_WIDE_GROUPS, int(np.ceil(radar.chirp.num_samples / GROUP_BINS)))


def power_of_two(value: int, least: int) -> int:
    """The next one, at least `least`."""
    return max(least, 1 << (value - 1).bit_length())


def rounded_up(value: int, least: int) -> int:
    """The next power of two, or three quarters of it; at least `least`."""
    power = power_of_two(value, least)
    return max(least, power * 3 // 4) if value <= power * 3 // 4 else power
