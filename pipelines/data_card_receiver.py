"""Part of the data card of a store whose recipe contains a receiver profile."""

from pipelines.recipe import Recipe

_EQUAL_GAIN = "antennas with equal gain in all directions"
_PATTERNS = "antennas with the patterns of the receiver profile"


def limitations_of_receiver(text: str, recipe: Recipe) -> str:
    """Adapt the section on limitations to a receiver profile with antenna patterns.

    Args:
        text: the section for isotropic antennas.
        recipe: recipe of the clips.
    """
    profile = recipe.receiver
    if profile is None or (profile.tx_pattern is None and profile.rx_pattern is None):
        return text
    return text.replace(_EQUAL_GAIN, _PATTERNS)
