"""What is said about the activities: complete, whole sentences, refused where they are not."""

import pytest

from builders.activities import ACTIVITIES, ATTRIBUTES
from builders.activities.texts import MIN_VARIANTS, flaw, texts
from radarsim.errors import InputError

VARIANT = '[[bow.variants]]\ngeneral = "A man bows down."\n' + "".join(
    f'{part} = "The {part} moves a bit."\n' for part in ("torso", "arms", "legs", "location")
)
CAPTIONS = '[bow]\ncaptions = ["a", "b", "c", "d"]\n'


def test_every_activity_is_told_in_four_ways_by_name():
    assert set(texts()) == set(ACTIVITIES)
    for told in texts().values():
        assert len(told.variants) >= MIN_VARIANTS
        assert told.provenance == "written for this project"
        assert all(tuple(variant) == ATTRIBUTES for variant in told.variants)


def test_the_ways_to_tell_an_activity_differ():
    """General sentences never repeat; short ones such as "There is no step." may."""
    general = [variant["general"] for told in texts().values() for variant in told.variants]
    assert len(set(general)) == len(general)
    for name, told in texts().items():
        for part in ATTRIBUTES:
            assert len({variant[part] for variant in told.variants}) == len(told.variants), name
    said = [sentence for told in texts().values() for v in told.variants for sentence in v.values()]
    assert len(said) >= 1200
    assert len(set(said)) > 0.94 * len(said)


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
def test_a_flaw_is_found(sentence, problem):
    assert problem in flaw(sentence)
    assert flaw("The arm hangs down, and a one-legged man waits for an hour.") == ""


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
def test_a_file_that_does_not_do_is_refused_by_name_and_field(tmp_path, text, field):
    (tmp_path / "bow.toml").write_text(text)
    with pytest.raises(InputError) as error:
        texts(tmp_path)
    assert "bow.toml" in str(error.value)
    assert field in str(error.value)
