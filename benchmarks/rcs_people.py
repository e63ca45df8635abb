"""Radar cross-section of the free body over yaw, posture and range, compared with 3GPP TR 38.901.

No parameter is calibrated: the level follows from the mesh, the permittivity of skin and, if given,
the clothing. 3GPP states a mean of -1.37 dBsm and a spread of 3.94 dB for people (release 19,
sensing).
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from scipy.spatial.transform import Rotation

from radarsim.constants import SPEED_OF_LIGHT_MPS
from radarsim.files import free_body
from radarsim.radar.radar import Radar
from radarsim.scattering.dielectrics import Clothing
from radarsim.scattering.physical_optics import PhysicalOptics, echo_faces
from radarsim.scattering.roughness import Roughness
from radarsim.scattering.visibility import faces_radar, unoccluded
from radarsim.scene.body import BodyModel, skin
from radarsim.scene.mesh import faces_of
from radarsim.scene.skeleton import JOINT
from radarsim.scene.smooth_body import LIMB_EDGE_M, TRUNK_EDGE_M, smooth_body

MEAN_3GPP_DBSM, SPREAD_3GPP_DB = -1.37, 3.94
# Joint angles of each posture [degrees], relative to the rest pose with arms held out.
ARMS_DOWN = {"left_shoulder": (0, 0, -75), "right_shoulder": (0, 0, 75)}
POSTURES = {
    "standing": ARMS_DOWN,
    "arms forward": {"left_shoulder": (0, -80, 0), "right_shoulder": (0, 80, 0)},
    "stride": ARMS_DOWN
    | {"left_hip": (-25, 0, 0), "right_hip": (20, 0, 0), "right_knee": (25, 0, 0)}
    | {"left_elbow": (0, -30, 0), "right_elbow": (0, 30, 0)},
    "sitting": ARMS_DOWN
    | {"left_hip": (-90, 0, 0), "right_hip": (-90, 0, 0)}
    | {"left_knee": (90, 0, 0), "right_knee": (90, 0, 0)},
}
# Largest edge lengths of limbs and trunk in a coarser mesh, twice those of the smooth body [m].
COARSE_M = (2 * LIMB_EDGE_M, 2 * TRUNK_EDGE_M)
GARMENTS = {
    Clothing(0.6e-3): "0.6 mm of cotton",
    Clothing(0.6e-3, gap_m=1e-3): "0.6 mm of cotton and 1 mm of air",
    Clothing(1.5e-3): "1.5 mm of cotton",
}
# The columns are the directions of the body's left, top and front in the radar frame.
UPRIGHT = np.array([[0, 0, -1], [-1, 0, 0], [0, 1, 0]])
# Distance of the points that are tested for occlusion from the fine mesh, towards the radar [m].
# The fine mesh may lie up to a millimetre behind the coarse mesh that occludes the points.
LIFT_M = 2e-3
# Largest number of faces that are summed, and ratio of the weakest to the strongest amplitude among
# these faces. Only a few faces of a body face the radar.
NUM_STRONGEST, WEAKEST = 65_536, 1e-5


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Settings of a sweep over directions and frequencies.

    Attributes:
        yaws: number of directions around the body.
        frequencies: number of frequencies in the radar's sampled sweep.
    """

    yaws: int = 16
    frequencies: int = 4


def posed_m(body: BodyModel, posture: str) -> np.ndarray:
    """Vertices of a body in a posture, in the radar frame and centred at the origin [m]."""
    poses_rad = np.zeros((body.num_joints, 3), np.float32)
    poses_rad[0] = Rotation.from_matrix(UPRIGHT).as_rotvec()
    for name, angles_deg in POSTURES[posture].items():
        poses_rad[JOINT[name]] = np.radians(angles_deg)
    vertices_m = np.asarray(skin(body, np.zeros(10, np.float32), poses_rad, np.zeros(3)))
    return vertices_m - (vertices_m.max(0) + vertices_m.min(0)) / 2


