"""The five activities: takes, plan and texts; the sixty activities stay as they are."""

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
    """Nothing moves faster than 0.2 rad/s in the first 0.3 s; later, something is faster than 1."""
    motion = perform_five(name, performer=1).motion
    speed_rad_s = np.abs(np.diff(motion.poses_rad, axis=0)).max(axis=(1, 2)) * RATE_HZ
    assert motion.num_poses == 10 * RATE_HZ
    assert np.isfinite(motion.poses_rad).all()
    assert speed_rad_s[:36].max() < 0.2
    assert speed_rad_s.max() > (0.4 if name == "cough" else 1.0)


def test_only_a_fall_ends_on_the_floor():
    """The pelvis of every fall ends below 0.35 m; that of the others stays above 0.4 m."""
    for name in FIVE_ACTIVITIES:
        for performer in range(3):
            height_m = perform_five(name, performer).motion.pelvis_m[:, 2]
            if name == "fall":
                assert height_m[-1] < 0.35
            else:
                assert height_m.min() > 0.4


def test_a_corpus_has_every_activity_of_every_person_with_texts():
    """Two people and one take each are ten takes; captions and sentences belong to the activity."""
    spec = CorpusSpec(source="five-activities", num_subjects=2, num_repeats=1)
    takes = plan_takes(spec)
    assert [take.activity for take in takes] == 2 * list(FIVE_ACTIVITIES)
    motion, (span,) = synthesize_take(spec, takes[0])
    assert motion.num_poses == 10 * RATE_HZ + 1
    assert span.label == "convulsion"
    assert set(span.attributes[0]) == set(ATTRIBUTES)


def test_the_five_are_no_part_of_the_sixty():
    """Stores of the sixty activities depend on the source of `builders.activities` only."""
    assert len(ACTIVITIES) == 60
    assert not set(FIVE_ACTIVITIES) & set(ACTIVITIES)
    assert not (Path(__file__).parents[2] / "builders" / "activities" / "five").exists()
