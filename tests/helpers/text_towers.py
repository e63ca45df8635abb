"""Text towers with random weights in the layout that Hugging Face keeps them in, small."""

import json

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors

SENTENCE = "a person walks jumps bows raises one arm both arms legs stay still torso and the"
WORDS = SENTENCE.split()
WIDTH, HEADS, LAYERS, LONGEST = 32, 4, 2, 24


def write_tokenizer(folder, begin: str, end: str, extra=()) -> dict[str, int]:
    """One token per word, marks around a sentence; returns ids by token."""
    ids = {token: number for number, token in enumerate((*extra, "?", *WORDS, begin, end))}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(begin, ids[begin]), (end, ids[end])]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return ids


def write_clip(folder, seed: int = 0) -> dict[str, int]:
    """A CLIP folder; returns ids by token."""
    ids = write_tokenizer(folder, "<|startoftext|>", "<|endoftext|>")
    rng = np.random.default_rng(seed)
    shapes = {
        "embeddings.token_embedding.weight": (len(ids), WIDTH),
        "embeddings.position_embedding.weight": (LONGEST, WIDTH),
        **_norm("final_layer_norm"),
    }
    for layer in range(LAYERS):
        at = f"encoder.layers.{layer}"
        shapes |= _norm(f"{at}.layer_norm1") | _norm(f"{at}.layer_norm2")
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            shapes |= _linear(f"{at}.self_attn.{name}", WIDTH, WIDTH)
        shapes |= _linear(f"{at}.mlp.fc1", WIDTH, 4 * WIDTH)
        shapes |= _linear(f"{at}.mlp.fc2", 4 * WIDTH, WIDTH)
    tensors = {f"text_model.{name}": _drawn(rng, shape) for name, shape in shapes.items()}
    tensors["text_projection.weight"] = _drawn(rng, (WIDTH // 2, WIDTH))
    save_file(tensors, folder / "model.safetensors")
    text = {
        "vocab_size": len(ids),
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "max_position_embeddings": LONGEST,
        "projection_dim": WIDTH // 2,
        "hidden_act": "quick_gelu",
        "bos_token_id": ids["<|startoftext|>"],
        "eos_token_id": ids["<|endoftext|>"],
    }
    (folder / "config.json").write_text(json.dumps({"model_type": "clip", "text_config": text}))
    return ids


def write_bert(folder, seed: int = 0) -> dict[str, int]:
    """A MiniLM folder; returns ids by token."""
    ids = write_tokenizer(folder, "[CLS]", "[SEP]", extra=("[PAD]",))
    rng = np.random.default_rng(seed)
    shapes = {
        "embeddings.word_embeddings.weight": (len(ids), WIDTH),
        "embeddings.position_embeddings.weight": (LONGEST, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        **_norm("embeddings.LayerNorm"),
    }
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        for name in ("self.query", "self.key", "self.value", "output.dense"):
            shapes |= _linear(f"{at}.attention.{name}", WIDTH, WIDTH)
        shapes |= _norm(f"{at}.attention.output.LayerNorm") | _norm(f"{at}.output.LayerNorm")
        shapes |= _linear(f"{at}.intermediate.dense", WIDTH, 4 * WIDTH)
        shapes |= _linear(f"{at}.output.dense", 4 * WIDTH, WIDTH)
    save_file({name: _drawn(rng, s) for name, s in shapes.items()}, folder / "model.safetensors")
    config = {
        "model_type": "bert",
        "vocab_size": len(ids),
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "max_position_embeddings": LONGEST,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
    }
    (folder / "config.json").write_text(json.dumps(config))
    return ids


def _linear(name: str, into: int, out: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (out, into), f"{name}.bias": (out,)}


def _norm(name: str) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (WIDTH,), f"{name}.bias": (WIDTH,)}


def _drawn(rng, shape) -> np.ndarray:
    return (0.3 * rng.normal(size=shape)).astype(np.float32)