def rcs_of_views_m2(
    radar: Radar,
    bodies: tuple[BodyModel, BodyModel],
    model: PhysicalOptics,
    posture: str,
    range_m: float,
    sweep: Sweep,
) -> np.ndarray:
    """Apparent RCS of a body for each direction and frequency [m^2], array [yaw, frequency].

    Args:
        radar: radar whose sampled sweep is used.
        bodies: the body whose echo is computed, and the coarser body that occludes its faces.
        model: reflection model of the body's surface.
        posture: name of a posture in `POSTURES`.
        range_m: distance of the centre of the body from the radar [m].
        sweep: directions and frequencies.
    """
    meshes = [(posed_m(body, posture), jnp.asarray(body.faces)) for body in bodies]
    start_hz, width_hz = radar.chirp.start_freq_hz, radar.chirp.bandwidth_hz
    shares = (np.arange(sweep.frequencies) + 0.5) / sweep.frequencies
    wavenumbers = 2 * np.pi * (start_hz + width_hz * shares) / SPEED_OF_LIGHT_MPS
    rcs_m2 = []
    # The offset of the yaw angles keeps two views of a symmetric body from being mirror images.
    for yaw_rad in (np.arange(sweep.yaws) + 0.3) * 2 * np.pi / sweep.yaws:
        turn = Rotation.from_rotvec([0, 0, yaw_rad]).as_matrix()
        fine, coarse = (
            (jnp.asarray(each_m @ turn.T + [range_m, 0, 0], jnp.float32), faces)
            for each_m, faces in meshes
        )
        rcs_m2.append(_rcs_of_view(model, fine, coarse, jnp.asarray(wavenumbers), range_m))
    return np.asarray(rcs_m2) * model.reflectivity_at(radar) ** 2


