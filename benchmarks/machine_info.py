"""Description of the benchmark machine: processor, device, versions and commit."""

import os
import platform
import subprocess
from pathlib import Path


def machine(device) -> dict:
    """Describe the JAX device `device`, the processor, its cores and the software versions."""
    return {
        "device": f"{device.platform}: {device.device_kind}",
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "jax": __import__("jax").__version__,
    }


def processor() -> str:
    """Name of the CPU, or the architecture if the system does not report a name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def commit() -> str:
    """Checked-out commit, with "-dirty" if files are modified; "unknown" outside a git checkout."""
    here = Path(__file__).parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
