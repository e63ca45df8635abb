"""Fixtures shared by the tests of mmclip."""

import importlib.util
from functools import cache

import numpy as np
import pytest


@pytest.fixture(scope="package", autouse=True)
def one_program_for_equal_trainings():
    """Let training runs with the same model, texts and settings share the compiled step programs.

    A resumed training run would otherwise trace the same programs again. The programs are pure
    functions, whose arguments include the whole state of the training.
    """
    if importlib.util.find_spec("flax") is None:
        yield
        return
    from mmclip import training_loop, training_step

    update = _known_updates(training_step.make_update)
    preparation = cache(training_step.make_preparation)
    with pytest.MonkeyPatch.context() as patch:
        for module in (training_loop, training_step):
            patch.setattr(module, "make_update", update)
            patch.setattr(module, "make_preparation", preparation)
        yield


def _known_updates(make_update):
    """Return a function with the results of `make_update`, which is called once per program."""
    updates = {}

    def known_update(model, vectors, settings):
        paths = tuple((kind, *sorted(values)) for kind, values in model.variables.items())
        trained, texts = (model.trained, model.also_trained), np.asarray(vectors)
        key = (model.graph, paths, trained, texts.shape, texts.tobytes(), settings)
        if key not in updates:
            updates[key] = make_update(model, vectors, settings)
        return updates[key]

    return known_update
