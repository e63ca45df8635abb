"""Reproduce a stored clip from the recipe in its store."""

from builders.sources.motion_lookup import MotionPaths, body_name, find_source_take
from pipelines.clip_maker import ClipMaker
from pipelines.dask_cluster import local_workers
from pipelines.store_checks import compare_arrays
from pipelines.store_reader import Store
from pipelines.store_spec import code_version
from radarsim.errors import InputError


def rebuild(store: Store, row: int, paths: MotionPaths) -> list[str]:
    """Simulate a clip again as a build worker would, and compare it with the stored arrays.

    Args:
        store: store that contains the clip and the recipe with all settings.
        row: row of the clip.
        paths: paths of the motions and body models.

    Returns:
        One line for each array that differs, and one line if the code version differs.

    Raises:
        InputError: the store holds recordings, or the motion or the body model is missing or has
            changed since the build.
    """
    recipe, clip = store.recipe, store.clips[row]
    if store.recorded:
        problem = "the store holds recordings, which cannot be simulated again"
        hint = "use radarsim recordings to build it again from the captures"
        raise InputError(clip.id, "--rebuild", problem, hint)
    if recipe.body != body_name(paths.body_models):
        problem = f"the store was built with {recipe.body!r}"
        raise InputError(clip.id, "body", problem, "give the --body-models used then")
    make = ClipMaker(
        body_models=paths.body_models,
        keep_cubes=store.has("if_cube"),
        batch_frames=store.frames_per_batch,
    )
    # Use a worker process, as the build does: the last digit depends on how sums are split.
    with local_workers(1, 1) as client:
        made = client.submit(make, recipe, clip, find_source_take(recipe, clip, paths)).result()
    lines = compare_arrays({name: store.array(name, row) for name in made}, made)
    if lines and store.attributes.get("code_version") != code_version():
        made_by = store.attributes.get("code_version")
        lines.append(f"the store was built with code version {made_by}, this is {code_version()}")
    return lines
