"""Leakage check: labels, people and takes of the training are not evaluated."""

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.errors import MmclipError
from mmclip.leakage import check_leakage
from mmclip.window_corpus import StoredClip

DESCRIPTION = {
    "seen": ["walk", "sit"],
    "unseen": ["bow", "kick"],
    "subjects": ["x/anna", "x/ben"],
    "takes": ["0123"],
}


def stored_clip(subject, take="t", digest="9999"):
    none = np.zeros(0, np.int64)
    place = {"store": 0, "row": 0, "split": "test", "columns": 0, "starts": none, "labels": none}
    return StoredClip(subject=subject, take=take, take_digest=digest, **place)


CARL, BEN = [stored_clip("x/carl")], stored_clip("x/ben")


def test_labels_and_subjects_of_the_training_are_rejected():
    check_leakage("r", DESCRIPTION, ["bow", "kick"], CARL, unseen=True)
    check_leakage("r", DESCRIPTION, ["walk"], CARL, unseen=False)
    with pytest.raises(MmclipError, match="labels: walk was used in training"):
        check_leakage("r", DESCRIPTION, ["bow", "walk"], CARL, unseen=True)
    with pytest.raises(MmclipError, match="subjects: x/ben was used in training"):
        check_leakage("r", DESCRIPTION, ["bow"], [*CARL, BEN, stored_clip("y/ben")], unseen=True)


def test_a_take_of_the_training_is_rejected_under_any_name_of_its_subject():
    """A renamed take is recognised by its digest; models of earlier versions list no digests."""
    renamed = [*CARL, stored_clip("x/dora", "dora_1", "0123")]
    with pytest.raises(MmclipError, match="takes: dora_1 was used in training"):
        check_leakage("r", DESCRIPTION, ["bow"], renamed, unseen=True)
    earlier = {key: value for key, value in DESCRIPTION.items() if key != "takes"}
    check_leakage("r", earlier, ["bow"], renamed, unseen=True)
