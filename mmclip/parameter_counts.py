"""Parameter counts of the network's components, and interpretations of the paper's counts.

The paper states five parameter counts (section 5.6), which depend on the parameters that are
included. The authors build each transformer from a Vision Transformer of the library timm. By
default, timm creates a patch embedding for colour images and a head for the classes of ImageNet.
The learner and the aggregators do not use the patch embedding, and no component uses the head, but
a count of all parameters includes both. In the authors' LoRA fine-tuning, the projection to the
width of the text and the temperature remain trainable.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from flax import nnx

from mmclip.model_variables import split_model
from mmclip.settings import ModelSettings

SIGNAL = ("branches", "learner", "signal_aggregator", "projection")
TEXT = ("text_aggregator",)
# Parameter counts from section 5.6 of the paper, in millions.
PAPER = {"signal": 16.0, "text": 4.0, "all": 20.0, "lora signal": 0.47, "lora text": 0.03}
# Trained parameters with LoRA in millions (section 5.6), and trained share in % (section 5.3.4).
PAPER_LORA_TOTAL, PAPER_LORA_SHARE = 0.5, 0.25
# Presets that have the layer widths of the paper.
PAPER_PRESETS = ("paper", "authors")
# Defaults of timm's Vision Transformer: patch size [pixel], colours, and classes of the head.
PATCH, COLOURS, CLASSES = 16, 3, 1000


class Reading(NamedTuple):
    """One way to count the parameters.

    Attributes:
        name: name of the reading, which states what is counted.
        signal, text, total: counts of the signal side, of the text side, and of both sides
            including the temperature.
        with_lora: whether the counts are those of fine-tuning with LoRA.
    """

    name: str
    signal: int
    text: int
    total: int
    with_lora: bool = False

    @property
    def fits(self) -> bool:
        """Whether the counts, rounded to 1 M or with LoRA to 10 K, equal those of the paper."""
        stated = [PAPER["signal"], PAPER["text"], PAPER["all"]]
        if self.with_lora:
            stated = [PAPER["lora signal"], PAPER["lora text"], PAPER_LORA_TOTAL]
        digits = 2 if self.with_lora else 0
        found = (round(n / 1e6, digits) for n in (self.signal, self.text, self.total))
        return list(found) == stated


def count_parameters(model: nnx.Module) -> dict[str, int]:
    """Count the parameters of each component.

    Args:
        model: network with arrays, or with shapes only, as made by `model.abstract_model`.

    Returns:
        Counts by component; the names of LoRA components begin with "lora ".
    """
    counts: dict[str, int] = {}
    for kind, variables in split_model(model).variables.items():
        for path, value in variables.items():
            component = ("lora " if kind == "lora" else "") + path.split("/")[0]
            counts[component] = counts.get(component, 0) + value.size
    return counts


def parameter_table(model: nnx.Module) -> str:
    """Table of parameter counts; signal and text totals are compared with the paper's values."""
    counts = count_parameters(model)
    lines = [f"{'component':32}{'parameters':>12}{'paper':>10}"]
    totals: dict[str, int] = {}
    for prefix in ("", "lora "):
        for side, components in (("signal", SIGNAL), ("text", TEXT)):
            names = [prefix + name for name in components if prefix + name in counts]
            lines += [f"  {name:30}{counts[name]:12,}" for name in names]
            totals[prefix + side] = sum(counts[name] for name in names)
            lines.append(_total_line(prefix + side, totals[prefix + side]))
        if not prefix:
            total = totals["signal"] + totals["text"] + counts["log_scale"]
            lines.append(_total_line("all", total))
    return "\n".join(lines)


def unused_patches(width: int) -> int:
    """Number of parameters of timm's patch embedding, a convolution from RGB patches to `width`."""
    return PATCH * PATCH * COLOURS * width + width


def unused_head(width: int) -> int:
    """Number of parameters of timm's head, a linear layer from `width` to ImageNet's classes."""
    return width * CLASSES + CLASSES


