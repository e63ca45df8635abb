"""Fixtures of the tests of public functions."""

import jax
import jaxtyping
import pytest


@pytest.fixture(scope="session")
def compilations() -> list[str]:
    """A list of event names, to which every compilation adds the names of its stages."""
    names = []

    def append(name, seconds, **_):
        if "/compile" in name:
            names.append(name)

    jax.monitoring.register_event_duration_secs_listener(append)
    return names


@pytest.fixture
def without_annotation_checks():
    """Turn off the tests' run-time annotation checks, which would pre-empt radarsim's checks."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
