"""Face selection for all bodies of a scene, each with the other bodies as possible occluders."""

from collections.abc import Iterable, Sequence

import jax
import numpy as np

from radarsim.radar.radar import Radar
from radarsim.scattering.physical_optics import echo_faces
from radarsim.scattering.reflection import ReflectionModel
from radarsim.scene.mesh import Surface
from radarsim.signal.array_sizes import SumSizes
from radarsim.signal.face_selection import FaceSelection, select_faces, sizes_of_selection
from radarsim.signal.frame_chunks import frame_chunks
from radarsim.signal.settings import SimulationSettings


def with_echo_faces(
    reflection: ReflectionModel, surfaces: Iterable[Surface]
) -> tuple[Surface, ...]:
    """Return the bodies with the faces whose echoes the reflection model sums; see `echo_faces`."""
    return tuple(Surface(mesh, echo_faces(reflection, faces)) for mesh, faces in surfaces)


def with_others(surfaces: Sequence[Surface]) -> list[tuple]:
    """Return the mesh and faces of each body in a scene, with the surfaces of the other bodies."""
    return [
        (*one, (*surfaces[:index], *surfaces[index + 1 :])) for index, one in enumerate(surfaces)
    ]


def select_each(
    radar: Radar,
    settings: SimulationSettings,
    reflection: ReflectionModel,
    surfaces: Sequence[Surface],
) -> list[FaceSelection]:
    """Select the faces of each body in a scene; same arguments as `select_faces`."""
    return [select_faces(radar, settings, reflection, *one) for one in with_others(surfaces)]


def chunks_of_surfaces(surfaces: Sequence[Surface]) -> list[tuple[Surface, ...]]:
    """Divide the frames of all bodies into the same chunks; see `frame_chunks`."""
    per_body = [[Surface(chunk, faces) for chunk in frame_chunks(mesh)] for mesh, faces in surfaces]
    return list(zip(*per_body, strict=True))


def sizes_of_chunks(
    radar: Radar,
    settings: SimulationSettings,
    reflection: ReflectionModel,
    selections: Sequence[FaceSelection],
) -> SumSizes:
    """Compute static array sizes that suffice for one body in all chunks of frames.

    Raises:
        InputError: a speed or range extent exceeds what the fast sum can represent.
    """
    # The host joins the arrays, because it reads the sizes anyway.
    required = jax.tree.map(lambda *each: np.concatenate(each), *(s.required for s in selections))
    return sizes_of_selection(radar, settings, reflection, required)