def full_readings(depth: int, model: nnx.Module, settings: ModelSettings) -> Iterator[Reading]:
    """Readings of the full network, without and with the unused patch embeddings and heads.

    Args:
        depth: depth of the branch encoders, which is stated in the names of the readings.
        model: network of this depth, with LoRA attached.
        settings: settings of the network.
    """
    counts = count_parameters(model)
    branch, text_width = settings.branch_width, _text_width(model)
    count = len(settings.heatmaps)
    width = branch * count
    signal, text = _sum(counts, SIGNAL), _sum(counts, TEXT)
    yield _reading(f"depth {depth}, layers in use", signal, text)
    # The branches use their patch embeddings, but the learner and the signal aggregator do not.
    signal, text = signal + 2 * unused_patches(width), text + unused_patches(text_width)
    yield _reading(f"depth {depth}, and unused patch embeddings", signal, text)
    signal += 2 * unused_head(width) + count * unused_head(branch)
    yield _reading(f"depth {depth}, and unused heads", signal, text + unused_head(text_width))


def lora_readings(depth: int, model: nnx.Module) -> Iterator[Reading]:
    """Readings of fine-tuning with LoRA: LoRA alone, and LoRA with projection and temperature.

    Args:
        depth, model: arguments of `full_readings`.
    """
    counts = count_parameters(model)
    signal = _sum(counts, [f"lora {name}" for name in SIGNAL])
    text = _sum(counts, [f"lora {name}" for name in TEXT])
    yield Reading(f"depth {depth}, LoRA alone", signal, text, signal + text, True)
    signal += counts["projection"] + counts["log_scale"]
    name = f"depth {depth}, LoRA, projection, temperature"
    yield Reading(name, signal, text, signal + text, True)


def readings_table(models: Mapping[int, nnx.Module], settings: ModelSettings) -> str:
    """Table of the parameter counts under each reading of the paper, and the resulting range of
    the trainable share.

    Args:
        models: networks with LoRA attached, keyed by the depth of their branch encoders.
        settings: settings of the networks.
    """
    items = models.items()
    full = [each for depth, model in items for each in full_readings(depth, model, settings)]
    lora = [each for depth, model in items for each in lora_readings(depth, model)]
    stated = "paper: 16 M signal, 4 M text, 20 M together"
    stated_lora = "paper: 470 K signal, 30 K text, 500 K together"
    lines = [f"\n{'reading':46}{'signal':>12}{'text':>11}{'all':>12}"]
    lines += [*map(_reading_line, full), stated, *map(_reading_line, lora), stated_lora]
    return "\n".join([*lines, *_share_lines(full, lora)])


def _share_lines(full: Iterable[Reading], lora: Iterable[Reading]) -> list[str]:
    shares = [100 * each.total / whole.total for each in lora for whole in full]
    fits = any(round(share, 2) == PAPER_LORA_SHARE for share in shares)
    low, high = min(shares), max(shares)
    return [
        f"The paper states a trained share of {PAPER_LORA_SHARE} % (section 5.3.4), which "
        f"{'one' if fits else 'none'} of the readings gives: their shares are {low:.1f} to "
        f"{high:.1f} %,",
        f"and the paper's own counts give {100 * PAPER_LORA_TOTAL / PAPER['all']:.1f} %.",
    ]


def _reading_line(reading: Reading) -> str:
    counts = f"{reading.signal:12,}{reading.text:11,}{reading.total:12,}"
    return f"{reading.name:46}{counts}{'  fits the paper' if reading.fits else ''}"


def _reading(name: str, signal: int, text: int) -> Reading:
    return Reading(name, signal, text, signal + text + 1)  # The temperature is one parameter.


def _sum(counts: Mapping[str, int], names: Iterable[str]) -> int:
    return sum(counts.get(name, 0) for name in names)


def _text_width(model: nnx.Module) -> int:
    return model.projection.kernel.shape[1]


def _total_line(name: str, count: int) -> str:
    return f"{name:32}{count:12,}{PAPER[name]:8.2f} M"
