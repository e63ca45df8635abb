"""Echoes of a mesh, computed by the fast sum, and their error relative to the exact sum."""

import numpy as np

from radarsim.scene.mesh import BurstMesh
from radarsim.signal.exact_frames import exact_clip
from radarsim.signal.face_selection import select_faces, sizes_of_selection
from radarsim.simulate import clip_echo
from tests.helpers.moving_sphere import relative_db


def select(radar, settings, reflection, mesh: BurstMesh, faces):
    """Return the selected faces, and the array sizes that the sum over these faces requires."""
    selection = select_faces(radar, settings, reflection, mesh, np.asarray(faces))
    return selection, sizes_of_selection(radar, settings, reflection, selection.required)


def fast_clip(radar, settings, reflection, mesh: BurstMesh, faces) -> np.ndarray:
    """Return the IF samples of the fast sum, without the level constant."""
    faces = np.asarray(faces)
    selection, sizes = select(radar, settings, reflection, mesh, faces)
    return np.asarray(clip_echo(radar, settings, sizes, reflection, mesh, faces, selection))


def error_db(radar, settings, reflection, mesh: BurstMesh, faces) -> float:
    """Return the error of the fast sum relative to the exact sum [dB]."""
    truth = np.asarray(exact_clip(radar, settings, reflection, mesh, faces))
    return relative_db(fast_clip(radar, settings, reflection, mesh, faces), truth)
