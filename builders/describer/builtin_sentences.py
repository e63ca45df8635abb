"""Sentences without a model: those that come with the built-in activities, and a plain fallback."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from builders.activities.texts import Told, texts
from pipelines.attribute_files import FALLBACK, Sentence
from pipelines.schema import ATTRIBUTE_PARTS

# All that can be said of a part by someone who knows the words alone. The caption stands in each
# sentence, so that sentences of different captions differ.
_PLAIN = {
    "general": 'A person does what is called "{}".',
    "torso": 'The torso moves as in "{}".',
    "arms": 'The arms move as in "{}".',
    "legs": 'The legs move as in "{}".',
    "location": 'The body goes or stays as in "{}".',
}


def known_sentences(captions: Iterable[str], variants: int) -> Iterator[Sentence]:
    """Sentences of captions that name a built-in activity, a plain fallback for the others.

    Args:
        captions: any words.
        variants: wordings of an activity, as far as there are so many; a fallback has one.
    """
    for caption in captions:
        told = _activities().get(_key(caption))
        if told:
            ways, provenance = told.variants[:variants], told.provenance
        else:
            ways, provenance = (fallback(caption),), FALLBACK
        for number, wording in enumerate(ways):
            yield from sentences_of(caption, number, wording, provenance)


def sentences_of(
    caption: str, variant: int, wording: dict[str, str], provenance: str
) -> list[Sentence]:
    """A wording as rows of a file, in the order of `ATTRIBUTE_PARTS`."""
    about = {"caption": caption, "variant": variant, "provenance": provenance}
    return [Sentence(part=part, sentence=wording[part], **about) for part in ATTRIBUTE_PARTS]


def fallback(caption: str) -> dict[str, str]:
    """The caption's own words, once for each part."""
    words = caption.replace('"', "'").rstrip(" .!?")
    return {part: plain.format(words) for part, plain in _PLAIN.items()}


@cache
def _activities() -> dict[str, Told]:
    """What is said about each activity, by its label and by each of its captions."""
    found = {}
    for name, told in texts().items():
        found |= {_key(words): told for words in (name, *told.captions)}
    return found


def _key(caption: str) -> str:
    """Words alone: `Wave hand.`, `wave_hand` and `wave hand` name the same activity."""
    return " ".join(re.findall(r"[^\W_]+", caption.casefold()))
