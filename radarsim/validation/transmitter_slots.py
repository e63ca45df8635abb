"""Detect whether the same transmitter fired all TDM slots."""

import numpy as np
from jaxtyping import Complex, Float

# Largest phase [rad] and level [dB] differences between two slots fired by the same transmitter.
SAME_PHASE_RAD = 0.03
SAME_LEVEL_DB = 0.3
# Minimum coherence of two slots fired by the same transmitter.
SAME_COHERENCE = 0.999


def slots_fired_by_one_transmitter(
    range_v: Complex[np.ndarray, "row tx rx range"], noise_v2: Float[np.ndarray, " range"]
) -> bool:
    """Whether all slots have equal phase and level, as if fired by the same transmitter.

    The echoes of transmitters at different positions differ in phase, depending on the direction of
    the target. Slots fired by the same transmitter agree in phase and level in every range bin.

    Args:
        range_v: range profiles of all channels, such as `CaptureStats.slow_time_v` [V].
        noise_v2: noise power of one chirp in each range bin [V^2].

    Returns:
        True if phase and level agree in more than 60 % of the values in range bins that are 20 dB
        above noise; False otherwise, or if fewer than three range bins are 20 dB above noise.
    """
    num_tx = range_v.shape[1]
    power_v2 = (np.abs(range_v) ** 2).mean((0, 1, 2))
    strong = power_v2 > 100 * noise_v2
    if num_tx < 2 or strong.sum() < 3:
        return False
    first, others = range_v[:, :1, :, strong], range_v[:, 1:, :, strong]
    cross = (first.conj() * others).sum(0)
    powers = (np.abs(first) ** 2).sum(0), (np.abs(others) ** 2).sum(0)
    coherence = np.abs(cross) / np.sqrt(powers[0] * powers[1])
    level_db = 10 * np.log10(powers[1] / powers[0])
    noise = noise_v2[strong] / power_v2[strong]  # noise reduces the coherence by about this amount
    same = (
        (coherence > SAME_COHERENCE - 3 * noise)
        & (np.abs(np.angle(cross)) < SAME_PHASE_RAD + noise)
        & (np.abs(level_db) < SAME_LEVEL_DB)
    )
    return bool(same.mean() > 0.6)
