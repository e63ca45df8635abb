"""Static sizes of the fast sum: faces, range cells, series terms and chirp blocks.

The requirements of each frame are measured on the device; the host takes the maximum over the clip
and rounds up, so that few programs are compiled.
"""

from dataclasses import dataclass, replace
from functools import reduce

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from radarsim.errors import InputError
from radarsim.radar.radar import Radar
from radarsim.signal.bulk_motion import quadratic_rad_per_mps
from radarsim.signal.error_budget import MOST_POWERS, ErrorBudget
from radarsim.signal.nufft_kernel import OVERSAMPLING, reach_cells
from radarsim.signal.phase_rates import PhaseRates
from radarsim.signal.range_groups import GROUP_BINS, most_wide_groups

# Tolerance for differences between two programs in the range of a group; far above float32
# rounding.
ROUNDING_BINS = 1e-3
# The number of terms is a multiple of this constant, because matrix products use whole vector
# registers.
TERMS_STEP = 8
# Minimum array sizes: smaller arrays would save no measurable time, but would need separate
# programs.
LEAST_PLACES = 1024
LEAST_CELLS = 64
# Maximum number of rows [loops x pairs] of a block, so that the block fits in the caches.
MOST_ROWS = 256
# Maximum duration of a block; within a block, the gain and phase of a receiver are treated as
# linear in time. With four times this duration, the echo of a sphere had an error of -72 dB.
LONGEST_BLOCK_S = 5e-3
# Fixed cost of a block, in units of the cost of one pair's phases in one loop (measured on a CPU).
BLOCK_IN_PAIRS = 8
# Maximum error: above this limit the result is no longer a useful approximation, and the simulation
# raises an error.
WORST_DB = -40.0


@jax.tree_util.register_dataclass
@dataclass(frozen=True, kw_only=True)
class RequiredSizes:
    """Sizes that the sum of one frame requires; a leading axis stands for many frames.

    Attributes:
        num_places: number of places for the visible faces, including the padding of groups.
        group_bins: range bins that the widest group covers.
        band_bins: range bins between the middles of the first and the last group; infinite if the
            number of groups exceeds the limit.
        near_m: power mean of the echo's distance, with the exponent at which the distance enters
            the error [m].
        rates: mean rates of change of the echoes, from `phase_rates.mean_rates`.
    """

    num_places: Int[Array | np.ndarray, "*frame"]
    group_bins: Float[Array | np.ndarray, "*frame"]
    band_bins: Float[Array | np.ndarray, "*frame"]
    near_m: Float[Array | np.ndarray, "*frame"]
    rates: PhaseRates


@jax.tree_util.register_static
@dataclass(frozen=True, kw_only=True)
class SumSizes:
    """Array sizes and numerical parameters of the fast sum; static, so each set is compiled once.

    Attributes:
        num_places: number of places for faces, a multiple of the group size.
        num_cells: width of the occupied range band [grid cells].
        num_terms: number of terms of a group's series.
        span_bins: range that the tones of a group may cover [bins].
        chirps_per_block: number of loops in a block; these loops share one series and differ by
            shifts of the tones.
        shift_powers: number of powers of a tone's shift within a block, including the zeroth.
        own_quadratic: whether the quadratic phase of each face follows its own speed instead of the
            speed of the bulk motion.
        by_pairs: whether weights have a factor for each antenna pair.
        kernel_width: number of grid cells over which one tone is spread.
        precision: precision of matrix products.
        kernels: whether a GPU may run the sum as a kernel, which has no forward-mode derivatives.
    """

    num_places: int
    num_cells: int
    num_terms: int
    span_bins: float
    chirps_per_block: int
    shift_powers: int
    own_quadratic: bool
    by_pairs: bool = False
    kernel_width: int = 6
    precision: str = "highest"
    kernels: bool = True

    @property
    def reach_cells(self) -> int:
        """Grid cells on either side of a group's middle over which its tones are spread."""
        return reach_cells(self.span_bins, self.kernel_width)


def sum_sizes(
    radar: Radar, budget: ErrorBudget, required: RequiredSizes, lobe_rad: float
) -> SumSizes:
    """Compute sizes that suffice for every frame, rounded up so that few programs are compiled.

    Padding costs little, because groups without faces are skipped and the transform of the range
    band takes only a small part of the time.

    Args:
        radar: board whose waveform, timing and antennas are used.
        budget: error budget, which contains the requested error.
        required: required sizes of every frame.
        lobe_rad: width of the narrowest reflection lobe [rad].

    Raises:
        InputError: echoes change too fast, extend too far in range, or are not finite.
    """
    # block_sizes is called first, because its error messages describe faults of the motion.
    loops, powers, own_quadratic = block_sizes(radar, budget, required.rates)
    terms = series_terms(budget, _largest(required.group_bins))
    return SumSizes(
        num_places=rounded_up(int(_largest(required.num_places)), LEAST_PLACES),
        num_cells=band_cells(radar, budget, terms, _largest(required.band_bins)),
        num_terms=terms,
        span_bins=budget.span_bins(terms),
        chirps_per_block=loops,
        shift_powers=powers,
        own_quadratic=own_quadratic,
        by_pairs=needs_pairs(radar, budget, float(np.min(np.asarray(required.near_m))), lobe_rad),
        kernel_width=budget.kernel_width,
        precision=budget.precision,
    )


