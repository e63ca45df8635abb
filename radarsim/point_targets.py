"""Simulate points of known radar cross-section with the fast or exact sum of `simulate`."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from radarsim.input_checks import SimulationInput, check_simulation, checked_points
from radarsim.radar.radar import Radar
from radarsim.scattering.levels import point_area_m2, volts_per_weight
from radarsim.scattering.reflection import (
    IsotropicPoints,
    QuasiSpecular,
    ReflectionModel,
    point_indices,
)
from radarsim.scene.mesh import BurstMesh, burst_mesh
from radarsim.signal.exact_frames import exact_points
from radarsim.signal.face_selection import select_points, sizes_of_selection
from radarsim.signal.face_strength import energy_shares
from radarsim.signal.front_end import parts_of
from radarsim.signal.noise_and_adc import Key
from radarsim.signal.received_echo import echoes_of, receive_echoes
from radarsim.signal.settings import SimulationSettings
from radarsim.simulate import clip_echo


def simulate_points(
    radar: Radar,
    positions_m: Float[np.ndarray, "frame node point 3"],
    rcs_m2: Float[np.ndarray, " point"],
    key: Key,
    settings: SimulationSettings = SimulationSettings(),
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Simulate the IF cube of moving points of known radar cross-section.

    Args:
        radar: the radar to be simulated.
        positions_m: positions at `burst_times_s` in the radar frame, float64 for full phase
            accuracy [m].
        rcs_m2: radar cross-section of each point [m^2].
        key: JAX random key for the receiver noise.
        settings: simulation settings; the visibility and culling settings have no effect on points.

    Returns:
        The IF cube in volts at the ADC.

    Raises:
        InputError: an argument is invalid, or a speed or range extent exceeds what the fast sum can
            represent.
    """
    check_simulation("simulate_points", SimulationInput(radar, key, QuasiSpecular(), settings))
    positions_m, rcs_m2 = checked_points("simulate_points", settings, positions_m, rcs_m2)
    origin_m = positions_m[..., :1, :]
    mesh = burst_mesh(positions_m - origin_m, origin_m[..., 0, :])
    points = IsotropicPoints(point_area_m2(radar, rcs_m2))
    level_v = volts_per_weight(radar, 1.0)
    radar, weighted, front_end = parts_of(radar, points)

    def echo_of(model):
        if settings.method == "exact":
            return exact_points(radar, settings, model, mesh)
        return points_echo(radar, settings, points, mesh, model)

    echoes = echoes_of(front_end, weighted, echo_of)
    return receive_echoes(radar, echoes, key, settings, level_v, front_end=front_end)


def points_echo(
    radar: Radar,
    settings: SimulationSettings,
    points: IsotropicPoints,
    mesh: BurstMesh,
    model: ReflectionModel | None = None,
) -> Complex[Array, "frame chirp tx rx sample"]:
    """Compute the IF samples of moving points, without level constant, culling or occlusion.

    Args:
        radar: the ideal radar.
        settings: simulation settings.
        points: the points.
        mesh: mesh whose vertices are the points.
        model: the points, weighted by antennas and filters; None for `points`.
    """
    every = jnp.ones(len(points.area_m2), bool)
    selection = select_points(radar, mesh, energy_shares(jnp.log(points.area_m2), every))
    sizes = sizes_of_selection(radar, settings, points, selection.required)
    indices = point_indices(len(points.area_m2))
    return clip_echo(radar, settings, sizes, model or points, mesh, indices, selection)
