"""The texts of the activities are complete and grammatical, and faulty texts are rejected."""

import pytest

from builders.activities import ACTIVITIES, ATTRIBUTES
from builders.activities.texts import MIN_VARIANTS, activity_texts, sentence_problem
from radarsim.errors import InputError

VARIANT = '[[bow.variants]]\ngeneral = "A man bows down."\n' + "".join(
    f'{part} = "The {part} moves a bit."\n' for part in ("torso", "arms", "legs", "location")
)
CAPTIONS = '[bow]\ncaptions = ["a", "b", "c", "d"]\n'


def test_every_activity_has_at_least_four_variants_of_its_sentences():
    assert set(activity_texts()) == set(ACTIVITIES)
    for texts in activity_texts().values():
        assert len(texts.variants) >= MIN_VARIANTS
        assert texts.provenance == "written for this project"
        assert all(tuple(variant) == ATTRIBUTES for variant in texts.variants)


def test_the_variants_of_an_activity_differ():
    """All general sentences differ; a short sentence ("There is no step.") may occur twice."""
    variants = [variant for texts in activity_texts().values() for variant in texts.variants]
    general = [variant["general"] for variant in variants]
    assert len(set(general)) == len(general)
    for name, texts in activity_texts().items():
        for part in ATTRIBUTES:
            assert len({variant[part] for variant in texts.variants}) == len(texts.variants), name
    sentences = [sentence for variant in variants for sentence in variant.values()]
    assert len(sentences) >= 1200
    assert len(set(sentences)) > 0.94 * len(sentences)


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        ("the arm hangs down.", "capital"),
        ("The arm hangs down", "full stop"),
        ("The  arm hangs down.", "blanks"),
        ("The arm the the arm.", "twice"),
        ("A arm hangs down.", "article"),
        ("Up goes an leg.", "article"),
        ("The arm , it hangs.", "marks"),
        ("Arms hang.", "short"),
    ],
)
def test_a_formal_error_of_a_sentence_is_found(sentence, problem):
    assert problem in sentence_problem(sentence)
    assert sentence_problem("The arm hangs down, and a one-legged man waits for an hour.") == ""


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (CAPTIONS + 4 * VARIANT, "provenance"),
        ('provenance = "me"\n' + CAPTIONS + 3 * VARIANT, "bow.variants"),
        ('provenance = "me"\n' + CAPTIONS.replace('"b"', '"a"') + 4 * VARIANT, "bow.captions"),
        (
            'provenance = "me"\n' + CAPTIONS + 4 * VARIANT.replace("torso =", "chest ="),
            "variants[0]",
        ),
        ('provenance = "me"\n' + CAPTIONS + 4 * VARIANT.replace("A man", "a man"), "general"),
        ("provenance = ", "text"),
    ],
)
def test_the_error_for_an_invalid_file_names_file_and_field(tmp_path, text, field):
    (tmp_path / "bow.toml").write_text(text)
    with pytest.raises(InputError) as error:
        activity_texts(tmp_path)
    assert "bow.toml" in str(error.value)
    assert field in str(error.value)
