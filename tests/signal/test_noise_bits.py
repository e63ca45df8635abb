"""Thermal noise has the same bits as in earlier versions, so that stores do not change.

Bits depend on how XLA compiles a program, so this module does not use `fast_compilation`, and
`.ci/run` repeats it with XLA's default options.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from radarsim.signal.noise_and_adc import thermal_noise
from tests.helpers.scenes import KEY, RADAR

SHAPE = (16, 3, 4, 256)


@pytest.mark.parametrize("backend", ["cpu", "gpu"])
@pytest.mark.parametrize("extra_noise_db", [-0.82, 0.3, 1.7])
def test_noise_has_the_bits_of_a_draw_with_the_axes_of_the_cube(
    monkeypatch, backend, extra_noise_db
):
    """The draw along one axis, as on a CPU, changes no bit, so stores do not change.

    A scale of the noise that is computed in another order changes the bits for the first two values
    of the extra noise.
    """
    nominal_v = RADAR.receiver.noise_rms_v(RADAR.chirp.sample_rate_hz) / 2**0.5

    @jax.jit
    def drawn_v(key, extra_db):
        scale_v = jnp.float32(nominal_v) * jnp.float32(10.0) ** (jnp.float32(extra_db) / 20)
        return jax.lax.complex(*(jax.random.normal(key, (2, *SHAPE)) * scale_v))

    monkeypatch.setattr(jax, "default_backend", lambda: backend)
    found_v = jax.jit(partial(thermal_noise, RADAR, SHAPE))(KEY, extra_noise_db)
    np.testing.assert_array_equal(found_v, drawn_v(KEY, extra_noise_db))
