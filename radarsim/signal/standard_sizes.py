"""Array sizes in few coarse steps, so that the clips of a corpus share two or three programs.

Compiling a program for an accelerator takes half a minute. On an accelerator, each clip therefore
uses the standard sizes or, if these do not suffice, the next sizes of a coarse series. The step
depends only on what the clip itself requires, never on other clips, so a clip has the same samples
in any batch. In a sample of 59 clips of different activities (preset `zeroshot`), the standard
sizes suffice for three quarters of the clips, and two further sets of sizes suffice for the others.
"""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.radar.radar import Radar
from radarsim.signal.array_sizes import RequiredSizes, SumSizes, sum_sizes
from radarsim.signal.error_budget import ErrorBudget
from radarsim.signal.phase_rates import PhaseRates
from radarsim.signal.range_groups import GROUP_BINS

# Number of places for faces, range extent of a person [m], and mean spread of a person's speeds
# [m/s]. The free body needed at most 4,700 places in the sample.
STANDARD_PLACES = 5120
STANDARD_EXTENT_M = 1.5
STANDARD_SPREAD_MPS = 0.5
# Minimum width of the range band [cells], and loops per block; faster motion needs blocks of one
# loop.
STANDARD_CELLS = 128
STANDARD_LOOPS = 4


def standard_sizes(radar: Radar, budget: ErrorBudget, near_m: float, lobe_rad: float) -> SumSizes:
    """Sizes that suffice for most people who walk or gesture.

    Args:
        radar: board whose waveform, timing and antennas are used.
        budget: error budget, which contains the requested error.
        near_m: smallest distance of the subjects [m].
        lobe_rad: width of the narrowest reflection lobe [rad].
    """
    bins_per_s = STANDARD_SPREAD_MPS * 2 * radar.chirp.bandwidth_hz / SPEED_OF_LIGHT_MPS
    required = RequiredSizes(
        num_places=jnp.int32(STANDARD_PLACES),
        group_bins=jnp.float32(GROUP_BINS),
        band_bins=jnp.float32(STANDARD_EXTENT_M / radar.range_resolution_m),
        near_m=jnp.float32(near_m),
        rates=PhaseRates(*map(jnp.float32, (bins_per_s, 0.0, 0.0, STANDARD_SPREAD_MPS))),
    )
    return _coarse(radar, budget, required, lobe_rad)


def sizes_on_ladder(
    radar: Radar,
    budget: ErrorBudget,
    required: RequiredSizes,
    lobe_rad: ArrayLike,
    standard: SumSizes,
) -> SumSizes:
    """Sizes that suffice for a clip: the standard sizes, increased where they are too small.

    Args:
        radar, budget: as in `standard_sizes`.
        required: required sizes of every frame of the clip.
        lobe_rad: width of the clip's reflection lobe [rad].
        standard: result of `standard_sizes`.

    Raises:
        InputError: echoes change too fast, extend too far in range, or are not finite.
    """
    lobe_rad = float(np.min(np.asarray(lobe_rad)))
    own = _coarse(radar, budget, required, lobe_rad)
    wide = own if own.num_terms > standard.num_terms else standard
    return replace(
        wide,
        num_places=max(own.num_places, standard.num_places),
        num_cells=max(own.num_cells, standard.num_cells),
        chirps_per_block=min(own.chirps_per_block, standard.chirps_per_block),
        shift_powers=max(own.shift_powers, standard.shift_powers),
        own_quadratic=own.own_quadratic or standard.own_quadratic,
        by_pairs=own.by_pairs or standard.by_pairs,
    )


def _coarse(radar, budget, required: RequiredSizes, lobe_rad: float) -> SumSizes:
    sizes = sum_sizes(radar, budget, required, lobe_rad)
    places = STANDARD_PLACES
    while places < np.max(np.asarray(required.num_places)):
        places *= 2
    loops = STANDARD_LOOPS if sizes.chirps_per_block >= STANDARD_LOOPS else 1
    cells = max(sizes.num_cells, STANDARD_CELLS)
    return replace(sizes, num_places=places, num_cells=cells, chirps_per_block=loops)
