"""Random draws with the values of `jax.random`, computed several times as fast on a CPU.

On a CPU, JAX computes its generator, Threefry, in a loop, and each iteration writes the state of
all counters to memory. This module unrolls the loop, so that XLA computes the rounds and the
conversion to the distribution in registers. The draws are identical functions of key and shape.

Source:
    Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np

# Rotation distances of the rounds, in two alternating groups, and the key's parity constant.
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
    """Bernoulli draws, true with the given probability; equal to `jax.random.bernoulli`."""
    return uniform(key, shape) < np.float32(probability)


def uniform(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Uniform draws in [0, 1), float32; equal to `jax.random.uniform`."""
    # The random bits are the mantissa of a number in [1, 2).
    mantissa = random_bits(key, shape) >> np.uint32(9)
    one = np.float32(1).view(np.uint32)
    return jax.lax.bitcast_convert_type(mantissa | one, jnp.float32) - np.float32(1)


def random_bits(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Random 32-bit words, uint32; equal to `jax.random.bits`.

    If the key belongs to a generator other than the default, `jax.random.bits` computes the words.
    """
    count = math.prod(shape)
    known = str(jax.random.key_impl(key)) == "threefry2x32"
    if not known or not jax.config.jax_threefry_partitionable or count > MAX_DRAWS:
        return jax.random.bits(key, shape)
    first, second = jax.random.key_data(key)
    return _threefry(first, second, jax.lax.iota(jnp.uint32, count).reshape(shape))


def _threefry(first: jax.Array, second: jax.Array, counter: jax.Array) -> jax.Array:
    """Exclusive or of both output words of Threefry-2x32 (20 rounds) for counters (0, counter)."""
    keys = (first, second, first ^ second ^ np.uint32(PARITY))
    x, y = jnp.broadcast_to(first, counter.shape), counter + second
    for group in range(5):
        for rotation in ROTATIONS[group % 2]:
            x = x + y
            y = x ^ ((y << np.uint32(rotation)) | (y >> np.uint32(32 - rotation)))
        x = x + keys[(group + 1) % 3]
        y = y + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x ^ y
