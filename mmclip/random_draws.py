"""The random draws of `jax.random`, with the same values, several times as fast on a CPU.

On a CPU, JAX computes its generator, Threefry, in a loop whose every iteration writes the state of
all counters to memory. Here, the rounds are written out, so that XLA computes them, and the
conversion to the distribution, in registers. A draw is the same function of key and shape.

Source:
    Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np

# Rotations of the rounds, in two alternating groups, and the parity constant of the key.
ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA
# Largest number of draws for which the upper word of every counter is zero.
MAX_DRAWS = 2**32


def normal(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Normal draws with mean 0 and variance 1, float32; equal to `jax.random.normal`."""
    low, high = np.nextafter(np.float32(-1), np.float32(0)), np.float32(1)
    draws = jnp.maximum(low, uniform(key, shape) * (high - low) + low)
    return np.float32(np.sqrt(2)) * jax.lax.erf_inv(draws)


def bernoulli(key: jax.Array, probability: float, shape: tuple[int, ...]) -> jax.Array:
    """True with the given probability; equal to `jax.random.bernoulli`."""
    return uniform(key, shape) < np.float32(probability)


def uniform(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Uniform draws in [0, 1), float32; equal to `jax.random.uniform`."""
    # The random bits are the mantissa of a number in [1, 2).
    mantissa = random_bits(key, shape) >> np.uint32(9)
    one = np.float32(1).view(np.uint32)
    return jax.lax.bitcast_convert_type(mantissa | one, jnp.float32) - np.float32(1)


def random_bits(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Random 32-bit words, uint32; equal to `jax.random.bits`.

    A key of another generator than the default one is passed on to `jax.random.bits`.
    """
    count = math.prod(shape)
    known = str(jax.random.key_impl(key)) == "threefry2x32"
    if not known or not jax.config.jax_threefry_partitionable or count > MAX_DRAWS:
        return jax.random.bits(key, shape)
    first, second = jax.random.key_data(key)
    return _threefry(first, second, jax.lax.iota(jnp.uint32, count).reshape(shape))


def _threefry(first: jax.Array, second: jax.Array, counter: jax.Array) -> jax.Array:
    """Exclusive or of the two words of Threefry-2x32 (20 rounds), for counters (0, counter)."""
    keys = (first, second, first ^ second ^ np.uint32(PARITY))
    x, y = jnp.broadcast_to(first, counter.shape), counter + second
    for group in range(5):
        for rotation in ROTATIONS[group % 2]:
            x = x + y
            y = x ^ ((y << np.uint32(rotation)) | (y >> np.uint32(32 - rotation)))
        x = x + keys[(group + 1) % 3]
        y = y + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x ^ y
