"""Shared by all tests: data that is not part of this repository, and an end to old programs."""

import os
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module", autouse=True)
def programs_of_one_module_only():
    """Compiled programs hold memory maps, of which a process has 65,530: thousands of tests end it.

    XLA then dies of a segmentation fault wherever it asks for the next one.
    """
    yield
    if jax := sys.modules.get("jax"):
        jax.clear_caches()


@pytest.fixture
def test_data() -> Path:
    """Folder of real recordings, named by RADARSIM_TEST_DATA; skips where there is none."""
    folder = os.environ.get("RADARSIM_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("RADARSIM_TEST_DATA names no folder of real recordings")
    return Path(folder)


@pytest.fixture
def examples() -> Path:
    """Folder of the radar files that come with the project."""
    return Path(__file__).parents[1] / "examples"
