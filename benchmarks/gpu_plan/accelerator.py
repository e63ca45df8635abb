"""Compile programs for a GPU that this machine does not have.

For compilation, XLA's CUDA plugin requires three wheels (0.5 GB), but neither a GPU nor a driver.
"""

import importlib.util
import os
import tempfile
import warnings
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr

from benchmarks.gpu_plan.cards import Card


class Compiled(NamedTuple):
    """A program compiled for a GPU.

    Attributes:
        jaxpr: program before compilation.
        text: text of the optimised module.
        temporary_bytes: device memory for temporary arrays.
        argument_bytes, output_bytes: device memory for arguments and results.
        dump: files that XLA wrote, among them the PTX of every kernel, by name.
    """

    jaxpr: ClosedJaxpr
    text: str
    temporary_bytes: int
    argument_bytes: int
    output_bytes: int
    dump: dict[str, str]

    @property
    def memory_bytes(self) -> int:
        """Device memory that a call needs."""
        return self.temporary_bytes + self.argument_bytes + self.output_bytes


def missing_wheels() -> str | None:
    """The command that installs the wheels missing for compilation; None if no wheel is missing."""
    plugin = any(_found(f"jax_plugins.xla_cuda{version}") for version in (12, 13))
    if plugin and ptxas() is not None:
        return None
    version = jax.__version__
    return (
        f"pip install --no-deps jax-cuda12-plugin=={version} jax-cuda12-pjrt=={version} "
        "nvidia-cuda-nvcc-cu12"
    )


def ptxas() -> Path | None:
    """The assembler of the CUDA wheels; None if it is not installed."""
    for package in ("nvidia.cuda_nvcc", "nvidia.cu13"):
        for folder in _folders(package):
            if (Path(folder) / "bin/ptxas").exists():
                return Path(folder) / "bin/ptxas"
    return None


def _found(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _folders(package: str) -> list[str]:
    if not _found(package):
        return []
    return list(importlib.util.find_spec(package).submodule_search_locations or ())


@contextmanager
def as_on_gpu():
    """Trace programs as they would be traced on a GPU: `jax.default_backend()` returns "gpu".

    JAX's caches are cleared on entry and on exit, so that programs traced for another device are
    not reused.
    """
    jax.clear_caches()
    try:
        with mock.patch.object(jax, "default_backend", return_value="gpu"):
            yield
    finally:
        jax.clear_caches()


def traced(function, *arguments):
    """Trace a function as on a GPU, for arguments or their shapes; return a `jax.stages.Traced`."""
    with as_on_gpu():
        return jax.jit(function).trace(*shapes_of(arguments))


def compile_for(card: Card, function, *arguments, options: dict | None = None) -> Compiled:
    """Compile a function for a GPU.

    Args:
        card: the GPU.
        function: function to be compiled.
        arguments: arguments of the function, or their shapes.
        options: options of XLA.
    """
    tools = ptxas()
    if tools and str(tools.parent) not in os.environ["PATH"]:
        os.environ["PATH"] = f"{tools.parent}{os.pathsep}{os.environ['PATH']}"
    place = _place_on(card)
    with as_on_gpu():
        program = jax.jit(function, in_shardings=place, out_shardings=place)
        trace = program.trace(*shapes_of(arguments))
        lowered = trace.lower(lowering_platforms=("cuda",))
    with tempfile.TemporaryDirectory() as folder:
        files = {"xla_dump_to": folder, "xla_dump_hlo_as_text": True}
        with warnings.catch_warnings():
            # JAX cannot load programs for an absent device from its cache.
            warnings.filterwarnings("ignore", message="Error reading persistent compilation cache")
            compiled = lowered.compile(compiler_options={**files, **(options or {})})
        files = {path.name: path for path in Path(folder).iterdir()}
        wanted = (name for name in files if name.endswith(".ptx") or "thunk_sequence" in name)
        texts = {name: files[name].read_text(errors="replace") for name in wanted}
    memory = compiled.memory_analysis()
    return Compiled(
        jaxpr=trace.jaxpr,
        text=compiled.as_text(),
        temporary_bytes=memory.temp_size_in_bytes,
        argument_bytes=memory.argument_size_in_bytes,
        output_bytes=memory.output_size_in_bytes,
        dump=texts,
    )


@lru_cache
def _place_on(card: Card):
    from jax.experimental import topologies
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    topology = topologies.get_topology_desc(
        topology_name="one_gpu",
        platform="cuda",
        topology="1x1x1",
        target_config=card.target_config(),
    )
    return NamedSharding(Mesh([topology.devices[0]], ("device",)), PartitionSpec())


def shapes_of(arguments):
    """Replace arrays by their shapes and types."""

    def shape(value):
        if isinstance(value, jax.ShapeDtypeStruct):
            return value
        dtype = getattr(value, "dtype", None)
        is_key = dtype is not None and jnp.issubdtype(dtype, jax.dtypes.prng_key)
        return jax.ShapeDtypeStruct(np.shape(value), dtype if is_key else jnp.result_type(value))

    return jax.tree.map(shape, arguments)
