"""The network: its attention against an independent one, its sizes, and LoRA beside it."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from flax import nnx

from mmclip import lora
from mmclip.attention import Attention, Block, Blocks
from mmclip.config import Model, Train
from mmclip.model import make_model
from mmclip.parameters import count
from mmclip.presets import settings
from mmclip.weights import put_together, take_apart

TINY = Model(
    size=16,
    branch_width=8,
    branch_depth=1,
    branch_heads=2,
    learner_depth=1,
    learner_heads=4,
    aggregator_heads=4,
    mlp_ratio=2,
)
HOW = {"dtype": jnp.float32}
TEXT_WIDTH = 24
ROUNDING = 1e-5  # float32 in another order of adding


@nnx.jit
def signal(model, maps, key=None):
    return model.signal(maps, key)


def heatmaps(batch=4, count=3):
    return jax.random.uniform(jax.random.key(1), (batch, count, 16, 16), minval=-1)


@pytest.fixture(scope="module")
def model():
    return make_model(TINY, TEXT_WIDTH, 0)


def plain_attention(block: Attention, x: np.ndarray) -> np.ndarray:
    """Head by head and token by token, in float64."""
    width = x.shape[-1]
    size = width // block.heads
    kernel, bias = (np.asarray(each[...], float) for each in (block.qkv.kernel, block.qkv.bias))
    out = np.zeros_like(x)
    for number, tokens in enumerate(x):
        q, k, v = (tokens @ kernel + bias).reshape(len(tokens), 3, width).transpose(1, 0, 2)
        for head in range(block.heads):
            own = slice(head * size, (head + 1) * size)
            for token in range(len(tokens)):
                weights = np.exp(k[:, own] @ q[token, own] / np.sqrt(size))
                out[number, token, own] = weights @ v[:, own] / weights.sum()
    return out @ np.asarray(block.out.kernel[...], float) + np.asarray(block.out.bias[...])


def test_attention_equals_plain_loops_on_the_same_weights():
    block = Attention(24, 4, **HOW, rngs=nnx.Rngs(params=0))
    x = np.random.default_rng(0).normal(size=(2, 3, 24))
    found = block(jnp.asarray(x, jnp.float32))
    np.testing.assert_allclose(found, plain_attention(block, x), atol=ROUNDING)


def test_attention_equals_flax_on_the_same_weights():
    ours = Attention(24, 4, **HOW, rngs=nnx.Rngs(params=0))
    theirs = nnx.MultiHeadAttention(4, 24, decode=False, rngs=nnx.Rngs(params=1))
    kernels = jnp.split(ours.qkv.kernel[...], 3, axis=1)
    for each, kernel in zip((theirs.query, theirs.key, theirs.value), kernels):
        each.kernel[...] = kernel.reshape(24, 4, 6)
    theirs.out.kernel[...] = ours.out.kernel[...].reshape(4, 6, 24)
    x = jax.random.normal(jax.random.key(2), (2, 3, 24))
    np.testing.assert_allclose(ours(x), theirs(x), atol=ROUNDING)


def test_a_block_is_pre_norm_with_two_residuals():
    block = Block(24, 4, 2, 0.0, **HOW, rngs=nnx.Rngs(params=0))
    x = jax.random.normal(jax.random.key(3), (2, 3, 24))
    middle = x + block.attention(block.norm1(x))
    wanted = middle + block.down(jax.nn.gelu(block.up(block.norm2(middle)), approximate=False))
    np.testing.assert_allclose(block(x), wanted, atol=ROUNDING)


def test_signals_and_texts_meet_in_one_space_at_length_one(model):
    told = model.text(jax.random.normal(jax.random.key(4), (4, 5, TEXT_WIDTH)))
    for found in (signal(model, heatmaps()), told):
        assert found.parts.shape == (4, 5, TEXT_WIDTH)
        assert found.whole.shape == (4, TEXT_WIDTH)
        np.testing.assert_allclose(jnp.linalg.norm(found.parts, axis=-1), 1, atol=ROUNDING)
        np.testing.assert_allclose(jnp.linalg.norm(found.whole, axis=-1), 1, atol=ROUNDING)
    np.testing.assert_allclose(model.scale(), 1 / 0.07, rtol=1e-5)


def test_a_window_reads_the_same_whatever_stands_beside_it(model):
    maps = heatmaps()
    others = maps.at[:2].multiply(-1).at[3].set(0)
    one, same = signal(model, maps).whole, signal(model, others).whole
    np.testing.assert_allclose(one[2], same[2], atol=ROUNDING)
    assert float(jnp.abs(one[0] - same[0]).max()) > 1e-3


def test_every_heatmap_and_the_order_of_time_matter(model):
    maps = heatmaps()
    before = signal(model, maps).whole
    for number in range(3):
        changed = signal(model, maps.at[:, number].multiply(-1)).whole
        assert float(jnp.abs(changed - before).max()) > 1e-3
    assert float(jnp.abs(signal(model, maps[:, :, ::-1]).whole - before).max()) > 1e-3


@pytest.mark.parametrize("names", [("time_doppler",), ("time_range", "time_angle")])
@pytest.mark.parametrize("parts", [("general",), ("general", "arms", "legs", "location")])
def test_fewer_heatmaps_and_attributes_are_settings(names, parts):
    tiny = replace(TINY, heatmaps=names, parts=parts)
    found = nnx.eval_shape(
        lambda maps: make_model(tiny, TEXT_WIDTH, 0).signal(maps), heatmaps(4, len(names))
    )
    assert found.parts.shape == (4, len(parts), TEXT_WIDTH)


def test_the_papers_counts_are_those_that_were_counted_from_its_text():
    """Depth 2 gives 14.2 M on the signal side, depth 4 gives 15.4 M; text 3.2 M (mmclip.md)."""

    def side(counts, *parts):
        return sum(counts[part] for part in parts)

    parts = ("branches", "learner", "signal_aggregator", "projection")
    paper = count(settings("paper"))
    assert side(paper, *parts) == 14_200_064
    assert paper["text_aggregator"] == 3_153_920
    assert side(count(settings("paper", ["branch_depth=4"])), *parts) == 15_389_696
    # Rank 16 on fused qkv: 16 x 4 widths per block.
    assert paper["lora text_aggregator"] == 16 * 4 * 512
    assert paper["lora branches"] == 6 * 16 * 4 * 128


def blocks():
    return Blocks(2, 24, 4, 2, 0.0, **HOW, rngs=nnx.Rngs(params=0))


def tokens():
    return jax.random.normal(jax.random.key(5), (2, 3, 24))


def test_lora_changes_nothing_when_attached_and_only_what_is_its_own_is_new():
    plain = blocks()
    before, names = plain(tokens()), take_apart(plain)[1]["base"]
    lora.attach(plain, Train(lora_rank=2), jax.random.key(0))
    np.testing.assert_array_equal(plain(tokens()), before)
    _, variables = take_apart(plain)
    assert len(variables["base"]) == len(names)
    assert [each.size for each in variables["lora"].values()] == [2 * 24, 2 * 72] * 2


def test_merged_lora_is_a_plain_model_that_says_the_same():
    model = blocks()
    before, names = model(tokens()), set(take_apart(model)[1]["base"])
    lora.attach(model, Train(lora_rank=2, lora_alpha=3), jax.random.key(0))
    graph, variables = take_apart(model)
    variables["lora"] = {name: each + 0.1 for name, each in variables["lora"].items()}
    changed = put_together(graph, variables)
    beside = changed(tokens())
    assert float(jnp.abs(beside - before).max()) > 0.01
    lora.merge(changed)
    np.testing.assert_allclose(changed(tokens()), beside, atol=ROUNDING)
    assert set(take_apart(changed)[1]["base"]) == names


def test_dropout_acts_in_training_alone():
    block = Block(24, 4, 2, 0.5, **HOW, rngs=nnx.Rngs(params=0))
    np.testing.assert_array_equal(block(tokens()), block(tokens()))
    one, other = (block(tokens(), key) for key in jax.random.split(jax.random.key(0), 2))
    assert float(jnp.abs(one - other).max()) > 1e-3
