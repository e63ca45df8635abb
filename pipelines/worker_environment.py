"""Environment of worker processes: one thread, one device, and a shared compilation cache."""

import fcntl
import hashlib
import importlib.util
import multiprocessing
import os
import platform
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TextIO

# Every process has only one thread, so that cores are not oversubscribed and every worker splits
# sums in the same way.
_ONE_THREAD = {
    "NPROC": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # One thread needs only one arena of glibc's malloc; additional arenas waste a twelfth of a
    # worker's memory.
    "MALLOC_ARENA_MAX": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}

# On a GPU, XLA may otherwise choose the kernels of matrix products by timing them, and add in an
# arbitrary order, so that two builds would have different bytes.
_REPRODUCIBLE_GPU = "--xla_gpu_deterministic_ops=true"
# Number of GPUs that the workers of this machine share, from `claim_device`.
_SHARED_BY = "RADARSIM_GPUS"

# Open lock files of the devices that this process has claimed.
_LOCKS: list[TextIO] = []


def default_workers() -> int:
    """Number of processes: one per GPU, or one per physical core if there is no GPU."""
    return len(visible_devices()) or physical_cores()


def physical_cores() -> int:
    """Number of physical cores that this process may use; hyper-threads are not counted."""
    import psutil

    usable = len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else 0
    cores = psutil.cpu_count(logical=False) or 1
    return max(1, min(cores, usable or cores))


def posing_processes() -> int:
    """Number of processes that prepare clips for the GPU of this worker: its share of the cores.

    One core is left for the worker itself. The number is 0 in a daemon process, which cannot start
    others; on a machine with a GPU, the workers of `local_workers` are not daemons.
    """
    if multiprocessing.current_process().daemon:
        return 0
    gpus = int(os.environ.get(_SHARED_BY, 0)) or len(visible_devices()) or 1
    return max(1, physical_cores() // gpus - 1)


def worker_environment() -> dict[str, str]:
    """Environment variables of a worker; the user's XLA_FLAGS are preserved."""
    flags = os.environ.get("XLA_FLAGS", "")
    wanted = [_ONE_THREAD["XLA_FLAGS"], *([_REPRODUCIBLE_GPU] if visible_devices() else [])]
    flags = " ".join([flags, *(flag for flag in wanted if flag not in flags)]).strip()
    return {**_ONE_THREAD, **_program_cache(), "XLA_FLAGS": flags}


def threads_per_worker() -> int:
    """Tasks that a worker runs at the same time: with a GPU, one simulates and one writes."""
    return 2 if visible_devices() else 1


def visible_devices() -> list[str]:
    """GPUs that JAX would use, named as in CUDA_VISIBLE_DEVICES; JAX is not started."""
    wanted = os.environ.get("JAX_PLATFORMS", "cuda")
    plugins = (f"jax_cuda{version}_plugin" for version in (12, 13))
    if not any(map(importlib.util.find_spec, plugins)) or not ("cuda" in wanted or "gpu" in wanted):
        return []
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name.strip() for name in named.split(",") if name.strip()]
    return [path.name.removeprefix("nvidia") for path in sorted(Path("/dev").glob("nvidia[0-9]*"))]


def claim_device(devices: Sequence[str] | None = None, locks: str | None = None) -> str | None:
    """Restrict JAX to one GPU: the first that no other worker on this machine has locked.

    The claim is a file lock, so the claim ends with the process, even after a crash. If all GPUs
    are locked, there are more workers than GPUs, and the remaining workers share the first GPU.

    Args:
        devices: devices to choose from; None for `visible_devices()`.
        locks: folder of the lock files; None for the folder of temporary files.

    Returns:
        The claimed device; None if there are fewer than two devices.
    """
    devices = visible_devices() if devices is None else devices
    if len(devices) < 2:
        return None
    folder = Path(locks or tempfile.gettempdir())
    claimed = next((device for device in devices if _lock_device(folder, device)), devices[0])
    os.environ["CUDA_VISIBLE_DEVICES"] = claimed
    os.environ[_SHARED_BY] = str(len(devices))
    return claimed


def use_program_cache() -> None:
    """Apply the compilation cache settings of the environment, even if JAX is already imported."""
    import jax

    for name in ("JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"):
        if name in os.environ:
            value = os.environ[name]
            jax.config.update(name.lower(), float(value) if name.endswith("SECS") else value)


def _lock_device(folder: Path, device: str) -> bool:
    """Try to lock a device; the lock file stays open until the process ends."""
    handle = (folder / f"radarsim-device-{os.getuid()}-{device.replace('/', '_')}").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return False
    _LOCKS.append(handle)
    return True


def _program_cache() -> dict[str, str]:
    """Settings of the compilation cache that workers and later builds share.

    Compilation takes one minute per worker. The folder name depends on the processor and jaxlib,
    because a program compiled for another processor may stop with an illegal instruction.
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
    """Model name and instruction sets of this processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return "\n".join(line for line in lines if line.startswith(("model name", "flags", "Features")))
