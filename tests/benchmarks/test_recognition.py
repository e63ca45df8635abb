"""The recognition benchmark: invariance of the descriptor, and separation of subjects."""

import numpy as np

from benchmarks.recognition import MAPS, PASS, SIMILAR, descriptor, recognise, variety
from builders.activities import ACTIVITIES

SHAPE = (224, 128)


def in_all_maps(values):
    """A dictionary that contains one heatmap or descriptor under the name of every map."""
    return dict.fromkeys(MAPS, values)


def ripple(cycles, across, at=0.0):
    """A heatmap with `cycles` oscillations over time and `across` oscillations over its bins."""
    time, bins = np.meshgrid(*(np.arange(n) / n for n in SHAPE), indexing="ij")
    return np.cos(2 * np.pi * (cycles * time + across * bins - at))


def test_the_descriptor_is_invariant_to_shifts_but_not_to_the_frequency():
    wave = descriptor(in_all_maps(ripple(5, 3)))
    later = descriptor(in_all_maps(ripple(5, 3, at=0.3)))
    shifted = descriptor(in_all_maps(np.roll(ripple(5, 3), (31, 17), axis=(0, 1))))
    faster = descriptor(in_all_maps(ripple(6, 3)))
    for name in MAPS:
        np.testing.assert_allclose(later[name], wave[name], atol=1e-6)
        np.testing.assert_allclose(shifted[name], wave[name], atol=1e-6)
        assert np.abs(faster[name] - wave[name]).max() > 5


def test_values_far_below_the_maximum_are_ignored_in_maps_with_a_depth():
    peak = np.zeros(SHAPE)
    peak[100, 60] = 60.0
    rippled = {name: descriptor(in_all_maps(peak + 3 * ripple(5, 3)))[name] for name in MAPS}
    plain = {name: descriptor(in_all_maps(peak))[name] for name in MAPS}
    assert np.abs(rippled["time_range"] - plain["time_range"]).max() > 5
    for name in ("time_doppler", "time_angle"):
        # The ripple also changes the peak, and thus the level at which the heatmap is clipped.
        assert np.abs(rippled[name] - plain[name]).max() < 0.5


def test_distinct_activities_are_recognised_and_noise_is_recognised_at_chance_level():
    """For ten activities, the accuracy must be 1 for distinct clips and about 0.1 for noise."""
    rng = np.random.default_rng(0)
    names = [f"activity{i}" for i in range(10)] * 8
    subjects = [f"subject{i // 10}" for i in range(80)]
    centres = rng.normal(size=(10, 50))
    clear = np.array([centres[i % 10] for i in range(80)]) + 0.1 * rng.normal(size=(80, 50))
    assert recognise(in_all_maps(clear), names, subjects) == {
        "top1": 1.0,
        "top5": 1.0,
        "top1_alike": 1.0,
        "mistaken": [],
    }
    noise = recognise(in_all_maps(rng.normal(size=(80, 50))), names, subjects)
    assert noise["top1"] < 0.3  # three standard deviations of the mean of 80 draws at 0.1 are 0.1
    assert noise["mistaken"]


def test_no_clip_is_compared_with_clips_of_the_same_subject():
    """Descriptors that depend only on the subject must give an accuracy at chance level."""
    names = [f"activity{i}" for i in range(10)] * 4
    subjects = [f"subject{i // 10}" for i in range(40)]
    rng = np.random.default_rng(1)
    own = np.array([10.0 * np.eye(4)[i // 10] for i in range(40)]) + rng.normal(size=(40, 4))
    assert recognise(in_all_maps(own), names, subjects)["top1"] < 0.4


def test_tempo_and_amplitude_vary_by_at_least_a_tenth():
    assert min(variety(8).values()) >= 0.10
    assert PASS == {"top1_alike": 0.7, "top5": 0.9}


def test_groups_of_similar_activities_exist_and_count_as_one_activity():
    names = [name for group in SIMILAR for name in group]
    assert len(SIMILAR) <= 8
    assert len(set(names)) == len(names)
    assert set(names) <= set(ACTIVITIES)
    names = ["bow", "standing_forward_bend"] * 4
    exchanged = np.array([[float(i % 2 == (i < 4))] for i in range(8)])
    subjects = ["subject0"] * 4 + ["subject1"] * 4
    found = recognise(in_all_maps(exchanged), names, subjects)
    assert (found["top1"], found["top1_alike"]) == (0.0, 1.0)
