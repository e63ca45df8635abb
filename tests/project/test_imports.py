"""Tests of the imports between the modules of this project."""

from graphlib import TopologicalSorter

import grimp

PACKAGES = ("radarsim", "pipelines", "builders", "mmclip", "benchmarks")


def test_no_module_imports_itself_through_others():
    """The import graph, including the imports within functions, has no cycles."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert imports["radarsim.simulate"]
    TopologicalSorter(imports).prepare()
