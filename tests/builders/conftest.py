"""Fixtures shared by the tests of the build commands."""

from functools import partial

import pytest

from builders.building import simulated_dataset
from pipelines.cost_estimate import CostEstimate


@pytest.fixture
def without_trial_clip(monkeypatch):
    """Make dry runs skip the trial simulation of one clip, which takes several seconds."""
    estimate = CostEstimate(first_s=9.0, clip_s=2.0, clip_bytes=500_000, workers=2)
    monkeypatch.setattr("builders.building.simulated_dataset.estimate_cost", lambda *_: estimate)


@pytest.fixture(scope="module")
def without_workers():
    """Make builders.amass simulate in this process, which has imported and traced before.

    A worker process imports and traces again, which takes ten seconds of processor time. Builds by
    worker processes are tested in `test_amass_command.py` and in `tests/pipelines/test_run.py`.
    """
    here = partial(_build_here, simulated_dataset.build)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulated_dataset, "build", here)
        yield


def _build_here(build, *arguments, workers, scheduler, quiet):
    """Call `pipelines.run.build` without worker processes."""
    assert scheduler is None
    return build(*arguments, workers=0, quiet=quiet)
