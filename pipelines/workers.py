"""What a worker process is given of this machine: one thread, and programs compiled before."""

import hashlib
import importlib.util
import os
import platform
from importlib import metadata
from pathlib import Path

# One thread per process, whatever the number of processes: cores are not shared out twice, and
# sums are split in the same way wherever a clip is made.
_ONE_THREAD = {
    "NPROC": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}


def default_workers() -> int:
    """One process per physical core; one where there is a GPU, which a process takes whole."""
    return 1 if _has_gpu() else physical_cores()


def physical_cores() -> int:
    """Cores this process may use, hyper-threads counted once."""
    import psutil

    usable = len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else 0
    cores = psutil.cpu_count(logical=False) or 1
    return max(1, min(cores, usable or cores))


def worker_environment() -> dict[str, str]:
    """Environment variables of a worker; the user's own XLA_FLAGS stay."""
    flags = " ".join([os.environ.get("XLA_FLAGS", ""), _ONE_THREAD["XLA_FLAGS"]]).strip()
    return {**_ONE_THREAD, **_program_cache(), "XLA_FLAGS": flags}


def _has_gpu() -> bool:
    """Whether JAX would find one, seen without waking it."""
    wanted = os.environ.get("JAX_PLATFORMS", "cuda")
    plugins = (f"jax_cuda{version}_plugin" for version in (12, 13))
    there = Path("/dev/nvidia0").exists() and any(map(importlib.util.find_spec, plugins))
    return there and ("cuda" in wanted or "gpu" in wanted)


def _program_cache() -> dict[str, str]:
    """Workers share what they compile, with each other and with later builds.

    Compiling costs a worker a minute. Programs are kept apart by processor and jaxlib: one that
    was compiled for another processor may stop with an illegal instruction.
    """
    if "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return {}
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    machine = f"{_processor()} {metadata.version('jaxlib')}"
    folder = root / "radarsim" / f"programs-{hashlib.sha256(machine.encode()).hexdigest()[:12]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return {}
    return {
        "JAX_COMPILATION_CACHE_DIR": str(folder),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.5",
    }


def _processor() -> str:
    """Model and instruction sets of this processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return "\n".join(line for line in lines if line.startswith(("model name", "flags", "Features")))
