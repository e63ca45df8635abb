"""On one GPU: minutes of motion from pose to IF cube, and how near that comes to the machine.

Cubes stay on the device; what is timed is what a dataset factory does before it keeps heatmaps.
Ceilings are measured there and then: bandwidth by a copy, arithmetic by a product of matrices.
"""

import time

THIRTY_HOURS_S = 30 * 3600
FRAMES_PER_BATCH = 64
COPY_FLOATS = 1 << 28
GEMM_SIZE = 8192


def on_device(performer, minutes: float) -> dict:
    """Rates to IF cubes and to heatmaps, ceilings, and what thirty hours would take.

    Args:
        performer: the scene; radar, body and sigma are taken from it.
        minutes: of motion to simulate, in batches that stay on the device.
    """
    import jax

    from benchmarks.method_speeds import heatmap_settings
    from benchmarks.scenes import BenchmarkScene, settings_for
    from radarsim.batch import Chain, stacked

    radar = performer.radar
    batch = BenchmarkScene(
        radar, FRAMES_PER_BATCH, sum(performer.span_m) / 2, performer.sigma_rad, body=performer.body
    )
    count = max(1, round(minutes * 60 / radar.frame.period_s / FRAMES_PER_BATCH))
    scenes = stacked([batch.scene()])
    cubes = Chain(radar, batch.body, settings_for("accurate"), None)
    maps = Chain(radar, batch.body, heatmap_settings())
    to_if = rate(lambda: cubes(scenes), count)
    to_maps = rate(lambda: maps(scenes), max(1, count // 4))
    ceilings = {"bytes_per_s": copy_bytes_per_s(), "flops": gemm_flops()}
    needs = per_frame(batch)
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
    return {**found, "told": told(found)}


def rate(method, count: int) -> float:
    """Frames per second over so many batches, after one that compiles."""
    import jax

    jax.block_until_ready(method())
    start = time.perf_counter()
    for _ in range(count):
        result = method()
    jax.block_until_ready(result)
    return count * FRAMES_PER_BATCH / (time.perf_counter() - start)


def copy_bytes_per_s(floats: int = COPY_FLOATS) -> float:
    """Bytes read and written per second by x + 1."""
    import jax
    import jax.numpy as jnp

    values = jnp.zeros(floats, jnp.float32)
    seconds = best_s(jax.jit(lambda x: x + 1), values)
    return 2 * 4 * floats / seconds


def gemm_flops(size: int = GEMM_SIZE) -> float:
    """Operations per second of a square product in full float32."""
    import jax
    import jax.numpy as jnp

    values = jnp.ones((size, size), jnp.float32)
    seconds = best_s(jax.jit(lambda x: jnp.matmul(x, x, precision="highest")), values)
    return 2 * size**3 / seconds


def best_s(program, *arguments, runs: int = 5) -> float:
    """Least seconds of some runs."""
    import jax

    jax.block_until_ready(program(*arguments))
    spent = []
    for _ in range(runs):
        start = time.perf_counter()
        jax.block_until_ready(program(*arguments))
        spent.append(time.perf_counter() - start)
    return min(spent)


def per_frame(performer) -> dict:
    """What one frame needs at the least: writing its cube, and the products of matrices of its sum.

    A group takes, for real and imaginary part, 2 operations per loop, pair, face, term and power;
    the step to samples 8 per loop, pair, cell of the band and sample.
    """
    import jax.numpy as jnp
    import numpy as np

    from benchmarks.scenes import settings_for
    from radarsim.signal.fast_clip import choose

    radar, faces = performer.radar, jnp.asarray(performer.body.faces)
    choice = choose(radar, settings_for("accurate"), performer.burst(), faces, performer.sigma_rad)
    rows = radar.frame.num_chirps * radar.array.num_tx * radar.array.num_rx
    lit = float(np.mean(np.sum(np.asarray(choice.order) >= 0, axis=-1)))
    sizes, samples = choice.sizes, radar.chirp.num_samples
    spread = 4 * rows * lit * sizes.num_terms * sizes.shift_powers
    return {
        "bytes": 8 * rows * samples,
        "flop": spread + 8 * rows * sizes.num_cells * samples,
        "faces": lit,
    }


def told(found: dict) -> str:
    """The figures in a line."""
    rates = found["frames_per_s"]
    return (
        f"{found['kind']}: {rates['body_to_if']:,.0f} frames/s from pose to IF cube over "
        f"{found['motion_s'] / 60:.0f} min of motion, {rates['motion_to_heatmaps']:,.0f} to "
        f"heatmaps; {100 * found['share_of_bandwidth']:.0f} % of the measured bandwidth, "
        f"{100 * found['share_of_arithmetic']:.0f} % of the measured arithmetic; 30 h of motion "
        f"in {found['thirty_hours_s'] / 60:.1f} min"
    )
