"""Fixtures of the tests of public functions."""

import jax
import jaxtyping
import pytest


@pytest.fixture(scope="session")
def compilations() -> list[str]:
    """Names of the compilations so far, and of their stages."""
    names = []

    def append(name, seconds, **_):
        if "/compile" in name:
            names.append(name)

    jax.monitoring.register_event_duration_secs_listener(append)
    return names


@pytest.fixture
def without_annotation_checks():
    """As users call: the annotations that tests check at run time would refuse first."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
