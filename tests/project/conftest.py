"""Fixtures of the tests of public functions."""

import jax
import jaxtyping
import pytest


@pytest.fixture(scope="session")
def compilations() -> list[str]:
    """A list of the event names of compilation stages, which grows with each compilation."""
    names = []

    def append(name, seconds, **_):
        if "/compile" in name:
            names.append(name)

    jax.monitoring.register_event_duration_secs_listener(append)
    return names


@pytest.fixture
def without_annotation_checks():
    """Turn off the tests' run-time checks of annotations, which would fail before radarsim's."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