@jax.jit
def _rcs_of_view(model, fine, coarse, wavenumbers, range_m):
    """Apparent RCS of one view at each frequency, without the reflectivity of the surface [m^2]."""
    vertices_m, faces = fine
    copies = echo_faces(model, faces)
    scatterers = model.scatterers(vertices_m, copies)
    origin = jnp.zeros(3)
    level, _ = model.log_weight_at(wavenumbers[len(wavenumbers) // 2], scatterers, origin, origin)
    level = jnp.where(faces_radar(faces_of(vertices_m, copies)), level, -jnp.inf)
    level, strongest = jax.lax.top_k(level, min(NUM_STRONGEST, len(level)))
    scatterers = jax.tree.map(lambda values: values[strongest], scatterers)
    strong = level > level[0] + np.log(WEAKEST)
    lifted_m = scatterers.centre_m + LIFT_M * scatterers.normal
    front = faces_radar(faces_of(*coarse))
    visible = unoccluded(lifted_m, coarse[0][coarse[1]], front, strong)
    with jax.enable_x64(True):
        path_m = 2 * jnp.linalg.norm(scatterers.centre_m.astype(jnp.float64), axis=-1)
    return jax.lax.map(partial(_rcs_at, model, scatterers, visible, path_m, range_m), wavenumbers)


def _rcs_at(model, scatterers, visible, path_m, range_m, wavenumber_per_m):
    origin = jnp.zeros(3)
    level, cycles = model.log_weight_at(wavenumber_per_m, scatterers, origin, origin)
    with jax.enable_x64(True):
        carrier = path_m * wavenumber_per_m / (2 * jnp.pi)
        carrier = (carrier - jnp.round(carrier)).astype(jnp.float32)
    echo = jnp.sum(jnp.exp(level) * visible * jnp.exp(2j * jnp.pi * (carrier + cycles)))
    return wavenumber_per_m**2 / jnp.pi * range_m**4 * jnp.abs(echo) ** 2


def statistics(rcs_m2: np.ndarray) -> dict[str, float]:
    """Mean and spread of the RCS level over directions.

    Args:
        rcs_m2: RCS [view, frequency] [m^2].

    Returns:
        mean_dbsm: mean RCS [dB relative to 1 m^2]; spread_db: standard deviation over
        views of the level after averaging over the sweep; spread_one_db: standard deviation over
        views of the level at one frequency.
    """
    levels_db = 10 * np.log10(rcs_m2)
    return {
        "mean_dbsm": float(10 * np.log10(rcs_m2.mean())),
        "spread_db": float(np.std(10 * np.log10(rcs_m2.mean(axis=1)))),
        "spread_one_db": float(np.sqrt(np.mean(np.var(levels_db, axis=0)))),
    }


def people(radar: Radar, sweep: Sweep) -> dict:
    """Simulate the RCS of the free body: mesh convergence, and statistics over views.

    Args:
        radar: radar whose sampled sweep is used.
        sweep: directions and frequencies.

    Returns:
        edges: mean level of the standing metal body at 3 m for meshes with decreasing edge lengths;
        halving_moves_db: change of the mean level when the edges are halved to those of the default
        smooth body; views: name and `statistics` of each group of views; levels_dbsm: levels of
        bare skin, averaged over the sweep, as one list over yaw for each posture or range.
    """
    body = free_body()
    fine = smooth_body(body)
    groups = _groups(radar, (fine, body), sweep)
    edges = _edges(radar, body, sweep)
    edges.append(_edge_row(LIMB_EDGE_M, TRUNK_EDGE_M, fine, groups["standing, 3 m"]))
    rough = rcs_of_views_m2(
        radar, (fine, body), PhysicalOptics("metal", roughness=Roughness()), "standing", 3.0, sweep
    )
    every = np.concatenate(list(groups.values()))
    skin_part = PhysicalOptics().reflectivity_at(radar) ** 2
    views = [_row(f"bare skin, {name}", skin_part * group) for name, group in groups.items()]
    views += [
        _row("bare skin, all views", skin_part * every),
        _row("rough skin (0.25 mm), standing, 3 m", skin_part * rough),
        _row("metal, all views", every),
    ]
    for clothing, text in GARMENTS.items():
        part = PhysicalOptics(clothing=clothing).reflectivity_at(radar) ** 2
        views.append(_row(f"skin under {text}, all views", part * every))
    return {
        "edges": edges,
        "halving_moves_db": edges[-1]["mean_dbsm"] - edges[-2]["mean_dbsm"],
        "views": views,
        "levels_dbsm": {
            name: np.round(10 * np.log10(skin_part * group.mean(axis=1)), 2).tolist()
            for name, group in groups.items()
        },
    }


def _edges(radar, body, sweep) -> list[dict]:
    """Mean level of the standing metal body at 3 m for the original mesh and a finer mesh."""
    rows = []
    for limits_m, each in ((None, body), (COARSE_M, smooth_body(body, *COARSE_M))):
        views = rcs_of_views_m2(
            radar, (each, body), PhysicalOptics("metal"), "standing", 3.0, sweep
        )
        rows.append(_edge_row(*(limits_m or (0.0, 0.0)), each, views))
    return rows


def _edge_row(limb_edge_m, trunk_edge_m, body, rcs_m2) -> dict:
    """Statistics of a body with the given largest edge lengths; 0: the original mesh."""
    name = f"limbs {1e3 * limb_edge_m:g} mm, trunk {1e3 * trunk_edge_m:g} mm"
    name = name if limb_edge_m else "original mesh, 16 mm"
    return _row(name, rcs_m2) | {"edges": name, "faces": len(body.faces)}


def _groups(radar, bodies, sweep) -> dict[str, np.ndarray]:
    """RCS of the metal body in every posture at 3 m, and of the standing body at other
    ranges.
    """
    cases = [(posture, 3.0) for posture in POSTURES]
    cases += [("standing", range_m) for range_m in (6.0, 10.0)]
    return {
        f"{posture}, {range_m:g} m": rcs_of_views_m2(
            radar, bodies, PhysicalOptics("metal"), posture, range_m, sweep
        )
        for posture, range_m in cases
    }


def _row(name: str, rcs_m2: np.ndarray) -> dict:
    return {"name": name} | statistics(rcs_m2)
