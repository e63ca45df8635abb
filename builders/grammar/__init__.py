"""A grammar of movement: torso, arms, legs and location, combined and put one after the other.

    from builders.grammar import draw_score, perform_score, captions, attributes

Read `primitive.py` for the words it is written in, `score.py` for what goes together, `compose.py`
for how a score becomes movement, `tell.py` for how it is told. It never shows an activity of the
protocol: see `reserved.py`, and `python -m builders.grammar.check`.
"""

from builders.grammar.compose import perform_score
from builders.grammar.score import Phrase, Score, combinations, draw_score
from builders.grammar.tell import attributes, captions

__all__ = [
    "Phrase",
    "Score",
    "attributes",
    "captions",
    "combinations",
    "draw_score",
    "perform_score",
]
