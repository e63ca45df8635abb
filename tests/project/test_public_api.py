"""The public interface of `radarsim` is lazy and complete, and no submodule hides a name."""

import re
import subprocess
import sys
from pathlib import Path

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


def test_editors_and_type_checkers_see_the_names_that_are_imported_lazily():
    """The stub `__init__.pyi` imports every public name from the module of the lazy import."""
    stub = Path(rs.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    found = re.findall(r"^from ([\w.]+) import (\w+) as (\w+)$", stub, re.MULTILINE)
    places = {name: (module, original) for module, original, name in found}
    # Stubs export only `X as X`, so a function with another public name is assigned.
    for name, original in re.findall(r"^(\w+) = (\w+)$", stub, re.MULTILINE):
        places[name] = places.pop(original)
    assert places == {
        name: (place, name) if isinstance(place, str) else place
        for name, place in rs._PUBLIC.items()
    }
    assert set(places) == set(rs.__all__) - {"__version__"}


def test_a_submodule_never_hides_the_function_of_its_name():
    import radarsim.heatmaps.settings
    import radarsim.simulate  # noqa: F401

    assert callable(rs.simulate)
    assert callable(rs.heatmaps)


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'simulte'"):
        _ = rs.simulte
