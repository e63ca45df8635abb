"""The activities, grouped by what moves. Importing a module enlists what it holds."""

from builders.activities.library import (  # noqa: F401
    arms,
    jumping,
    legs,
    reaching,
    trunk,
    walking,
    whole_body,
)
