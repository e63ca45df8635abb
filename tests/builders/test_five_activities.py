"""Tests of the five activities: takes, plan and texts, separate from the sixty activities."""

from pathlib import Path

import numpy as np
import pytest

from builders.activities import ACTIVITIES
from builders.activities.texts import ATTRIBUTES
from builders.corpus.plan import CorpusSpec, plan_takes
from builders.corpus.synthesis import synthesize_take
from builders.five_activities import FIVE_ACTIVITIES, perform_five

RATE_HZ = 120.0


@pytest.mark.parametrize("name", FIVE_ACTIVITIES)
def test_a_take_begins_at_rest_and_moves(name):
    """All joints are slower than 0.2 rad/s in the first 0.3 s; later, a joint exceeds 1 rad/s.

    The lower limit for coughing is 0.4 rad/s instead of 1 rad/s."""
    motion = perform_five(name, performer=1).motion
    speed_rad_s = np.abs(np.diff(motion.poses_rad, axis=0)).max(axis=(1, 2)) * RATE_HZ
    assert motion.num_poses == 10 * RATE_HZ
    assert np.isfinite(motion.poses_rad).all()
    assert speed_rad_s[:36].max() < 0.2
    assert speed_rad_s.max() > (0.4 if name == "cough" else 1.0)


def test_only_a_fall_ends_on_the_floor():
    """The pelvis ends below 0.35 m in every fall, and stays above 0.4 m in other activities."""
    for name in FIVE_ACTIVITIES:
        for performer in range(3):
            height_m = perform_five(name, performer).motion.pelvis_m[:, 2]
            if name == "fall":
                assert height_m[-1] < 0.35
            else:
                assert height_m.min() > 0.4


def test_a_corpus_has_every_activity_of_every_person_with_texts():
    """Two people with one take of each activity give ten takes with a label and attributes."""
    spec = CorpusSpec(source="five-activities", num_subjects=2, num_repeats=1)
    takes = plan_takes(spec)
    assert [take.activity for take in takes] == 2 * list(FIVE_ACTIVITIES)
    motion, (span,) = synthesize_take(spec, takes[0])
    assert motion.num_poses == 10 * RATE_HZ + 1
    assert span.label == "convulsion"
    assert set(span.attributes[0]) == set(ATTRIBUTES)


def test_the_five_are_no_part_of_the_sixty():
    """The sixty activities and their source folder do not contain the five activities.

    Stores of the sixty activities depend only on the source code of `builders.activities`."""
    assert len(ACTIVITIES) == 60
    assert not set(FIVE_ACTIVITIES) & set(ACTIVITIES)
    assert not (Path(__file__).parents[2] / "builders" / "activities" / "five").exists()
