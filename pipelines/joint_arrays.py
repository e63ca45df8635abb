"""Arrays of the body's joints at the middle of each burst, for the radar frames of one clip."""

import numpy as np

from pipelines.frame_schema import JOINT_ARRAYS
from pipelines.plan import Clip
from pipelines.recipe import Recipe
from radarsim.joint_tracks import joint_tracks
from radarsim.scene.scene import Scene


def arrays_of_joints(recipe: Recipe, clip: Clip, scene: Scene) -> dict[str, np.ndarray]:
    """Joints of all people of the clip, specified by `frame_schema.frame_arrays`.

    Args:
        recipe: recipe of the dataset.
        clip: the clip; frames beyond its `num_frames` are padding.
        scene: scene of the clip, with the frames of a full clip.

    Returns:
        Values of the arrays, keyed by array name.
    """
    people = [_arrays_of_subject(recipe, scene, index) for index in range(len(scene.subjects))]
    arrays = people[0]
    for name in JOINT_ARRAYS if recipe.people.number > 1 else ():
        arrays[f"other_{name}"] = _of_others(recipe, name, people)
    for values in arrays.values():
        values[clip.num_frames :] = False if values.dtype == bool else np.nan
    return arrays


def _arrays_of_subject(recipe: Recipe, scene: Scene, index: int) -> dict[str, np.ndarray]:
    tracks = joint_tracks(recipe.radar, scene, recipe.num_frames, subject=index)
    return {
        "joints_m": np.array(tracks.position_m, np.float32),
        "joint_speed_mps": np.array(tracks.speed_mps, np.float32),
        "joint_visible": np.array(tracks.visible, bool),
    }


def _of_others(recipe: Recipe, name: str, people: list[dict[str, np.ndarray]]) -> np.ndarray:
    """Values [frame, person, ...] of the further people; missing people are NaN or not visible."""
    main = people[0][name]
    missing = False if main.dtype == bool else np.nan
    values = np.full((len(main), recipe.people.number - 1, *main.shape[1:]), missing, main.dtype)
    for index, person in enumerate(people[1:]):
        values[:, index] = person[name]
    return values
