"""Echoes of one point in every chirp, received with parts of a receiver profile."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.radar.receiver_profile import ReceiverProfile
from radarsim.signal.front_end import FrontEnd, front_end_of
from radarsim.signal.received_echo import Echoes, receive_echoes
from radarsim.signal.settings import SimulationSettings
from tests.helpers.point_echoes import RADAR

KEY = jax.random.key(3)
NOISELESS = SimulationSettings(thermal_noise=False, quantise=False)
FS_HZ, SLOPE = RADAR.chirp.sample_rate_hz, RADAR.chirp.slope_hz_per_s
NUM_SAMPLES = RADAR.chirp.num_samples


def static_echo(range_m, num_frames=4) -> Echoes:
    """Return a unit-amplitude echo in every chirp, and the echo multiplied by its delay [ns]."""
    tau_s = 2 * range_m / SPEED_OF_LIGHT_MPS
    tone = np.exp(2j * np.pi * SLOPE * tau_s * RADAR.chirp.sample_times_s)
    shape = (num_frames, RADAR.frame.num_chirps, RADAR.array.num_tx, RADAR.array.num_rx)
    echo = jnp.asarray(np.broadcast_to(tone, (*shape, NUM_SAMPLES)), jnp.complex64)
    return Echoes(echo, echo * np.float32(tau_s * 1e9))


def silence(num_frames=4) -> Echoes:
    """Return the echoes of an empty scene."""
    return Echoes(jnp.zeros_like(static_echo(1.0, num_frames).echo))


def front_end(**parts) -> FrontEnd | None:
    """Return the arrays of a profile that has only these parts."""
    return front_end_of(replace(RADAR, profile=ReceiverProfile(**parts)))


def received(echoes, settings=NOISELESS, key=KEY, **parts) -> np.ndarray:
    """Return the samples [V] of echoes after a receiver that has only these parts."""
    cube = receive_echoes(RADAR, echoes, key, settings, front_end=front_end(**parts))
    return np.asarray(cube)


def gains_removed(cube):
    """Divide samples by the gains of the channels."""
    return cube / RADAR.array.gains[:, :, None]
