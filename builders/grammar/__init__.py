"""Movement grammar: combines primitives of torso, arms, legs and location into sequences.

    from builders.grammar import draw_sequence, perform_sequence, draw_captions, draw_attributes

`primitive.py` defines the notation, `random_phrases.py` defines which primitives may be combined,
`phrase_composition.py` converts a sequence to a movement, and `captions.py` describes the sequence
in English. The activities of the protocol are excluded by `exclusions.py`, and
`python -m builders.grammar.check` verifies the exclusions.
"""

from builders.grammar.captions import draw_attributes, draw_captions
from builders.grammar.phrase_composition import perform_sequence
from builders.grammar.random_phrases import Phrase, PhraseSequence, combinations, draw_sequence

__all__ = [
    "Phrase",
    "PhraseSequence",
    "combinations",
    "draw_attributes",
    "draw_captions",
    "draw_sequence",
    "perform_sequence",
]
