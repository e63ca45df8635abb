"""A stored clip made once more, by the store's own recipe."""

from functools import partial

from builders.sources.motion_lookup import Sources, body_name, take_of
from pipelines.blueprint import code_version
from pipelines.dask_cluster import local_workers
from pipelines.stages import make_clip
from pipelines.store_checks import compare_arrays
from pipelines.store_reader import Store
from radarsim.errors import InputError


def rebuild(store: Store, row: int, sources: Sources) -> list[str]:
    """Make a clip as a worker of its build would, and compare it with what is stored.

    Args:
        store: where the clip is; its recipe says all about it.
        row: which.
        sources: where motion and body models lie.

    Returns:
        One line per array that differs, and one that names the code where that has changed.

    Raises:
        InputError: the motion or the body is not found, or is another one by now.
    """
    recipe, clip = store.recipe, store.clips[row]
    if store.recorded:
        problem = "a radar recorded this store"
        hint = "builders.recordings makes it again from the captures"
        raise InputError(clip.id, "--rebuild", problem, hint)
    if recipe.body != body_name(sources.body_models):
        problem = f"the store was made with {recipe.body!r}"
        raise InputError(clip.id, "body", problem, "give its --body-models")
    make = partial(make_clip, body_models=sources.body_models, keep_cubes=store.has("if_cube"))
    # In a worker's process: how sums are split there decides their last digit.
    with local_workers(1, 1) as client:
        made = client.submit(make, recipe, clip, take_of(recipe, clip, sources)).result()
    lines = compare_arrays({name: store.array(name, row) for name in made}, made)
    if lines and store.attributes.get("code_version") != code_version():
        made_by = store.attributes.get("code_version")
        lines.append(f"the store was made by {made_by}, this is {code_version()}")
    return lines
