"""Arrays of the body's joints at the middle of each burst, for the radar frames of one clip."""

import numpy as np

from pipelines.plan import Clip
from pipelines.recipe import Recipe
from radarsim.joint_tracks import joint_tracks
from radarsim.scene.scene import Scene


def arrays_of_joints(recipe: Recipe, clip: Clip, scene: Scene) -> dict[str, np.ndarray]:
    """Joints of the clip's subject, specified by `frame_schema.frame_arrays`.

    Args:
        recipe: recipe of the dataset.
        clip: the clip; frames beyond its `num_frames` are padding.
        scene: scene of the clip, with the frames of a full clip.

    Returns:
        Values of the arrays, keyed by array name.
    """
    tracks = joint_tracks(recipe.radar, scene, recipe.num_frames)
    arrays = {
        "joints_m": np.array(tracks.position_m, np.float32),
        "joint_speed_mps": np.array(tracks.speed_mps, np.float32),
        "joint_visible": np.array(tracks.visible, bool),
    }
    for values in arrays.values():
        values[clip.num_frames :] = False if values.dtype == bool else np.nan
    return arrays
