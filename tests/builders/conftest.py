"""Fixtures shared by the tests of the build commands."""

from contextlib import nullcontext
from functools import partial

import pytest

from builders.building import rebuild, simulated_dataset
from pipelines import dask_cluster
from pipelines.cost_estimate import CostEstimate
from tests.helpers.describer_command import isolated_captions


@pytest.fixture
def without_trial_clip(monkeypatch):
    """Make dry runs skip the trial simulation of one clip, which takes several seconds."""
    estimate = CostEstimate(first_s=9.0, clip_s=2.0, clip_bytes=500_000, workers=2)
    monkeypatch.setattr("builders.building.simulated_dataset.estimate_cost", lambda *_: estimate)


@pytest.fixture
def captions(monkeypatch, tmp_path):
    """Write a file of captions for the describer, and hide the user's settings."""
    return isolated_captions(monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def without_workers():
    """Make builders.amass simulate in this process, where modules and programs are cached.

    A worker process would import and trace again, for eight seconds of processor time. Builds by
    worker processes are tested in `test_amass_command.py` and in `tests/pipelines/test_run.py`.
    """
    here = partial(_build_here, simulated_dataset.build)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulated_dataset, "build", here)
        yield


@pytest.fixture(scope="module")
def one_worker(fast_compilation):
    """Let all commands of a module that need a single worker use the same process.

    A worker process imports and traces for eight seconds of processor time before its first clip.
    """
    start = dask_cluster.local_workers
    with start(1, 1) as client, pytest.MonkeyPatch.context() as patch:

        def running(count, at_most):
            return nullcontext(client) if count == 1 else start(count, at_most)

        for module in (dask_cluster, rebuild):
            patch.setattr(module, "local_workers", running)
        yield


def _build_here(build, *arguments, workers, scheduler, quiet):
    """Call `pipelines.run.build` without worker processes."""
    assert scheduler is None
    return build(*arguments, workers=0, quiet=quiet)
