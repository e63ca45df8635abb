"""Load receiver profiles by name or from TOML files."""

from dataclasses import replace
from pathlib import Path

from radarsim.checks import check_path
from radarsim.paths import local_path, read_text
from radarsim.radar.radar import Radar
from radarsim.radar.receiver_profile import ReceiverProfile
from radarsim.radar.receiver_profiles import PROFILE_NAMES, profile_named
from radarsim.radar.receiver_toml import parse_profile

# Maximum size of a profile file; a profile with 12 channels and 200 leakage tones has 150 kB.
MAX_PROFILE_BYTES = 4 << 20


def load_receiver(name_or_path: str | Path, radar: Radar) -> ReceiverProfile | None:
    """Load a receiver profile.

    Args:
        name_or_path: "ideal", "datasheet" (the profile of the radar's board), or a `.toml` file.
        radar: radar for which the profile is loaded.

    Returns:
        The profile, which may contain ranges; None for the ideal radar.

    Raises:
        InputError: there is no such profile or file, or the file is invalid.
    """
    check_path("load_receiver", "receiver", name_or_path)
    path = local_path(name_or_path)
    if str(name_or_path) in PROFILE_NAMES or not path.is_file():
        return profile_named(str(name_or_path), radar)
    return parse_profile(read_text(path, MAX_PROFILE_BYTES), str(path))


def with_receiver(radar: Radar, name_or_path: str | Path) -> Radar:
    """Return the radar with a profile; same arguments and errors as `load_receiver`."""
    return replace(radar, profile=load_receiver(name_or_path, radar))
