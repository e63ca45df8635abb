"""Simulate many clips per call, in one compiled program from poses to stored values.

    posed clips -> batches -> one program on the device -> arrays of each clip

A batch first uses the standard sizes of the recipe. The program also returns the sizes that each
clip required; a clip that requires larger arrays is simulated again with the larger sizes that
`standard_sizes` chooses for this clip. Sizes depend only on the recipe and on the clip, and within
the program, frames are simulated in batches of one length, so the bytes of a clip depend neither on
the other clips nor on the number of clips per batch.

A batch is computed while the host prepares the next batch and stores the previous batch.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import numpy as np

from pipelines.clip_simulation import simulation_settings
from pipelines.cube_arrays import cube_products, stored_arrays
from pipelines.posed_clips import PosedRow
from pipelines.recipe import Recipe
from pipelines.subjects import BodyKey, body_of
from radarsim.batch import BatchSimulator
from radarsim.errors import InputError
from radarsim.signal.array_sizes import RequiredSizes, SumSizes
from radarsim.signal.standard_sizes import sizes_on_ladder, standard_sizes

# Maximum number of frames per call on an accelerator: the cubes of an AWR1843BOOST then take 3.2
# GB, which fits into the memory of any card. The number is not tuned, because no accelerator was
# available.
MOST_FRAMES_PER_CALL = 1024
# Number of faces of the largest body models (SMPL-X), from which the number of frames that fit into
# the memory is computed.
MOST_FACES = 20908
# Maximum number of batches that are computed or queued on the device while the host does other
# work.
BATCHES_AHEAD = 2


class MadeClip(NamedTuple):
    """A clip with its arrays for the store, or with the error that prevents its simulation."""

    row: PosedRow
    arrays: dict[str, np.ndarray] | InputError


class _Kind(NamedTuple):
    """Properties that all clips of a batch share."""

    body_keys: tuple[BodyKey, ...]
    sizes: SumSizes


class _Running(NamedTuple):
    """A started batch; `values` and `required` are on the device, with the clip axis first."""

    rows: list[PosedRow]
    kind: _Kind
    values: dict[str, Any]
    required: RequiredSizes


def clips_per_call(recipe: Recipe, batch_frames: int) -> int:
    """Number of clips per call on an accelerator for which the frame batches are fullest.

    Args:
        recipe: recipe of the dataset.
        batch_frames: number of frames that are simulated at a time.
    """

    def filled(count: int) -> float:
        batches = -(-count * recipe.num_frames // batch_frames)
        return count * recipe.num_frames / (batches * batch_frames)

    most = max(1, MOST_FRAMES_PER_CALL // recipe.num_frames)
    return max(range(1, most + 1), key=filled)


class ClipBatches:
    """Simulator of the clips of one recipe.

    Attributes:
        standard: array sizes that are tried first.
        num_again: number of clips that required larger sizes.
    """

    def __init__(
        self, recipe: Recipe, per_call: int, keep_cubes: bool, batch_frames: int | None = None
    ):
        """Prepare the simulator; programs are compiled at the first call.

        Args:
            recipe: recipe of the dataset.
            per_call: number of clips per batch; an incomplete batch is padded.
            keep_cubes: whether IF cubes are saved in the store.
            batch_frames: number of frames that are simulated at a time; None for the number that
                suits the device and `per_call`.
        """
        self._recipe, self._per_call, self._batch_frames = recipe, per_call, batch_frames
        self._settings = simulation_settings(recipe)
        self._products = cube_products(recipe, keep_cubes)
        self._simulators: dict[tuple[BodyKey, ...], BatchSimulator] = {}
        by_lobes = recipe.simulation.reflection == "paper"
        self.standard = standard_sizes(
            recipe.radar,
            self._settings.error_budget,
            near_m=_nearest_m(recipe),
            lobe_rad=recipe.simulation.sigma_rad[0] if by_lobes else 0.0,
        )
        self.num_again = 0

    def run(self, rows: Iterable[PosedRow]) -> Iterator[MadeClip]:
        """Simulate clips, and yield each clip as soon as it is ready, in any order."""
        waiting, running = defaultdict(list), deque()
        for row in rows:
            if row.error is not None:
                yield MadeClip(row, row.error)
                continue
            waiting[_Kind(row.body_keys, self.standard)].append(row)
            running += self._start_batches(waiting, self._per_call)
            while len(running) >= BATCHES_AHEAD:
                yield from self._finish(running.popleft(), waiting)
        while running or waiting:
            # Clips that need larger sizes wait for the last batch, which may add further such
            # clips.
            running += self._start_batches(waiting, 1 if not running else self._per_call)
            yield from self._finish(running.popleft(), waiting)

    def _start_batches(self, waiting: dict, at_least: int) -> list[_Running]:
        """Start one batch of each kind for which at least `at_least` clips are waiting."""
        started = []
        for kind in [kind for kind, rows in waiting.items() if len(rows) >= at_least]:
            rows = waiting.pop(kind)
            started.append(self._start(rows[: self._per_call], kind))
            if len(rows) > self._per_call:
                waiting[kind] = rows[self._per_call :]
        return started

    def _start(self, rows: list[PosedRow], kind: _Kind) -> _Running:
        padded = rows + [rows[-1]] * (self._per_call - len(rows))
        stacked = jax.tree.map(lambda *parts: np.stack(parts), *(row.posed for row in padded))
        simulator = self._simulator(kind.body_keys)
        values, required = simulator.at_sizes(stacked, kind.sizes, self._batch_frames)
        for part in jax.tree.leaves((required, values)):
            part.copy_to_host_async()
        return _Running(rows, kind, values, required)

    def _finish(self, batch: _Running, waiting: dict) -> Iterator[MadeClip]:
        """Yield the clips of a batch; clips that need larger sizes wait for another batch."""
        required, values = jax.device_get((batch.required, batch.values))
        for index, row in enumerate(batch.rows):
            if batch.kind.sizes == self.standard:
                sizes = self._sizes_of(row, _item(required, index))
                if isinstance(sizes, InputError):
                    yield MadeClip(row, sizes)
                    continue
                if sizes != self.standard:
                    waiting[_Kind(row.body_keys, sizes)].append(row)
                    self.num_again += 1
                    continue
            arrays = stored_arrays(self._recipe, row.clip, _item(values, index))
            yield MadeClip(row, arrays | row.arrays)

    def _sizes_of(self, row: PosedRow, required: RequiredSizes) -> SumSizes | InputError:
        radar, budget = self._recipe.radar, self._settings.error_budget
        lobe_rad = row.posed.reflection.lobe_rad
        try:
            return sizes_on_ladder(radar, budget, required, lobe_rad, self.standard)
        except InputError as error:
            return error

    def _simulator(self, body_keys: tuple[BodyKey, ...]) -> BatchSimulator:
        if body_keys not in self._simulators:
            bodies = tuple(map(body_of, body_keys))
            self._simulators[body_keys] = BatchSimulator(
                self._recipe.radar, bodies, self._settings, self._products
            )
        return self._simulators[body_keys]


def _nearest_m(recipe: Recipe) -> float:
    """Smallest distance at which a person of a clip starts [m]."""
    nearest_m = recipe.placements.distance_m[0]
    if recipe.people.number > 1:
        nearest_m = min(nearest_m, recipe.people.distance_m[0])
    return nearest_m


@lru_cache(maxsize=2)
def clip_batches(
    recipe: Recipe, per_call: int, keep_cubes: bool, batch_frames: int | None
) -> ClipBatches:
    """The simulator of a recipe, which all shards of a worker share."""
    return ClipBatches(recipe, per_call, keep_cubes, batch_frames)


def _item(values: Any, index: int) -> Any:
    return jax.tree.map(lambda part: part[index], values)
