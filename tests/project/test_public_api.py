"""The public interface of `radarsim` is lazy and complete, and no submodule hides a name."""

import subprocess
import sys

import pytest

import radarsim as rs


def test_importing_the_package_imports_nothing_heavy():
    script = "import sys, radarsim; print(sorted({'jax', 'numpy', 'scipy'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stderr


@pytest.mark.parametrize("name", rs.__all__)
def test_every_public_name_resolves(name):
    assert getattr(rs, name) is not None
    assert name in dir(rs)


def test_a_submodule_never_hides_the_function_of_its_name():
    import radarsim.heatmaps.settings
    import radarsim.simulate  # noqa: F401

    assert callable(rs.simulate)
    assert callable(rs.heatmaps)


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'simulte'"):
        _ = rs.simulte
