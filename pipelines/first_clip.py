"""The first clip on a machine: workers compile different programs at the same time.

Compilation takes nearly all of the time until the first clip, and workers that share a cache of
programs would all compile the same programs. Therefore one worker makes its first clip, which
compiles the programs for the echo level (or, if the level is known, for the face selection) and for
the echo sum. Meanwhile, the other workers compile the remaining programs, and then load the
programs of the first worker. A marker file in the cache states that the cache contains all
programs.
"""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import jax.numpy as jnp

from pipelines.clip_simulation import clip_key, scene_of_clip, simulation_settings
from pipelines.cube_arrays import arrays_of_cube
from pipelines.plan import Clip
from pipelines.recipe import Recipe
from pipelines.recipe_toml import recipe_digest
from pipelines.sources import Take
from pipelines.store_spec import code_version, cube_shape
from pipelines.subjects import has_known_level
from radarsim.errors import InputError
from radarsim.radar.timing import burst_times_s
from radarsim.scattering.reflection import QuasiSpecular
from radarsim.scene.mesh import Surface
from radarsim.scene.scene import pose, skin_subjects
from radarsim.signal.frame_chunks import chunk_length
from radarsim.signal.noise_and_adc import receive
from radarsim.signal.surface_selection import chunks_of_surfaces, select_each

# Recipes whose first clip this process has begun.
_KNOWN: set[Recipe] = set()


@contextlib.contextmanager
def first_clip_of_one_worker(recipe: Recipe, meanwhile: Callable[[], None]) -> Iterator[None]:
    """Make the first clip of this process inside this context, alone or after another worker.

    Args:
        recipe: recipe of the dataset.
        meanwhile: compiles programs; called while another worker makes its first clip.
    """
    if recipe not in _KNOWN:
        _KNOWN.add(recipe)
        marker = _marker(recipe)
        if marker is not None and not marker.with_suffix(".made").exists():
            with _lock_of(marker.with_suffix(".lock"), meanwhile):
                yield
            with contextlib.suppress(OSError):
                marker.with_suffix(".made").touch()
            return
    yield


def _marker(recipe: Recipe) -> Path | None:
    """Path of the marker, without suffix; None if workers have no common cache of programs."""
    folder = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    name = hashlib.sha256(f"{recipe_digest(recipe)} {code_version()}".encode()).hexdigest()[:16]
    return Path(folder, f"radarsim-first-clip-{name}") if folder else None


@contextlib.contextmanager
def _lock_of(path: Path, meanwhile: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a file; while another process holds the lock, call `meanwhile` and wait."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    except OSError:  # the cache is read-only
        yield
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            meanwhile()
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:  # the file system has no locks
            pass
        yield


def compile_other_programs(
    recipe: Recipe, clip: Clip, take: Take, body_models: str | None, keep_cubes: bool
) -> None:
    """Run the programs of a clip except those of its level and of the sum.

    Args:
        recipe, clip, take, body_models, keep_cubes: arguments of `clip_simulation.make_clip`.
    """
    with contextlib.suppress(InputError):  # an unusable clip is reported when it is made
        ideal = recipe.receiver is None  # other programs depend on the parts of the profile
        # If no level must be computed, the first worker is already compiling the face selection.
        anchored = recipe.simulation.reflection == "paper"
        if ideal and anchored and not has_known_level(recipe, body_models):
            _select(recipe, clip, take, body_models)
        cube_v = jnp.zeros((recipe.num_frames, *cube_shape(recipe)), jnp.complex64)
        echo, key = cube_v[: chunk_length(recipe.num_frames)], clip_key(clip.seed)
        settings = simulation_settings(recipe)
        if ideal:
            jax.block_until_ready(receive(recipe.radar, echo, key, settings, 1.0, 0.0, 0))
        arrays_of_cube(recipe, clip, cube_v, keep_cubes=keep_cubes)


def _select(recipe: Recipe, clip: Clip, take: Take, body_models: str | None) -> None:
    """Select the faces in some frames of a clip."""
    radar, settings = recipe.radar, simulation_settings(recipe)
    scene = scene_of_clip(recipe, clip, take, body_models)
    posed = pose(scene, burst_times_s(radar, recipe.num_frames, settings.nodes))
    surfaces = [
        Surface(mesh, jnp.asarray(faces, jnp.int32))
        for mesh, faces in skin_subjects(scene.bodies, posed)
    ]
    chunk = chunks_of_surfaces(surfaces)[0]
    reflection = QuasiSpecular(clip.sigma_rad, 1.0)
    jax.block_until_ready(select_each(radar, settings, reflection, chunk))
