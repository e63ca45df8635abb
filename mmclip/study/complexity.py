"""Parameters, operations and latency of the network on this machine (section 5.6)."""

import time

import jax
import jax.numpy as jnp
import numpy as np

from mmclip.model import PAPER_TEXT_WIDTH, abstract_model, make_model
from mmclip.model_variables import join_model, split_model
from mmclip.parameter_counts import SIGNAL, TEXT, count_parameters
from mmclip.presets import load_preset

REPEATS = 20


def measure_complexity(preset: str, overrides: list[str], encoder_width: int) -> dict:
    """Measure the complexity of the signal branch for one window.

    Args:
        preset, overrides: training settings.
        encoder_width: width of the text embeddings.

    Returns:
        Numbers of parameters in pre-training and with LoRA, floating-point operations per window as
        counted by the compiler, and the median latency [s], which depends on the machine and its
        load.
    """
    settings = load_preset(preset, overrides)
    width = encoder_width or PAPER_TEXT_WIDTH
    counts = count_parameters(abstract_model(settings, width))
    split = split_model(make_model(settings.model, width, 0))
    shape = (1, len(settings.model.heatmaps), settings.model.size, settings.model.size)

    @jax.jit
    def embed(weights, maps):
        return join_model(split.graph, {**split.variables, "base": weights}).signal(maps)

    weights, maps = split.variables["base"], jnp.zeros(shape)
    compiled = embed.lower(weights, maps).compile()
    return {
        "signal": sum(counts.get(name, 0) for name in SIGNAL),
        "text": sum(counts.get(name, 0) for name in TEXT),
        "lora_signal": sum(counts.get(f"lora {name}", 0) for name in SIGNAL),
        "lora_text": sum(counts.get(f"lora {name}", 0) for name in TEXT),
        "flop": _flop(compiled),
        "latency_s": _median_s(compiled, weights, maps),
        "device": jax.devices()[0].device_kind,
    }


def _flop(compiled) -> float | None:
    found = compiled.cost_analysis() or {}
    found = found[0] if isinstance(found, list) else found
    return float(found["flops"]) if "flops" in found else None


def _median_s(compiled, weights, maps) -> float:
    times_s = []
    for _ in range(REPEATS):
        start_s = time.perf_counter()
        jax.block_until_ready(compiled(weights, maps))
        times_s.append(time.perf_counter() - start_s)
    return float(np.median(times_s))
