"""What a worker gets of its machine: one thread, one device, programs compiled before."""

import fcntl
import hashlib
import importlib.util
import os
import platform
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TextIO

# One thread per process, whatever the number of processes: cores are not shared out twice, and
# sums are split in the same way wherever a clip is made.
_ONE_THREAD = {
    "NPROC": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # One thread needs one heap; with more, glibc keeps a twelfth of a worker's memory for nothing.
    "MALLOC_ARENA_MAX": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}

_HELD: list[TextIO] = []


def default_workers() -> int:
    """One process per GPU, which a process takes whole; without any, one per physical core."""
    return len(visible_devices()) or physical_cores()


def physical_cores() -> int:
    """Cores this process may use, hyper-threads counted once."""
    import psutil

    usable = len(psutil.Process().cpu_affinity()) if hasattr(psutil.Process, "cpu_affinity") else 0
    cores = psutil.cpu_count(logical=False) or 1
    return max(1, min(cores, usable or cores))


def worker_environment() -> dict[str, str]:
    """Environment variables of a worker; the user's own XLA_FLAGS stay."""
    flags, ours = os.environ.get("XLA_FLAGS", ""), _ONE_THREAD["XLA_FLAGS"]
    flags = flags if ours in flags else f"{flags} {ours}".strip()
    return {**_ONE_THREAD, **_program_cache(), "XLA_FLAGS": flags}


def visible_devices() -> list[str]:
    """GPUs that JAX would find, as CUDA_VISIBLE_DEVICES names them, seen without waking it."""
    wanted = os.environ.get("JAX_PLATFORMS", "cuda")
    plugins = (f"jax_cuda{version}_plugin" for version in (12, 13))
    if not any(map(importlib.util.find_spec, plugins)) or not ("cuda" in wanted or "gpu" in wanted):
        return []
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name.strip() for name in named.split(",") if name.strip()]
    return [path.name.removeprefix("nvidia") for path in sorted(Path("/dev").glob("nvidia[0-9]*"))]


def claim_device(devices: Sequence[str] | None = None, locks: str | None = None) -> str | None:
    """Show JAX one GPU alone: the first that no other worker of this machine holds.

    The claim is a file lock, so it ends with the process, however that ends. Where all are held,
    workers share the first: there are more of them than GPUs.

    Args:
        devices: to choose from; None: `visible_devices`.
        locks: folder of the lock files; None: the machine's folder for temporary files.

    Returns:
        The device claimed; None where there is no choice.
    """
    devices = visible_devices() if devices is None else devices
    if len(devices) < 2:
        return None
    folder = Path(locks or tempfile.gettempdir())
    claimed = next((device for device in devices if _hold(folder, device)), devices[0])
    os.environ["CUDA_VISIBLE_DEVICES"] = claimed
    return claimed


def use_program_cache() -> None:
    """As the environment says, also where JAX was imported before that was set."""
    import jax

    for name in ("JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"):
        if name in os.environ:
            value = os.environ[name]
            jax.config.update(name.lower(), float(value) if name.endswith("SECS") else value)


def _hold(folder: Path, device: str) -> bool:
    """Whether this process now holds the device's lock; it is kept open until the process ends."""
    handle = (folder / f"radarsim-device-{os.getuid()}-{device.replace('/', '_')}").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return False
    _HELD.append(handle)
    return True


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
