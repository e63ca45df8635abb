"""Definitions of the activities, grouped by body part; each module registers its activities."""

from builders.activities.library import (  # noqa: F401
    arms,
    circles,
    gestures,
    jumping,
    legs,
    reaching,
    sports,
    trunk,
    walking,
    whole_body,
)
