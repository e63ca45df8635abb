"""Fixtures shared by the tests of the build commands."""

import pytest

from pipelines.cost_estimate import CostEstimate


@pytest.fixture
def without_trial_clip(monkeypatch):
    """Make dry runs skip the trial simulation of one clip, which takes several seconds."""
    estimate = CostEstimate(first_s=9.0, clip_s=2.0, clip_bytes=500_000, workers=2)
    monkeypatch.setattr("builders.building.simulated_dataset.estimate_cost", lambda *_: estimate)
