"""Fixtures and settings of all tests: compiled programs, processes, data outside the repository."""

import gc
import os
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from tests.helpers.shared_folders import SHARED

MEMORY_OF_A_PROCESS = 2**31  # bytes of memory per test process; 1.6 GB were measured
MOST_PROCESSES = 8
# XLA's plain code generator without splitting, for CPUs. Programs with small shapes compile in a
# third of the time; the results differ by rounding.
QUICK_COMPILATION = (
    "--xla_backend_optimization_level=1 --xla_cpu_use_fusion_emitters=false "
    "--xla_cpu_parallel_codegen_split_count=1"
)
# Linux limits a process to 65,530 memory mappings by default; XLA crashes beyond the limit.
MANY_MAPS = 25_000
# Tracing allocates many long-lived objects. With Python's default thresholds, garbage collection
# takes a fifth of the processor time of a test of a large program.
GC_THRESHOLDS = (100_000, 50, 100)
# Folders of quick modules.
QUICK_FOLDERS = {"radar", "tools"}


def pytest_configure(config: pytest.Config) -> None:
    """Choose XLA's quickest code generator, and keep compiled programs in `.pytest_cache`.

    The environment takes precedence: `XLA_FLAGS=` compiles like a user's process, and
    JAX_COMPILATION_CACHE_DIR names another folder for the programs. Environment variables also
    reach processes that tests start; they are set before importing JAX. `pytest --cache-clear`
    removes the programs. XLA's cache key includes the code, XLA's options, JAX's version and the
    processor's instruction set.
    """
    gc.set_threshold(*GC_THRESHOLDS)
    os.environ.setdefault("XLA_FLAGS", QUICK_COMPILATION)
    # Source positions in programs take some percent of the time of lowering and compilation.
    os.environ.setdefault("JAX_TRACEBACK_IN_LOCATIONS_LIMIT", "0")
    if not hasattr(config, "workerinput"):  # all processes of a run share one folder
        config.shared_folder = tempfile.TemporaryDirectory(prefix="radarsim-tests-")
        os.environ[SHARED] = config.shared_folder.name
    has_cache = config.pluginmanager.hasplugin("cacheprovider")
    if has_cache and "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(config.cache.mkdir("compiled_programs"))
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder that the processes of this test run have shared."""
    if hasattr(config, "shared_folder"):
        config.shared_folder.cleanup()


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect no garbage while modules are imported, which would take a second per process."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        return (yield)
    finally:
        if enabled:
            gc.enable()


def pytest_collection_finish() -> None:
    """Exclude the objects of imported modules and collected tests from garbage collection."""
    gc.collect()
    gc.freeze()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Use one process per usable core, if each has 2 GiB of memory, but at most eight."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    cores = len(psutil.Process().cpu_affinity()) if sys.platform == "linux" else os.cpu_count()
    fitting = psutil.virtual_memory().available // MEMORY_OF_A_PROCESS
    return max(1, min(cores or 1, fitting, MOST_PROCESSES))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the modules with `fast_compilation` first, which share programs, and quick modules last.

    Every change of the compiler options discards the compiled programs of a process, and a long
    module at the end would leave the other processes idle.
    """
    fast = {item.path for item in items if compiles_fast(item)}

    def position(item: pytest.Item) -> tuple[bool, bool]:
        return item.path not in fast, item.path.parent.name in QUICK_FOLDERS

    items.sort(key=position)


def compiles_fast(node: pytest.Item | pytest.Module) -> bool:
    """Return whether a test module uses the fixture `fast_compilation`."""
    return any("fast_compilation" in mark.args for mark in node.iter_markers("usefixtures"))


@pytest.fixture(scope="module", autouse=True)
def few_memory_maps():
    """Clear compiled programs, which hold memory mappings, if the process has many mappings."""
    yield
    if (jax := sys.modules.get("jax")) and number_of_maps() > MANY_MAPS:
        jax.clear_caches()


def number_of_maps() -> int:
    """Return the number of memory mappings of this process; 0 if the system does not list them."""
    maps = Path("/proc/self/maps")
    return maps.read_bytes().count(b"\n") if maps.exists() else 0


@pytest.fixture(scope="module", autouse=True)
def usual_compilation(request):
    """Compile with optimisation in test modules that do not use `fast_compilation`."""
    if not compiles_fast(request.node):
        compile_without_optimisation(False)


@pytest.fixture(scope="module")
def fast_compilation(usual_compilation):
    """Compile without optimisation, in this process and in processes that tests start.

    Simulations with small shapes compile in two thirds of the time, but simulations of many frames
    run up to four times as long. Consecutive modules with this fixture share compiled programs.
    """
    compile_without_optimisation(True)


def compile_without_optimisation(wanted: bool) -> None:
    """Set the compiler options, and discard programs compiled with other options."""
    if wanted == ("JAX_DISABLE_MOST_OPTIMIZATIONS" in os.environ):
        return
    import jax

    if wanted:
        os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
    else:
        del os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"]
    jax.clear_caches()
    jax.config.update("jax_disable_most_optimizations", wanted)


@pytest.fixture
def test_data() -> Path:
    """The folder of real recordings, set by RADARSIM_TEST_DATA; skips the test if it is missing."""
    folder = os.environ.get("RADARSIM_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("RADARSIM_TEST_DATA names no folder of real recordings")
    return Path(folder)


@pytest.fixture
def examples() -> Path:
    """The folder of the bundled radar files."""
    return Path(__file__).parents[1] / "examples"
