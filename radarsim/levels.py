"""From the model's bare sum to volts at the ADC, and the one constant that anchors a body's level.

A voltage v stands for the power |v|^2 / Z of the complex envelope: I and Q together.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from scipy.spatial.transform import Rotation

from radarsim.clip import choose, make_burst
from radarsim.config import Radar
from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.mesh import FaceIndices, faces_of
from radarsim.reflection import reflection_of
from radarsim.settings import Settings
from radarsim.visibility import facing, unoccluded

# Mean of the human radar cross-section in 3GPP TR 38.901 (release 19, sensing targets).
HUMAN_RCS_DBSM = -1.37
# anchored_reflectivity of the free body for the AWR1843BOOST and the default sigma of 0.5 rad.
FREE_BODY_REFLECTIVITY = 0.486
# Dry skin: eps_inf, then (step, relaxation time [s], broadening) of two dispersions, and the
# conductivity [S/m].
SKIN_PERMITTIVITY_INF = 4.0
SKIN_DISPERSIONS = ((32.0, 7.234e-12, 0.0), (1100.0, 32.481e-9, 0.2))
SKIN_CONDUCTIVITY_S_PER_M = 2e-4
VACUUM_PERMITTIVITY_F_PER_M = 8.8541878128e-12
ANCHOR_RANGE_M = 3.0
ANCHOR_YAWS = 60


def volts_per_weight(radar: Radar, reflectivity: float) -> float:
    """Volts at the ADC for a face of weight A C / (R1 R2) = 1.

        sqrt(Pt Gt Gr Grx Z) Gamma / (4 pi)

    With A = lambda sqrt(RCS / 4 pi) and Gamma = 1 this is the radar equation of a point target.

    Args:
        radar: transmit power, antenna gain, receiver gain and load.
        reflectivity: Gamma, see `anchored_reflectivity`; 1 for points of known RCS.
    """
    power_w = 1e-3 * 10 ** (radar.tx_power_dbm / 10)
    gain = 10 ** ((2 * radar.array.gain_dbi + radar.receiver.gain_db) / 10)
    return float(np.sqrt(power_w * gain * radar.receiver.load_ohm) * reflectivity / (4 * np.pi))


def point_area_m2(radar: Radar, rcs_m2):
    """The area A of a point scatterer of a given radar cross-section: lambda sqrt(RCS / 4 pi)."""
    return radar.chirp.wavelength_m * (rcs_m2 / (4 * np.pi)) ** 0.5


def apparent_rcs_m2(
    radar: Radar,
    vertices_m: Float[Array, "vertex 3"],
    faces: FaceIndices,
    sigma_rad: Float[Array, ""] | float,
    visible: Bool[Array, "face"] | None = None,
    model: str = "paper",
) -> Float[Array, ""]:
    """Monostatic RCS that a still mesh shows from the origin, at the sweep's centre frequency.

        (4 pi / lambda^2) R^4 |sum A C exp(j 2 k R) / R^2|^2,   R the range of its centroid;

    the model "body" has its complex weights W in the place of A C / R^2. Times Gamma^2 for what the
    surface reflects.

    Apparent: a person is in the near field of any radar nearer than a kilometre.

    Args:
        radar: frequency.
        vertices_m: corners in the radar frame [m].
        faces: triangles.
        sigma_rad: lobe width of the reflection model [rad].
        visible: which faces are seen; None tests every face against every other.
        model: of the reflection, as `Settings.reflection`.
    """
    reflection = reflection_of(radar, model)
    surface = reflection.surface_of(vertices_m, faces)
    if visible is None:
        flat = faces_of(vertices_m, faces)
        front = facing(flat)
        visible = front & unoccluded(flat.centre_m, vertices_m[faces], front)
    origin = jnp.zeros(3)
    log_amplitude, weight_cycles = reflection.log_weight(surface, origin, origin, sigma_rad)
    amplitude = jnp.exp(log_amplitude) * visible
    with jax.enable_x64(True):
        range_m = jnp.linalg.norm(surface.centre_m.astype(jnp.float64), axis=-1)
        cycles = 2 * radar.chirp.centre_freq_hz / SPEED_OF_LIGHT_MPS * range_m
        cycles = (cycles - jnp.round(cycles)).astype(jnp.float32)
    cycles = cycles if weight_cycles is None else cycles + weight_cycles
    echo = jnp.sum(amplitude * jnp.exp(2j * jnp.pi * cycles))
    mean_range_m = jnp.linalg.norm(vertices_m.mean(0))
    scale = 4 * jnp.pi / radar.chirp.wavelength_m**2
    return scale * mean_range_m**4 * jnp.abs(echo) ** 2


def rcs_over_yaw_m2(
    radar: Radar,
    standing_m: Float[np.ndarray, "vertex 3"],
    faces: Int[np.ndarray, "face 3"],
    sigma_rad: float,
    model: str = "paper",
) -> Float[np.ndarray, "yaw"]:
    """Apparent RCS [m^2] of a standing body seen from 60 sides, 3 m away, at half its height.

    Args:
        radar: frequency.
        standing_m: the body, world axes (+z up) [m].
        faces: its triangles.
        sigma_rad: lobe width of the reflection model [rad].
        model: of the reflection, as `Settings.reflection`.
    """
    centred_m = standing_m - (standing_m.max(0) + standing_m.min(0)) / 2
    yaws_rad = np.arange(ANCHOR_YAWS) * 2 * np.pi / ANCHOR_YAWS
    turned_m = Rotation.from_rotvec(yaws_rad[:, None] * [0, 0, 1]).as_matrix() @ centred_m.T
    turned_m = turned_m.transpose(0, 2, 1) + np.array([ANCHOR_RANGE_M, 0, 0])
    # A clip of one frame per yaw, at rest: two nodes, the fewest there are.
    burst = make_burst(np.repeat(turned_m[:, None], 2, axis=1), None)
    faces = jnp.asarray(faces, jnp.int32)
    settings = Settings(reflection=model)
    seen = choose(radar, settings, burst, faces, sigma_rad).seen[:, 0]
    return np.asarray(_rcs_of_each(radar, model, burst.vertices_m[:, 0], faces, sigma_rad, seen))


@partial(jax.jit, static_argnums=(0, 1))
def _rcs_of_each(radar, model, vertices_m, faces, sigma_rad, seen):
    return jax.lax.map(
        lambda one: apparent_rcs_m2(radar, one[0], faces, sigma_rad, one[1], model),
        (vertices_m, seen),
    )


def anchored_reflectivity(
    radar: Radar,
    standing_m: Float[np.ndarray, "vertex 3"],
    faces: Int[np.ndarray, "face 3"],
    sigma_rad: float,
) -> float:
    """Gamma that gives a standing body the mean apparent RCS of 3GPP TR 38.901, -1.37 dBsm.

    The paper's sum over face centres has no unit and its level depends on edge length and sigma;
    one constant per mesh and sigma gives it one. The mean is that of power over yaw. For the
    reflection "paper" alone: "body" has a level of its own, see `skin_reflectivity`.
    """
    mean_m2 = rcs_over_yaw_m2(radar, standing_m, faces, sigma_rad).mean()
    return float(np.sqrt(10 ** (HUMAN_RCS_DBSM / 10) / mean_m2))


def default_reflectivity(radar: Radar, reflection: str) -> float:
    """Level constant of a person where nobody gives one.

    For "body" that of bare skin; for "paper" the anchor of the free body at the default sigma.
    """
    return skin_reflectivity(radar) if reflection == "body" else FREE_BODY_REFLECTIVITY


def skin_reflectivity(radar: Radar) -> float:
    """|Gamma| of bare dry skin at normal incidence, at the sweep's centre: for the model "body".

        |1 - sqrt(eps)| / |1 + sqrt(eps)|

    -4.7 dB at 77 GHz, -4.2 dB at 60 GHz. Nothing is fitted: clothes, roughness and antennas that
    differ from their datasheet are not in it, and a standing body stays a few dB below the mean of
    3GPP TR 38.901. Whoever wants that mean multiplies, and says so.
    """
    root = np.sqrt(skin_permittivity(radar.chirp.centre_freq_hz))
    return float(abs((1 - root) / (1 + root)))


def skin_permittivity(freq_hz: float) -> complex:
    """Relative permittivity of dry skin, eps' - j eps''.

        eps_inf + sum_n step_n / (1 + (j w tau_n)^(1 - alpha_n)) + conductivity / (j w eps0)

    Args:
        freq_hz: frequency [Hz].

    Source:
        Gabriel, Lau, Gabriel, "The dielectric properties of biological tissues: III. Parametric
        models for the dielectric spectrum of tissues", Phys. Med. Biol. 41, 1996, table 1.
    """
    omega = 2j * np.pi * freq_hz
    poles = [step / (1 + (omega * tau_s) ** (1 - alpha)) for step, tau_s, alpha in SKIN_DISPERSIONS]
    ohmic = SKIN_CONDUCTIVITY_S_PER_M / (omega * VACUUM_PERMITTIVITY_F_PER_M)
    return complex(SKIN_PERMITTIVITY_INF + sum(poles) + ohmic)
