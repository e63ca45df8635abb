"""Captions of BABEL, HumanML3D and KIT-ML, joined to the takes of a build."""

import argparse
from collections.abc import Mapping
from dataclasses import replace

from builders.sources.takes import FileTake
from pipelines.caption_datasets.motion_texts import TextSources, load_texts
from pipelines.plan import Note
from radarsim.errors import InputError
from radarsim.files import read_arrays
from radarsim.scene.formats.smpl_parameters import RATE_KEYS, number_in


def load_caption_datasets(options: argparse.Namespace) -> TextSources:
    """Load the caption datasets given by the flags.

    Raises:
        InputError: a dataset cannot be read, or the build has no motions to which captions apply.
    """
    sets = {name: getattr(options, name) for name in ("babel", "humanml3d", "kitml")}
    given = next((name for name, path in sets.items() if path), None)
    if given and not (options.amass or options.motions):
        hint = "give --amass or --motions"
        raise InputError("options", f"--{given}", "describes motions, and none are given", hint)
    return load_texts(**sets)


def join_texts(
    takes: Mapping[str, FileTake], texts: TextSources
) -> tuple[dict[str, FileTake], list[Note]]:
    """Add the captions of each motion to the take.

    Args:
        takes: takes by id; the id is the path of the motion.
        texts: captions from any number of datasets.

    Returns:
        Takes by id, and notes that count joined and unmatched captions for the summary.
    """
    if not (texts.num_texts or texts.left_out):
        return dict(takes), []
    joined = {name: _with_texts(take, texts) for name, take in takes.items()}
    counts = texts.num_joined(takes)
    notes = [
        Note(cause=f"{source} texts joined", count=counts.get(source, 0))
        for source in texts.num_texts
    ]
    return joined, [*notes, *texts.unjoined(takes)]


def _with_texts(take: FileTake, texts: TextSources) -> FileTake:
    rate_hz = _rate_hz(take.path) if texts.counts_frames(take.id) else None
    found = texts.for_motion(take.id, rate_hz)
    split = found.official_split or take.official_split
    return replace(take, texts=(*take.texts, *found.texts), official_split=split)


def _rate_hz(path: str) -> float | None:
    """Read only the pose rate of a take; None if unreadable (clip selection reports the reason)."""
    try:
        arrays = read_arrays(path, RATE_KEYS)
    except InputError:
        return None
    rates = [rate for rate in map(number_in, arrays.values()) if rate is not None]
    return rates[0] if rates and 1 <= rates[0] <= 10_000 else None