def block_sizes(radar: Radar, budget: ErrorBudget, rates: PhaseRates) -> tuple[int, int, bool]:
    """Choose loops per block, powers of shifts, and whether each face has its own quadratic phase.

    Longer blocks mean fewer blocks, but more powers cost time for each pair; the cheapest
    combination that the error allows is chosen.

    Raises:
        InputError: the motion is so fast that even single loops leave an error above -40 dB.
    """
    migration, spread_bins, receiver, speed_mps = (_largest(part) for part in rates)
    migration_bins, receiver_rad = (rate * radar.loop_period_s for rate in (migration, receiver))
    worst = ErrorBudget(WORST_DB)
    most_bins = worst.shift_limit_bins(MOST_POWERS, margin_db=0.0)
    _check_rate(migration_bins / 2 + spread_bins, most_bins, "range bins")
    _check_rate(receiver_rad / 2, worst.phase_limit_rad, "radians across the receivers")
    pairs = radar.array.num_tx * radar.array.num_rx
    lengths = [1]
    most = min(MOST_ROWS / pairs, LONGEST_BLOCK_S / radar.loop_period_s)
    while 2 * lengths[-1] <= most:
        lengths.append(2 * lengths[-1])
    # A quadratic phase affects the series like the square of a shift.
    own_quadratic = quadratic_rad_per_mps(radar) * speed_mps > budget.residual_amplitude / 2
    sufficient = [
        (powers * (pairs + BLOCK_IN_PAIRS / loops), powers, loops)
        for powers in range(3 if own_quadratic else 2, MOST_POWERS + 1)
        for loops in lengths
        if loops * migration_bins / 2 + spread_bins <= budget.shift_limit_bins(powers)
        and loops * receiver_rad / 2 <= budget.phase_limit_rad
    ]
    _, powers, loops = min(sufficient, default=(0, MOST_POWERS, 1))
    return loops, powers, own_quadratic


def needs_pairs(radar: Radar, budget: ErrorBudget, near_m: float, lobe_rad: float) -> bool:
    """Whether a receiver's factor of a weight depends on the transmitter.

    In exp(-(a + b + c)^2 / lobe^2), b and c are the angles of tx and rx from the array's centre;
    separating the factors of tx and rx leaves the factor exp(-2 b c / lobe^2) for each pair.

    Args:
        radar: board whose antennas are used.
        budget: error budget, which contains the requested error.
        near_m: distance of the echo [m].
        lobe_rad: width of the narrowest reflection lobe [rad].
    """
    tx_m, rx_m = (
        np.sqrt(np.mean(np.sum((positions_m - positions_m.mean(0)) ** 2, axis=-1)))
        for positions_m in (radar.array.tx_m, radar.array.rx_m)
    )
    return bool(2 * tx_m * rx_m > budget.residual_amplitude * (near_m * lobe_rad) ** 2)


def series_terms(budget: ErrorBudget, group_bins: float) -> int:
    """Compute the number of series terms for groups that cover `group_bins` range bins."""
    terms = TERMS_STEP
    # The margin covers rounding, because the sum compares the span in float32.
    while budget.span_bins(terms) < needed_span_bins(group_bins) + ROUNDING_BINS:
        terms += TERMS_STEP if terms < 4 * TERMS_STEP else terms // 2
    return terms


def needed_span_bins(group_bins):
    """Series span needed for groups of a given width, with middles rounded to cells [bins]."""
    return group_bins + 1 / OVERSAMPLING


def band_cells(radar: Radar, budget: ErrorBudget, terms: int, band_bins: float) -> int:
    """Grid cells of the band that holds all groups and the spread of their tones.

    Raises:
        InputError: the echo extends too far in range.
    """
    if not band_bins < np.inf:
        most_m = most_wide_groups(radar) * GROUP_BINS * radar.range_resolution_m
        raise InputError(
            "motion",
            "positions",
            f"visible faces fill more than {most_m:.3g} m of range",
            "simulate its parts separately and add their cubes",
        )
    around = reach_cells(budget.span_bins(terms), budget.kernel_width)
    between = int(np.ceil(band_bins * OVERSAMPLING)) + 1
    return power_of_two(between + 2 * around + 1, LEAST_CELLS)


def power_of_two(value: int, least: int) -> int:
    """Round up to a power of two that is at least `least`."""
    return max(least, 1 << (value - 1).bit_length())


def rounded_up(value: int, least: int) -> int:
    """Round up to a power of two, or to 3/4 of a power of two, that is at least `least`."""
    power = power_of_two(value, least)
    return max(least, power * 3 // 4) if value <= power * 3 // 4 else power


def _largest(values) -> float:
    return float(np.max(np.asarray(values)))


def _check_rate(value: float, most: float, unit: str) -> None:
    """Raise InputError if the echo changes too much in half a loop, or is not finite."""
    if np.isnan(value):
        problem = "the position of some vertex or of the radar is not a finite number"
        raise InputError("motion", "positions", problem, "look for gaps in the motion")
    if value > most:
        raise InputError(
            "motion",
            "speed",
            f"echoes change by {value:.2g} {unit} in half a chirp loop; the fast sum allows "
            f"{most:.2g}",
            "look for jumps in the motion, or simulate with method='exact'",
        )


def largest(first: RequiredSizes, second: RequiredSizes) -> RequiredSizes:
    """Combine two sets of sizes into one that suffices for both.

    The result has the smaller nearest distance and the larger value of every other size.
    """
    both = jax.tree.map(lambda *parts: jnp.stack([part.max() for part in parts]), first, second)
    near_m = jnp.minimum(first.near_m.min(), second.near_m.min())
    return replace(jax.tree.map(jnp.max, both), near_m=near_m)


def largest_of_bodies(required: list[RequiredSizes]) -> RequiredSizes:
    """Sizes that suffice for each body of a scene, with the frame axis unchanged."""

    def both(one, other):
        near_m = jnp.minimum(one.near_m, other.near_m)
        return replace(jax.tree.map(jnp.maximum, one, other), near_m=near_m)

    return reduce(both, required)
