"""The activities, grouped by what moves. Importing a module enlists what it holds."""

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
