"""The readings of the paper's parameter counts equal counts derived by hand from layer sizes."""

from functools import cache

import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip import model as model_command
from mmclip.finetune import LORA_PROJECTION
from mmclip.model import PAPER_TEXT_WIDTH
from mmclip.model_variables import split_model
from mmclip.parameter_counts import (
    full_readings,
    lora_readings,
    unused_head,
    unused_patches,
)
from mmclip.presets import load_preset

BRANCH, WIDE, TEXT = 128, 3 * 128, 512
# Counting does not change a model, so the tests share the models, whose construction takes seconds.
abstract_model = cache(model_command.abstract_model)


@pytest.fixture(autouse=True)
def shared_models(monkeypatch):
    monkeypatch.setattr(model_command, "abstract_model", abstract_model)


def block(width):
    """Number of parameters of two norms, the attention, and an MLP of hidden width 4 x width."""
    norms, attention = 4 * width, (3 * width**2 + 3 * width) + (width**2 + width)
    return norms + attention + (4 * width**2 + 4 * width) + (4 * width**2 + width)


def side(width, depth, tokens):
    """Number of parameters of the blocks, the final norm, and the learned tokens or positions."""
    return depth * block(width) + 2 * width + tokens * width


def signal_side(depth):
    # A patch has 4 columns of 224 bins, and a window has 56 patches.
    branch = side(BRANCH, depth, 56) + 4 * 224 * BRANCH + BRANCH
    projection = WIDE * TEXT + TEXT
    return 3 * branch + side(WIDE, 6, 5 + 56) + side(WIDE, 1, 1) + projection


def patches(width):
    return 16 * 16 * 3 * width + width


def head(width):
    return 1000 * width + 1000


@pytest.fixture(scope="module", params=[2, 4])
def network(request):
    settings = load_preset("paper", [f"branch_depth={request.param}"])
    return request.param, abstract_model(settings, TEXT), settings.model


def test_the_default_text_width_is_that_of_the_counts():
    """The paper's text encoder, CLIP ViT-B/32, has embeddings of width 512."""
    assert PAPER_TEXT_WIDTH == TEXT


def test_the_full_counts_equal_those_by_hand(network):
    depth, model, settings = network
    used, with_patches, with_heads = full_readings(depth, model, settings)
    signal, text = signal_side(depth), side(TEXT, 1, 1)
    assert (used.signal, used.text, used.total) == (signal, text, signal + text + 1)
    signal, text = signal + 2 * patches(WIDE), text + patches(TEXT)
    assert (with_patches.signal, with_patches.text) == (signal, text)
    signal, text = signal + 2 * head(WIDE) + 3 * head(BRANCH), text + head(TEXT)
    assert (with_heads.signal, with_heads.text) == (signal, text)
    assert (unused_patches(TEXT), unused_head(TEXT)) == (patches(TEXT), head(TEXT))


def test_the_counts_with_lora_equal_those_by_hand(network):
    """A rank-16 update of a fused qkv has factors with 16 x width and 16 x 3 width parameters."""
    depth, model, _ = network
    alone, with_projection = lora_readings(depth, model)
    signal = 16 * 4 * (3 * depth * BRANCH + 6 * WIDE + WIDE)
    assert (alone.signal, alone.text) == (signal, 16 * 4 * TEXT)
    # The projection has a bias, and the temperature is one number.
    assert with_projection.signal == signal + WIDE * TEXT + TEXT + 1
    assert with_projection.total == with_projection.signal + 16 * 4 * TEXT


def test_three_readings_explain_the_counts_of_the_paper(network):
    """Two interpretations agree with the paper's 20 M parameters, and one with its 500 K.

    For 20 M, these are depth 2 with all parameters that timm creates, and depth 4 without heads;
    for 500 K, the depth is 4.
    """
    depth, model, settings = network
    readings = [*full_readings(depth, model, settings), *lora_readings(depth, model)]
    fitting = {each.total for each in readings if each.fits}
    assert fitting == {2: {20_008_305}, 4: {19_527_937, 500_225}}[depth]


def test_finetuning_as_the_authors_do_trains_500_thousand_parameters():
    model = abstract_model(load_preset("authors"), TEXT)
    assert split_model(model, "lora", LORA_PROJECTION).num_trained == 500_225
    assert split_model(model, "lora").num_trained == 303_104


@pytest.mark.parametrize("preset", ["paper", "authors"])
def test_the_command_names_what_fits_and_that_the_trained_share_does_not(preset, capsys):
    model_command.main(["--preset", preset])
    out = capsys.readouterr().out
    assert out.count("fits the paper") == 3
    assert "trained share of 0.25 % (section 5.3.4), which none of the readings gives" in out


def test_a_preset_of_other_widths_is_not_compared_by_readings(capsys):
    model_command.main(["--preset", "small"])
    assert "reading" not in capsys.readouterr().out
