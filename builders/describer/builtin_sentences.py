"""Sentences made without a language model: texts of the built-in activities, or a template."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from builders.activities.texts import ActivityTexts, activity_texts
from pipelines.attribute_files import FALLBACK, Sentence
from pipelines.schema import ATTRIBUTE_PARTS

# The caption is part of each sentence, so that the sentences of different captions differ.
_FALLBACK_TEMPLATES = {
    "general": 'A person does what is called "{}".',
    "torso": 'The torso moves as in "{}".',
    "arms": 'The arms move as in "{}".',
    "legs": 'The legs move as in "{}".',
    "location": 'The body goes or stays as in "{}".',
}


def builtin_sentences(captions: Iterable[str], variants: int) -> Iterator[Sentence]:
    """Yield bundled sentences for captions of built-in activities, otherwise fallback sentences.

    Args:
        captions: captions with any text.
        variants: maximum number of wordings per activity; the fallback has only one wording.
    """
    for caption in captions:
        activity = _activity_texts().get(_key(caption))
        if activity:
            wordings, provenance = activity.variants[:variants], activity.provenance
        else:
            wordings, provenance = (fallback_wording(caption),), FALLBACK
        for number, wording in enumerate(wordings):
            yield from sentences_of(caption, number, wording, provenance)


def sentences_of(
    caption: str, variant: int, wording: dict[str, str], provenance: str
) -> list[Sentence]:
    """Convert a wording to rows of the sentence file, in the order of `ATTRIBUTE_PARTS`."""
    common = {"caption": caption, "variant": variant, "provenance": provenance}
    return [Sentence(part=part, sentence=wording[part], **common) for part in ATTRIBUTE_PARTS]


def fallback_wording(caption: str) -> dict[str, str]:
    """Return a template sentence that quotes the caption for each part."""
    text = caption.replace('"', "'").rstrip(" .!?")
    return {part: template.format(text) for part, template in _FALLBACK_TEMPLATES.items()}


@cache
def _activity_texts() -> dict[str, ActivityTexts]:
    """Texts of every activity, keyed by the label and by each caption of the activity."""
    found = {}
    for name, activity in activity_texts().items():
        found |= {_key(caption): activity for caption in (name, *activity.captions)}
    return found


def _key(caption: str) -> str:
    """Words in lower case, so that `Wave hand.`, `wave_hand` and `wave hand` have the same key."""
    return " ".join(re.findall(r"[^\W_]+", caption.casefold()))
