"""GPU throughput from poses to IF cubes over minutes of motion, relative to the peak rates.

IF cubes stay on the device, so the timed work is that of a dataset build except for storing the
heatmaps. The peak rates are measured in the same run: memory bandwidth with an array copy, and
arithmetic throughput with a matrix product.
"""

import time

THIRTY_HOURS_S = 30 * 3600
# Number of frames that are simulated at once.
FRAMES_PER_BATCH = 64
# Number of float32 values in the array whose copy is timed.
COPY_FLOATS = 1 << 28
# Number of rows and columns of the multiplied matrices.
GEMM_SIZE = 8192


def measure_device(scene, minutes: float) -> dict:
    """Measure frame rates for IF cubes and heatmaps, peak rates, and the time for 30 h of motion.

    Args:
        scene: scene whose radar, body, mean distance and sigma are used.
        minutes: length of the simulated motion [min], all batches of which stay on the device.
    """
    import jax

    from benchmarks.method_speeds import heatmap_settings
    from benchmarks.scenes import BenchmarkScene, settings_for
    from radarsim.batch import BatchSimulator
    from radarsim.heatmaps.settings import PAPER_MAPS
    from radarsim.posed_clip import stack_clips

    radar = scene.radar
    batch = BenchmarkScene(
        radar, FRAMES_PER_BATCH, sum(scene.span_m) / 2, scene.sigma_rad, body=scene.body
    )
    count = max(1, round(minutes * 60 / radar.frame.period_s / FRAMES_PER_BATCH))
    clips = stack_clips([batch.clip()])
    cubes = BatchSimulator(radar, (batch.body,), settings_for("accurate"), None)
    maps = BatchSimulator(radar, (batch.body,), heatmap_settings(), PAPER_MAPS)
    to_if = frames_per_s(lambda: cubes(clips), count)
    to_maps = frames_per_s(lambda: maps(clips), max(1, count // 4))
    ceilings = {"bytes_per_s": copy_bytes_per_s(), "flops": gemm_flops()}
    needs = minimum_cost_per_frame(batch)
    found = {
        "kind": jax.devices()[0].device_kind,
        "motion_s": count * FRAMES_PER_BATCH * radar.frame.period_s,
        "frames_per_s": {"body_to_if": to_if, "motion_to_heatmaps": to_maps},
        "ceilings": ceilings,
        "needs_per_frame": needs,
        "share_of_bandwidth": to_if * needs["bytes"] / ceilings["bytes_per_s"],
        "share_of_arithmetic": to_if * needs["flop"] / ceilings["flops"],
        "thirty_hours_s": THIRTY_HOURS_S / radar.frame.period_s / to_if,
    }
    return {**found, "summary": report_line(found)}


def frames_per_s(method, count: int) -> float:
    """Frames per second over `count` batches, after an untimed batch for compilation."""
    import jax

    jax.block_until_ready(method())
    start = time.perf_counter()
    for _ in range(count):
        result = method()
    jax.block_until_ready(result)
    return count * FRAMES_PER_BATCH / (time.perf_counter() - start)


def copy_bytes_per_s(floats: int = COPY_FLOATS) -> float:
    """Memory bandwidth: the number of bytes that x + 1 reads and writes per second."""
    import jax
    import jax.numpy as jnp

    values = jnp.zeros(floats, jnp.float32)
    seconds = fastest_run_s(jax.jit(lambda x: x + 1), values)
    return 2 * 4 * floats / seconds


def gemm_flops(size: int = GEMM_SIZE) -> float:
    """Floating-point operations per second of a square matrix product in full float32."""
    import jax
    import jax.numpy as jnp

    values = jnp.ones((size, size), jnp.float32)
    seconds = fastest_run_s(jax.jit(lambda x: jnp.matmul(x, x, precision="highest")), values)
    return 2 * size**3 / seconds


def fastest_run_s(program, *arguments, runs: int = 5) -> float:
    """Shortest run time of several runs [s]."""
    import jax

    jax.block_until_ready(program(*arguments))
    spent = []
    for _ in range(runs):
        start = time.perf_counter()
        jax.block_until_ready(program(*arguments))
        spent.append(time.perf_counter() - start)
    return min(spent)


def minimum_cost_per_frame(scene) -> dict:
    """Minimum numbers of bytes and operations per frame: cube output and matrix products.

    The real and the imaginary part of a range group each take 2 operations per loop, pair, face,
    term and power; the transform to samples takes 8 operations per loop, pair, cell of the band and
    sample.
    """
    import jax.numpy as jnp
    import numpy as np

    from benchmarks.scenes import settings_for
    from radarsim.signal.face_selection import select_faces, sizes_of_selection

    radar, settings = scene.radar, settings_for("accurate")
    faces = jnp.asarray(scene.body.faces)
    selection = select_faces(radar, settings, scene.reflection, scene.mesh(), faces)
    sizes = sizes_of_selection(radar, settings, scene.reflection, selection.required)
    rows = radar.frame.num_chirps * radar.array.num_tx * radar.array.num_rx
    selected = float(np.mean(np.sum(np.asarray(selection.order) >= 0, axis=-1)))
    samples = radar.chirp.num_samples
    spread = 4 * rows * selected * sizes.num_terms * sizes.shift_powers
    return {
        "bytes": 8 * rows * samples,
        "flop": spread + 8 * rows * sizes.num_cells * samples,
        "faces": selected,
    }


def report_line(found: dict) -> str:
    """Summarise the results in one line."""
    rates = found["frames_per_s"]
    return (
        f"{found['kind']}: {rates['body_to_if']:,.0f} frames/s from pose to IF cube over "
        f"{found['motion_s'] / 60:.0f} min of motion, {rates['motion_to_heatmaps']:,.0f} to "
        f"heatmaps; {100 * found['share_of_bandwidth']:.0f} % of the measured bandwidth, "
        f"{100 * found['share_of_arithmetic']:.0f} % of the measured peak arithmetic; "
        f"30 h of motion in {found['thirty_hours_s'] / 60:.1f} min"
    )
