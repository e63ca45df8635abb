"""Tests of the network: attention (against other implementations), parameter counts, and LoRA."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from flax import nnx

from mmclip import lora
from mmclip.model import abstract_model, make_model, unit_length
from mmclip.model_variables import join_model, split_model
from mmclip.parameter_counts import count_parameters
from mmclip.presets import load_preset
from mmclip.settings import ModelSettings, OptimizationSettings
from mmclip.transformer import Attention, Transformer, TransformerBlock

pytestmark = pytest.mark.usefixtures("fast_compilation")

TINY = ModelSettings(
    size=16,
    branch_width=8,
    branch_depth=1,
    branch_heads=2,
    learner_depth=1,
    learner_heads=4,
    aggregator_heads=4,
    mlp_ratio=2,
)
FLOAT32 = {"dtype": jnp.float32}
TEXT_WIDTH = 24
ROUNDING = 1e-5  # the tolerance for float32 sums in another order


@partial(nnx.jit, static_argnames="unit")
def signal(model, maps, key=None, unit=True):
    return model.signal(maps, key, unit=unit)


@partial(nnx.jit, static_argnames="unit")
def text(model, sentences, unit=True):
    return model.text(sentences, unit=unit)


def heatmaps(batch=4, count=3):
    return jax.random.uniform(jax.random.key(1), (batch, count, 16, 16), minval=-1)


@pytest.fixture(scope="module")
def model():
    return make_model(TINY, TEXT_WIDTH, 0)


def plain_attention(layer: Attention, x: np.ndarray) -> np.ndarray:
    """Reference implementation of attention, with loops over heads and tokens in float64."""
    width = x.shape[-1]
    size = width // layer.heads
    kernel, bias = (np.asarray(each[...], float) for each in (layer.qkv.kernel, layer.qkv.bias))
    out = np.zeros_like(x)
    for row, tokens in enumerate(x):
        q, k, v = (tokens @ kernel + bias).reshape(len(tokens), 3, width).transpose(1, 0, 2)
        for head in range(layer.heads):
            own = slice(head * size, (head + 1) * size)
            for token in range(len(tokens)):
                weights = np.exp(k[:, own] @ q[token, own] / np.sqrt(size))
                out[row, token, own] = weights @ v[:, own] / weights.sum()
    return out @ np.asarray(layer.out.kernel[...], float) + np.asarray(layer.out.bias[...])


def test_attention_equals_plain_loops_with_the_same_weights():
    layer = Attention(24, 4, **FLOAT32, rngs=nnx.Rngs(params=0))
    x = np.random.default_rng(0).normal(size=(2, 3, 24))
    found = layer(jnp.asarray(x, jnp.float32))
    np.testing.assert_allclose(found, plain_attention(layer, x), atol=ROUNDING)


def test_attention_equals_flax_with_the_same_weights():
    ours = Attention(24, 4, **FLOAT32, rngs=nnx.Rngs(params=0))
    theirs = nnx.MultiHeadAttention(4, 24, decode=False, rngs=nnx.Rngs(params=1))
    kernels = jnp.split(ours.qkv.kernel[...], 3, axis=1)
    for each, kernel in zip((theirs.query, theirs.key, theirs.value), kernels):
        each.kernel[...] = kernel.reshape(24, 4, 6)
    theirs.out.kernel[...] = ours.out.kernel[...].reshape(4, 6, 24)
    x = jax.random.normal(jax.random.key(2), (2, 3, 24))
    np.testing.assert_allclose(ours(x), theirs(x), atol=ROUNDING)


def test_a_transformer_block_is_pre_norm_with_two_residuals():
    block = TransformerBlock(24, 4, 2, 0.0, **FLOAT32, rngs=nnx.Rngs(params=0))
    x = jax.random.normal(jax.random.key(3), (2, 3, 24))
    middle = x + block.attention(block.norm1(x))
    expected = middle + block.down(jax.nn.gelu(block.up(block.norm2(middle)), approximate=False))
    np.testing.assert_allclose(block(x), expected, atol=ROUNDING)


def test_signal_and_text_embeddings_have_the_same_shape_and_unit_length(model):
    sentences = jax.random.normal(jax.random.key(4), (4, 5, TEXT_WIDTH))
    for found in (signal(model, heatmaps()), text(model, sentences)):
        assert found.attributes.shape == (4, 5, TEXT_WIDTH)
        assert found.activity.shape == (4, TEXT_WIDTH)
        for vectors in found:
            np.testing.assert_allclose(jnp.linalg.norm(vectors, axis=-1), 1, atol=ROUNDING)
    np.testing.assert_allclose(model.scale(), 1 / 0.07, rtol=1e-5)


def test_the_embedding_of_a_window_is_independent_of_the_rest_of_the_batch(model):
    maps = heatmaps()
    others = maps.at[:2].multiply(-1).at[3].set(0)
    one, other = signal(model, maps).activity, signal(model, others).activity
    np.testing.assert_allclose(one[2], other[2], atol=ROUNDING)
    assert float(jnp.abs(one[0] - other[0]).max()) > 1e-3


def test_every_heatmap_and_the_order_of_time_affect_the_embedding(model):
    maps = heatmaps()
    before = signal(model, maps).activity
    for index in range(3):
        changed = signal(model, maps.at[:, index].multiply(-1)).activity
        assert float(jnp.abs(changed - before).max()) > 1e-3
    assert float(jnp.abs(signal(model, maps[:, :, ::-1]).activity - before).max()) > 1e-3


@pytest.mark.parametrize("names", [("time_doppler",), ("time_range", "time_angle")])
@pytest.mark.parametrize("parts", [("general",), ("general", "arms", "legs", "location")])
def test_heatmaps_and_attributes_can_be_selected_by_settings(names, parts):
    tiny = replace(TINY, heatmaps=names, parts=parts)
    found = nnx.eval_shape(
        lambda maps: make_model(tiny, TEXT_WIDTH, 0).signal(maps), heatmaps(4, len(names))
    )
    assert found.attributes.shape == (4, len(parts), TEXT_WIDTH)


@pytest.mark.parametrize("positions", [False, True])
def test_the_order_of_the_attributes_matters_only_with_positions(positions):
    model = make_model(replace(TINY, aggregator_position=positions), TEXT_WIDTH, 0)
    sentences = jax.random.normal(jax.random.key(4), (4, 5, TEXT_WIDTH))
    before, after = (text(model, each).activity for each in (sentences, sentences[:, ::-1]))
    difference = float(jnp.abs(before - after).max())
    assert difference > 1e-3 if positions else difference < ROUNDING


def test_without_aggregators_activities_are_compared_by_their_attributes():
    """The similarity of two activities is the mean over the attributes, for windows and texts."""
    model = make_model(replace(TINY, aggregator="none"), TEXT_WIDTH, 0)
    windows = signal(model, heatmaps())
    texts = text(model, jax.random.normal(jax.random.key(4), (3, 5, TEXT_WIDTH)))
    of_attributes = jnp.einsum("wpd,lpd->wl", windows.attributes, texts.attributes) / 5
    np.testing.assert_allclose(windows.activity @ texts.activity.T, of_attributes, atol=ROUNDING)
    assert not [name for name in count_parameters(model) if "aggregator" in name]


def test_branches_without_norm_lack_only_its_variables():
    """A branch encoder without the final norm returns the output of its last block."""
    with_norm, without = (
        make_model(replace(TINY, branch_norm=norm), TEXT_WIDTH, 0) for norm in (True, False)
    )
    names, fewer = (set(split_model(each).variables["base"]) for each in (with_norm, without))
    assert names - fewer == {
        f"branches/{branch}/blocks/norm/{name}" for branch in range(3) for name in ("bias", "scale")
    }
    assert not fewer - names
    blocks = without.branches[0].blocks
    np.testing.assert_array_equal(blocks(tokens()[..., :8]), blocks.blocks[0](tokens()[..., :8]))


def test_unscaled_embeddings_differ_from_those_of_unit_length_only_in_length(model):
    sentences = 3 * jax.random.normal(jax.random.key(4), (4, 5, TEXT_WIDTH))
    for unit, raw in (
        (signal(model, heatmaps()), signal(model, heatmaps(), unit=False)),
        (text(model, sentences), text(model, sentences, unit=False)),
    ):
        for of_unit_length, vectors in zip(unit, raw):
            np.testing.assert_allclose(unit_length(vectors), of_unit_length, atol=ROUNDING)
            assert float(jnp.abs(jnp.linalg.norm(vectors, axis=-1) - 1).max()) > 0.01
    np.testing.assert_array_equal(text(model, sentences, unit=False).attributes, sentences)


def test_parameter_counts_equal_those_derived_from_the_text_of_the_paper():
    """The signal side has 14.2 M or 15.4 M parameters (depth 2 or 4); the text side has 3.2 M."""

    def signal_side(counts):
        names = ("branches", "learner", "signal_aggregator", "projection")
        return sum(counts[name] for name in names)

    paper = count_parameters(abstract_model(load_preset("paper")))
    assert signal_side(paper) == 14_200_064
    assert paper["text_aggregator"] == 3_153_920
    deeper = count_parameters(abstract_model(load_preset("paper", ["branch_depth=4"])))
    assert signal_side(deeper) == 15_389_696
    # LoRA of rank 16 on a fused qkv layer has 16 x 4 x width parameters per block.
    assert paper["lora text_aggregator"] == 16 * 4 * 512
    assert paper["lora branches"] == 6 * 16 * 4 * 128


def two_blocks():
    return Transformer(2, 24, 4, 2, 0.0, **FLOAT32, rngs=nnx.Rngs(params=0))


def tokens():
    return jax.random.normal(jax.random.key(5), (2, 3, 24))


def test_attaching_lora_adds_only_its_own_variables_and_leaves_the_output_unchanged():
    plain = two_blocks()
    before, names = plain(tokens()), split_model(plain).variables["base"]
    lora.attach(plain, OptimizationSettings(lora_rank=2), jax.random.key(0))
    np.testing.assert_array_equal(plain(tokens()), before)
    variables = split_model(plain).variables
    assert len(variables["base"]) == len(names)
    assert [each.size for each in variables["lora"].values()] == [2 * 24, 2 * 72] * 2


def test_merging_lora_restores_the_structure_and_keeps_the_output():
    model = two_blocks()
    before, names = model(tokens()), set(split_model(model).variables["base"])
    lora.attach(model, OptimizationSettings(lora_rank=2, lora_alpha=3), jax.random.key(0))
    split = split_model(model)
    changed_lora = {name: each + 0.1 for name, each in split.variables["lora"].items()}
    changed = join_model(split.graph, {**split.variables, "lora": changed_lora})
    with_lora = changed(tokens())
    assert float(jnp.abs(with_lora - before).max()) > 0.01
    lora.merge(changed)
    np.testing.assert_allclose(changed(tokens()), with_lora, atol=ROUNDING)
    assert set(split_model(changed).variables["base"]) == names


def test_dropout_is_applied_during_training_only():
    block = TransformerBlock(24, 4, 2, 0.5, **FLOAT32, rngs=nnx.Rngs(params=0))
    np.testing.assert_array_equal(block(tokens()), block(tokens()))
    one, other = (block(tokens(), key) for key in jax.random.split(jax.random.key(0), 2))
    assert float(jnp.abs(one - other).max()) > 1e-3
