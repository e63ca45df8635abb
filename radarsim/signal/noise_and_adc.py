"""The receiver: level, channel gains, thermal noise and the quantisation of the ADC."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float, Int, PRNGKeyArray, UInt32

from radarsim.numerics.batched_map import batched_map
from radarsim.radar.radar import Radar
from radarsim.signal.settings import SimulationSettings

Key = PRNGKeyArray | UInt32[Array, "2"]


def receive(
    radar: Radar,
    echo: Complex[Array, "frame chirp tx rx sample"],
    key: Key,
    settings: SimulationSettings,
    level_v: ArrayLike = 1.0,
    extra_noise_db: ArrayLike = 0.0,
    first_frame: ArrayLike = 0,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Apply level, channel gains, noise and ADC quantisation to an echo.

    Args:
        radar: the simulated board.
        echo: IF samples without the level constant.
        key: random key of the noise; each frame uses this key folded with the frame's index.
        settings: settings that state whether to add noise and whether to quantise.
        level_v: voltage for an echo of magnitude 1 [V].
        extra_noise_db: added to the receiver's noise figure [dB].
        first_frame: index of the first frame within the clip.

    Returns:
        Volts at the ADC.
    """
    effects = settings.thermal_noise, settings.quantise
    return _receive(radar, effects, echo, key, level_v, extra_noise_db, first_frame)


@partial(jax.jit, static_argnums=(0, 1))
def _receive(radar, effects, echo, key, level_v, extra_noise_db, first_frame):
    gain = np.asarray(radar.array.channel_gain, np.complex64)[:, :, None]
    cube_v = echo * (gain * jnp.float32(level_v))
    return _frame_by_frame(radar, effects, cube_v, key, extra_noise_db, first_frame)


def thermal_noise(
    radar: Radar,
    shape: tuple[int, ...],
    key: Key,
    extra_noise_db: float | Float[Array, ""] = 0.0,
) -> Complex[Array, "*shape"]:
    """White Gaussian noise with the power k T B F, split equally between I and Q.

    B is the complex sample rate; the power at the antenna is -92.5 dBm for 4.4 Msps and a noise
    figure of 15 dB.

    Args:
        radar: board whose receiver sets F and whose sample rate is B.
        shape: shape of the result.
        key: random key.
        extra_noise_db: added to the noise figure, which may differ between boards and clips [dB].

    Returns:
        Volts at the ADC.
    """
    nominal = radar.receiver.noise_rms_v(radar.chirp.sample_rate_hz) / 2**0.5
    per_part = jnp.float32(nominal) * jnp.float32(10.0) ** (jnp.float32(extra_noise_db) / 20)
    # On a CPU, the numbers are drawn along one axis, which does not change them. With short axes
    # (antennas), XLA would unroll the loops over these axes, and the program would compile four
    # times as long; on a GPU, the reshape would write all numbers to memory. They are scaled before
    # the reshape, as XLA combines both factors of a number into one scalar only if no reshape
    # separates them; otherwise, the noise changes by rounding.
    drawn = (2 * math.prod(shape),) if jax.default_backend() == "cpu" else (2, *shape)
    parts = (jax.random.normal(key, drawn) * per_part).reshape(2, *shape)
    return jax.lax.complex(parts[0], parts[1])


@partial(jax.jit, static_argnums=0)
def add_thermal_noise(
    radar: Radar,
    cube_v: Complex[Array, "frame chirp tx rx sample"],
    key: Key,
    extra_noise_db: float | Float[Array, ""] = 0.0,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Add `thermal_noise` to an echo in volts; the other arguments are those of `receive`.

    Each frame uses its own key (the clip's key folded with the frame's index), so the samples
    depend neither on the batch size nor on the number of frames.
    """
    return _frame_by_frame(radar, (True, False), cube_v, key, extra_noise_db, 0)


def _frame_by_frame(radar, effects, cube_v, key, extra_noise_db, first_frame):
    """Apply the noise and quantisation that `effects` enables, frame by frame."""
    noisy, in_steps = effects

    def one_frame(inputs):
        index, frame_v = inputs
        if noisy:
            key_here = jax.random.fold_in(key, index)
            frame_v = frame_v + thermal_noise(radar, frame_v.shape, key_here, extra_noise_db)
        return quantised(radar, frame_v) if in_steps else frame_v

    return batched_map(one_frame, (first_frame + jnp.arange(len(cube_v)), cube_v))


def quantised(
    radar: Radar, cube_v: Complex[Array, "*batch sample"]
) -> Complex[Array, "*batch sample"]:
    """Round volts to ADC steps and clip them: `from_codes` applied to `to_codes`."""
    step_v = jnp.float32(radar.receiver.adc_step_v)
    return jax.lax.complex(*(_codes(radar, part) * step_v for part in (cube_v.real, cube_v.imag)))


def _codes(radar, part_v):
    """ADC codes, rounded and clipped but not yet converted to integers."""
    limit = 2 ** (radar.receiver.adc_bits - 1)
    return jnp.clip(jnp.round(part_v / jnp.float32(radar.receiver.adc_step_v)), -limit, limit - 1)


@partial(jax.jit, static_argnums=0)
def to_codes(
    radar: Radar, cube_v: Complex[Array, "*batch sample"]
) -> Int[Array, "*batch sample iq"]:
    """Convert volts to rounded and clipped int16 ADC codes; the last axis is (I, Q)."""
    return _codes(radar, jnp.stack([cube_v.real, cube_v.imag], axis=-1)).astype(jnp.int16)


@partial(jax.jit, static_argnums=0)
def from_codes(
    radar: Radar, codes: Int[Array, "*batch sample iq"]
) -> Complex[Array, "*batch sample"]:
    """Convert ADC codes to volts: the inverse of `to_codes` except for rounding by half a step."""
    volts = codes.astype(jnp.float32) * jnp.float32(radar.receiver.adc_step_v)
    return jax.lax.complex(volts[..., 0], volts[..., 1])
