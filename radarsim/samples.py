"""What all faces share along the samples of a chirp, given to the sum at its end."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.config import Radar
from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.kernels import Plan
from radarsim.legs import burst_centre_and_half_s, horner, mid_times_s, sincos_cycles


def common_shift(radar: Radar, common) -> Float[Array, "chirp tx rx"]:
    """Range bins by which every tone was moved."""
    centre_s, half_s = burst_centre_and_half_s(radar)
    u = jnp.asarray(((mid_times_s(radar) - centre_s) / half_s).astype(np.float32))
    tx, rx = common
    return horner(tx, u)[..., None] + horner(rx, u[..., None])


def sample_phase(
    radar: Radar, plan: Plan, first_cell, rate_mps, shift_bins
) -> Complex[Array, "chirp tx rx sample"]:
    """What all faces share along the samples: band, common shift, and the bend S tau' u^2."""
    chirp = radar.chirp
    n = np.arange(chirp.num_samples) - chirp.num_samples / 2
    total = chirp.num_samples * plan.oversampling
    u_s = n / chirp.sample_rate_hz
    # Less its mean, which legs.course has given each face as a phase.
    square_s2 = u_s**2 - chirp.sampled_time_s**2 / 12
    bend = chirp.slope_hz_per_s / SPEED_OF_LIGHT_MPS * square_s2
    # first_cell * n / total in whole cycles leaves float32 digits: reduce before dividing.
    turns = jnp.mod(first_cell * n.astype(np.float32), total) / total
    turns = turns + bend.astype(np.float32) * rate_mps
    ramp = (n / chirp.num_samples).astype(np.float32)
    sin, cos = sincos_cycles(turns + shift_bins[..., None] * ramp)
    return jax.lax.complex(cos, sin)
