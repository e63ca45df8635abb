"""Data-centre GPUs: properties that XLA's compiler requires, and rates from data sheets."""

from dataclasses import dataclass

# Attainable fractions of the data sheet's rates, and costs that no data sheet states. These four
# values are assumptions, not measurements: no GPU was available.
ATTAINABLE_BANDWIDTH = 0.9
ATTAINABLE_ARITHMETIC = 0.6
LAUNCH_S = 3e-6
HOST_WAIT_S = 10e-6


@dataclass(frozen=True, kw_only=True)
class Card:
    """One GPU.

    Attributes:
        name: device name as CUDA reports it.
        capability: compute capability, for example (9, 0).
        multiprocessors: number of streaming multiprocessors.
        lanes: float32 units per multiprocessor.
        clock_hz: boost clock.
        bandwidth_bytes_per_s: memory bandwidth.
        memory_bytes: device memory.
        l2_bytes: size of the level 2 cache.
        shared_bytes: shared memory per multiprocessor.
        block_shared_bytes: largest shared memory of one block.
        threads: maximum number of resident threads per multiprocessor.
        tf32_flops, bf16_flops: dense rates of the tensor cores [flop/s].
    """

    name: str
    capability: tuple[int, int]
    multiprocessors: int
    lanes: int
    clock_hz: float
    bandwidth_bytes_per_s: float
    memory_bytes: int
    l2_bytes: int
    shared_bytes: int
    block_shared_bytes: int
    threads: int
    tf32_flops: float
    bf16_flops: float

    @property
    def float32_flops(self) -> float:
        """Float32 operations per second outside the tensor cores; a fused multiply-add is two."""
        return 2.0 * self.multiprocessors * self.lanes * self.clock_hz

    def seconds(self, num_bytes: float, operations: dict[str, float]) -> tuple[float, float]:
        """Times that the memory and the arithmetic of a kernel take at attainable rates [s].

        Args:
            num_bytes: bytes read and written.
            operations: number of operations by type, "fp32", "tf32" or "bf16".
        """
        rates = {"fp32": self.float32_flops, "tf32": self.tf32_flops, "bf16": self.bf16_flops}
        arithmetic_s = sum(count / rates[kind] for kind, count in operations.items())
        return (
            num_bytes / (ATTAINABLE_BANDWIDTH * self.bandwidth_bytes_per_s),
            arithmetic_s / ATTAINABLE_ARITHMETIC,
        )

    def target_config(self) -> str:
        """Description of the GPU for XLA (text form of its GpuTargetConfigProto)."""
        major, minor = self.capability
        device = {
            "threads_per_block_limit": 1024,
            "threads_per_warp": 32,
            "shared_memory_per_block": 49152,
            "shared_memory_per_core": self.shared_bytes,
            "threads_per_core_limit": self.threads,
            "core_count": self.multiprocessors,
            "fpus_per_core": self.lanes,
            "block_dim_limit_x": 2**31 - 1,
            "block_dim_limit_y": 65535,
            "block_dim_limit_z": 65535,
            "memory_bandwidth": int(self.bandwidth_bytes_per_s),
            "l2_cache_size": self.l2_bytes,
            "clock_rate_ghz": self.clock_hz / 1e9,
            "device_memory_size": self.memory_bytes,
            "shared_memory_per_block_optin": self.block_shared_bytes,
            "cuda_compute_capability": f"{{ major: {major} minor: {minor} }}",
            "registers_per_core_limit": REGISTERS,
            "registers_per_block_limit": REGISTERS,
        }
        fields = "\n".join(
            f"  {name} {value}" if str(value).startswith("{") else f"  {name}: {value}"
            for name, value in device.items()
        )
        return (
            f"gpu_device_info {{\n{fields}\n}}\n"
            'platform_name: "CUDA"\n'
            "dnn_version_info { major: 9 minor: 8 patch: 0 }\n"
            f'device_description_str: "{self.name}"\n'
        )


# 32-bit registers per multiprocessor, and per block; the same on all four GPUs.
REGISTERS = 65536
_HOPPER = {
    "capability": (9, 0),
    "multiprocessors": 132,
    "lanes": 128,
    "clock_hz": 1.98e9,
    "l2_bytes": 52428800,
    "shared_bytes": 233472,
    "block_shared_bytes": 232448,
    "threads": 2048,
    "tf32_flops": 495e12,
    "bf16_flops": 989e12,
}
# Source: NVIDIA data sheets of H100 SXM, H200 SXM, A100 SXM 80 GB and L4 (dense rates), and the
# table of technical specifications per compute capability in the CUDA C++ Programming Guide.
CARDS = {
    "h100": Card(
        name="NVIDIA H100 80GB HBM3",
        bandwidth_bytes_per_s=3.35e12,
        memory_bytes=80 * 10**9,
        **_HOPPER,
    ),
    "h200": Card(
        name="NVIDIA H200", bandwidth_bytes_per_s=4.8e12, memory_bytes=141 * 10**9, **_HOPPER
    ),
    "a100": Card(
        name="NVIDIA A100-SXM4-80GB",
        capability=(8, 0),
        multiprocessors=108,
        lanes=64,
        clock_hz=1.41e9,
        bandwidth_bytes_per_s=2.039e12,
        memory_bytes=80 * 10**9,
        l2_bytes=41943040,
        shared_bytes=167936,
        block_shared_bytes=166912,
        threads=2048,
        tf32_flops=156e12,
        bf16_flops=312e12,
    ),
    "l4": Card(
        name="NVIDIA L4",
        capability=(8, 9),
        multiprocessors=58,
        lanes=128,
        clock_hz=2.04e9,
        bandwidth_bytes_per_s=0.3e12,
        memory_bytes=24 * 10**9,
        l2_bytes=50331648,
        shared_bytes=102400,
        block_shared_bytes=101376,
        threads=1536,
        tf32_flops=60e12,
        bf16_flops=121e12,
    ),
}
