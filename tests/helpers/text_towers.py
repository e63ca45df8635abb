"""Small CLIP and BERT text encoders with random weights, in Hugging Face folders."""

import json

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors

SENTENCE = "a person walks jumps bows raises one arm both arms legs stay still torso and the"
VOCABULARY = SENTENCE.split()
WIDTH, HEADS, LAYERS, MAX_LENGTH = 32, 4, 2, 24


def write_tokenizer(folder, begin: str, end: str, extra=()) -> dict[str, int]:
    """Write a tokenizer with one token per word and start and end tokens; return ids by token."""
    ids = {token: index for index, token in enumerate((*extra, "?", *VOCABULARY, begin, end))}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(begin, ids[begin]), (end, ids[end])]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return ids


def write_clip(folder, seed: int = 0) -> dict[str, int]:
    """Write a CLIP folder; return the token ids, keyed by token."""
    ids = write_tokenizer(folder, "<|startoftext|>", "<|endoftext|>")
    rng = np.random.default_rng(seed)
    shapes = {
        "embeddings.token_embedding.weight": (len(ids), WIDTH),
        "embeddings.position_embedding.weight": (MAX_LENGTH, WIDTH),
        **_norm("final_layer_norm"),
    }
    for layer in range(LAYERS):
        prefix = f"encoder.layers.{layer}"
        shapes |= _norm(f"{prefix}.layer_norm1") | _norm(f"{prefix}.layer_norm2")
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            shapes |= _linear(f"{prefix}.self_attn.{name}", WIDTH, WIDTH)
        shapes |= _linear(f"{prefix}.mlp.fc1", WIDTH, 4 * WIDTH)
        shapes |= _linear(f"{prefix}.mlp.fc2", 4 * WIDTH, WIDTH)
    tensors = {f"text_model.{name}": _random(rng, shape) for name, shape in shapes.items()}
    tensors["text_projection.weight"] = _random(rng, (WIDTH // 2, WIDTH))
    save_file(tensors, folder / "model.safetensors")
    text = {
        "vocab_size": len(ids),
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "max_position_embeddings": MAX_LENGTH,
        "projection_dim": WIDTH // 2,
        "hidden_act": "quick_gelu",
        "bos_token_id": ids["<|startoftext|>"],
        "eos_token_id": ids["<|endoftext|>"],
    }
    (folder / "config.json").write_text(json.dumps({"model_type": "clip", "text_config": text}))
    return ids


def write_bert(folder, seed: int = 0) -> dict[str, int]:
    """Write a BERT folder; return the token ids, keyed by token."""
    ids = write_tokenizer(folder, "[CLS]", "[SEP]", extra=("[PAD]",))
    rng = np.random.default_rng(seed)
    shapes = {
        "embeddings.word_embeddings.weight": (len(ids), WIDTH),
        "embeddings.position_embeddings.weight": (MAX_LENGTH, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        **_norm("embeddings.LayerNorm"),
    }
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}"
        for name in ("self.query", "self.key", "self.value", "output.dense"):
            shapes |= _linear(f"{prefix}.attention.{name}", WIDTH, WIDTH)
        shapes |= _norm(f"{prefix}.attention.output.LayerNorm") | _norm(
            f"{prefix}.output.LayerNorm"
        )
        shapes |= _linear(f"{prefix}.intermediate.dense", WIDTH, 4 * WIDTH)
        shapes |= _linear(f"{prefix}.output.dense", 4 * WIDTH, WIDTH)
    save_file({name: _random(rng, s) for name, s in shapes.items()}, folder / "model.safetensors")
    config = {
        "model_type": "bert",
        "vocab_size": len(ids),
        "hidden_size": WIDTH,
        "intermediate_size": 4 * WIDTH,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "max_position_embeddings": MAX_LENGTH,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
    }
    (folder / "config.json").write_text(json.dumps(config))
    return ids


def _linear(name: str, into: int, out: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (out, into), f"{name}.bias": (out,)}


def _norm(name: str) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (WIDTH,), f"{name}.bias": (WIDTH,)}


def _random(rng, shape) -> np.ndarray:
    return (0.3 * rng.normal(size=shape)).astype(np.float32)
