"""Sum the echoes of one frame: gather the selected faces, and sum their weighted echoes.

The direct echo and a multipath pass differ only in the weights, which the caller computes between
the two steps, and in the positions of the antennas or their images.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from radarsim.radar.radar import Radar
from radarsim.scattering.reflection import AntennaWeights, ReflectionModel
from radarsim.scattering.visibility import interpolate_blocks
from radarsim.scene.mesh import BurstMesh, Faces, relative_to_radar
from radarsim.signal.array_sizes import SumSizes
from radarsim.signal.face_selection import FaceSelection, padded, padded_spans
from radarsim.signal.fast_sum import fast_sum
from radarsim.signal.path_polynomials import path_lengths
from radarsim.signal.range_groups import GroupSpans
from radarsim.signal.settings import SimulationSettings


class GatheredFaces(NamedTuple):
    """The selected faces of one frame, sorted by range and padded to whole groups.

    Attributes:
        scatterers: scatterers at the nodes, relative to the origin of the mesh [m].
        at_radar: scatterers at the nodes in the radar frame [m].
        visible: weight of each face and chirp, 0 for padding.
        share: share of each face in the echo's energy, 0 for padding.
        groups: ranges of the groups of faces.
    """

    scatterers: Faces
    at_radar: Faces
    visible: Float[Array, "chirp face"]
    share: Float[Array, " face"]
    groups: GroupSpans


def gathered_faces(
    radar: Radar,
    sizes: SumSizes,
    reflection: ReflectionModel,
    mesh: BurstMesh,
    faces: Int[Array, "face corner"],
    selection: FaceSelection,
) -> GatheredFaces:
    """Return the scatterers of the selected faces of one frame.

    Args:
        radar: board whose number of chirps is used.
        sizes: array sizes that suffice for the frame.
        reflection: the reflection model.
        mesh: vertices at the nodes of the frame.
        faces: triangles of the mesh, or points.
        selection: the faces that are summed.
    """
    picked = padded(selection.order, sizes.num_places, -1)
    real = picked >= 0
    share = jnp.where(real, selection.share[picked], 0.0)
    visible = interpolate_blocks(selection.visible[:, picked], radar.frame.num_chirps) * real
    scatterers = reflection.scatterers(mesh.vertices_m, faces, faces[picked])
    at_radar = relative_to_radar(scatterers, mesh.origin_high_m)
    groups = padded_spans(selection.spans, sizes.num_places)
    return GatheredFaces(scatterers, at_radar, visible, share, groups)


def sum_of_frame(
    radar: Radar,
    settings: SimulationSettings,
    sizes: SumSizes,
    mesh: BurstMesh,
    gathered: GatheredFaces,
    weights: AntennaWeights,
    antennas_m: tuple[Float[Array | np.ndarray, "tx 3"], Float[Array | np.ndarray, "rx 3"]]
    | None = None,
) -> Complex[Array, "chirp tx rx sample"]:
    """Return the IF samples of one frame, without the level constant.

    Args:
        radar: board whose waveform, timing and antennas are used.
        settings: settings of the simulation.
        sizes: array sizes that suffice for the frame.
        mesh: vertices at the nodes of the frame.
        gathered: result of `gathered_faces`.
        weights: weights of the gathered faces.
        antennas_m: positions of the transmitters and receivers, or of their images, in float64 [m];
            None for the positions on the board.
    """
    centre_m, origin_m = gathered.scatterers.centre_m, (mesh.origin_high_m, mesh.origin_low_m)
    paths = path_lengths(radar, centre_m, origin_m, settings.residual_video_phase, antennas_m)
    visible, share, groups = gathered.visible, gathered.share, gathered.groups
    return fast_sum(radar, sizes, paths, weights, visible, share, groups)
