"""Fixtures of the tests of public functions."""

import jax
import jaxtyping
import pytest


@pytest.fixture(scope="session")
def compilations() -> list[str]:
    """Event names of all compilation stages so far; the list grows with each compilation."""
    names = []

    def append(name, seconds, **_):
        if "/compile" in name:
            names.append(name)

    jax.monitoring.register_event_duration_secs_listener(append)
    return names


@pytest.fixture
def without_annotation_checks():
    """Turn off the tests' run-time checks of annotations, which would fail before the package's."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
