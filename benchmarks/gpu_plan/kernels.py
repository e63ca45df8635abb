"""Registers, spills, shared memory and occupancy of compiled kernels, from their PTX.

`ptxas`, which is in the CUDA wheels, compiles the PTX to machine code and reports the resources of
the kernels.
"""

import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.gpu_plan.cards import REGISTERS, Card

_ENTRY = re.compile(r"\.entry (\w+)\(")
_THREADS = re.compile(r"\.(?:req|max)ntid (\d+)(?:, (\d+))?(?:, (\d+))?")
_LAUNCH = re.compile(r"kCustomKernel .*?\] (\S+) grid: \[([^\]]*)\].* shared_memory: (\d+)")
# Registers are allocated to warps in units of 256, shared memory is reserved per block (bytes), and
# the number of resident blocks is limited. Source: CUDA Occupancy Calculator.
_REGISTER_UNIT = 256
_RESERVED_BYTES = 1024
_MOST_BLOCKS = {(8, 9): 24}


@dataclass(frozen=True)
class KernelResources:
    """Resources of one compiled kernel.

    Attributes:
        name: name of the kernel's entry point.
        instructions: number of PTX instructions.
        registers: registers per thread.
        spill_bytes: bytes per thread that are stored to and loaded from local memory.
        shared_bytes: shared memory per block.
        threads: threads per block.
        blocks: blocks of a launch.
        occupancy: resident threads divided by the maximum number per multiprocessor.
    """

    name: str
    instructions: int
    registers: int
    spill_bytes: int
    shared_bytes: int
    threads: int
    blocks: int
    occupancy: float

    def as_dict(self) -> dict:
        """All attributes, for JSON."""
        return asdict(self)


def kernel_resources(
    dump: dict[str, str], names: Iterable[str], card: Card, ptxas: Path
) -> list[KernelResources]:
    """Resources of some kernels of a compiled module.

    Args:
        dump: files that XLA wrote, from `accelerator.compile_for`.
        names: names of instructions or entry points; unknown names are omitted.
        card: GPU for which the module was compiled.
        ptxas: assembler of the CUDA wheels.
    """
    launches = parse_launches(
        "\n".join(text for name, text in dump.items() if "thunk_sequence" in name)
    )
    programs = {
        found[1]: text
        for name, text in dump.items()
        if name.endswith(".ptx") and (found := _ENTRY.search(text))
    }
    resources = []
    for name in names:
        entry = re.sub(r"\W", "_", name)
        if entry in programs:
            log = _assemble(programs[entry], ptxas)
            resources.append(
                parse_resources(entry, programs[entry], log, launches.get(entry, (0, 0)), card)
            )
    return resources


def parse_launches(thunks: str) -> dict[str, tuple[int, int]]:
    """Blocks and dynamic shared memory [bytes] of each kernel in XLA's sequence of thunks."""
    found = {}
    for name, grid, shared in _LAUNCH.findall(thunks):
        x, y, z = (int(part) for part in grid.split(","))
        found[name] = x * y * z, int(shared)
    return found


def parse_resources(
    entry: str, ptx: str, log: str, launch: tuple[int, int], card: Card
) -> KernelResources:
    """Resources of a kernel from its PTX, the messages of `ptxas -v`, and its launch."""

    def number(pattern: str) -> int:
        found = re.search(pattern, log)
        return int(found[1]) if found else 0

    limits = _THREADS.search(ptx)
    threads = 1
    for part in limits.groups(default="1") if limits else ():
        threads *= int(part)
    blocks, dynamic_bytes = launch
    registers = number(r"Used (\d+) registers")
    # `ptxas` states static shared memory only.
    shared_bytes = number(r"(\d+) bytes smem") + dynamic_bytes
    return KernelResources(
        name=entry,
        instructions=len(re.findall(r"^\s+(?!\.)[^\s/].*;$", ptx, re.MULTILINE)),
        registers=registers,
        spill_bytes=number(r"(\d+) bytes spill stores") + number(r"(\d+) bytes spill loads"),
        shared_bytes=shared_bytes,
        threads=threads,
        blocks=blocks,
        occupancy=occupancy(card, threads, registers, shared_bytes),
    )


def occupancy(card: Card, threads: int, registers: int, shared_bytes: int) -> float:
    """Resident threads divided by the maximum number per multiprocessor.

    Args:
        card: the GPU.
        threads: threads per block.
        registers: registers per thread.
        shared_bytes: shared memory per block.
    """
    warps = -(-threads // 32)
    per_warp = -(-max(registers, 1) * 32 // _REGISTER_UNIT) * _REGISTER_UNIT
    limits = (
        card.threads // (32 * warps),
        REGISTERS // per_warp // warps,
        card.shared_bytes // (shared_bytes + _RESERVED_BYTES),
        _MOST_BLOCKS.get(card.capability, 32),
    )
    return min(limits) * 32 * warps / card.threads


def _assemble(ptx: str, ptxas: Path) -> str:
    """Messages of `ptxas -v`."""
    target = re.search(r"^\.target (\w+)", ptx, re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "kernel.ptx"
        source.write_text(ptx)
        command = [str(ptxas), "-v", f"-arch={target[1]}", str(source), "-o", f"{folder}/kernel"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stderr
