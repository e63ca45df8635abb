"""The recognition benchmark: a descriptor blind to when and where, and honest halves."""

import numpy as np

from benchmarks.recognition import ALIKE, MAPS, PASS, descriptor, recognise, variety
from builders.activities import ACTIVITIES

SHAPE = (224, 128)


def maps_of(texture):
    return dict.fromkeys(MAPS, texture)


def as_maps(values):
    """The same descriptor from each map."""
    return dict.fromkeys(MAPS, values)


def ripple(cycles, across, at=0.0):
    """A map that beats `cycles` times in the clip and `across` times over its bins."""
    time, bins = np.meshgrid(*(np.arange(n) / n for n in SHAPE), indexing="ij")
    return np.cos(2 * np.pi * (cycles * time + across * bins - at))


def test_the_descriptor_does_not_mind_when_and_where_but_how_fast():
    wave = descriptor(maps_of(ripple(5, 3)))
    later = descriptor(maps_of(ripple(5, 3, at=0.3)))
    moved = descriptor(maps_of(np.roll(ripple(5, 3), (31, 17), axis=(0, 1))))
    faster = descriptor(maps_of(ripple(6, 3)))
    for name in MAPS:
        np.testing.assert_allclose(later[name], wave[name], atol=1e-6)
        np.testing.assert_allclose(moved[name], wave[name], atol=1e-6)
        assert np.abs(faster[name] - wave[name]).max() > 5


def test_what_lies_far_under_the_peak_is_not_seen_where_a_map_has_a_depth():
    loud = np.zeros(SHAPE)
    loud[100, 60] = 60.0
    ripples = {name: descriptor(maps_of(loud + 3 * ripple(5, 3)))[name] for name in MAPS}
    plain = {name: descriptor(maps_of(loud))[name] for name in MAPS}
    assert np.abs(ripples["time_range"] - plain["time_range"]).max() > 5
    for name in ("time_doppler", "time_angle"):
        # The peak itself rides on a ripple, and takes the floor along.
        assert np.abs(ripples[name] - plain[name]).max() < 0.5


def test_what_differs_is_recognised_and_what_does_not_is_guessed():
    """Eight people, ten activities: everything right where they differ, a tenth where not."""
    rng = np.random.default_rng(0)
    names = [f"activity{i}" for i in range(10)] * 8
    people = [f"subject{i // 10}" for i in range(80)]
    centres = rng.normal(size=(10, 50))
    clear = np.array([centres[i % 10] for i in range(80)]) + 0.1 * rng.normal(size=(80, 50))
    assert recognise(as_maps(clear), names, people) == {
        "top1": 1.0,
        "top5": 1.0,
        "top1_alike": 1.0,
        "mistaken": [],
    }
    noise = recognise(as_maps(rng.normal(size=(80, 50))), names, people)
    assert noise["top1"] < 0.3  # 80 guesses at 0.1: three deviations are 0.1
    assert noise["mistaken"]


def test_nobody_is_recognised_by_a_clip_of_their_own():
    """Descriptors that tell people apart and nothing else are worth a guess."""
    names = [f"activity{i}" for i in range(10)] * 4
    people = [f"subject{i // 10}" for i in range(40)]
    rng = np.random.default_rng(1)
    own = np.array([10.0 * np.eye(4)[i // 10] for i in range(40)]) + rng.normal(size=(40, 4))
    assert recognise(as_maps(own), names, people)["top1"] < 0.4


def test_tempo_and_amplitude_vary_by_a_tenth():
    assert min(variety(8).values()) >= 0.10
    assert PASS == {"top1_alike": 0.7, "top5": 0.9}


def test_what_is_declared_alike_is_named_rightly_and_counted_together():
    declared = [name for group in ALIKE for name in group]
    assert len(ALIKE) <= 8
    assert len(set(declared)) == len(declared)
    assert set(declared) <= set(ACTIVITIES)
    names = ["bow", "standing_forward_bend"] * 4
    swapped = np.array([[float(i % 2 == (i < 4))] for i in range(8)])
    people = ["subject0"] * 4 + ["subject1"] * 4
    found = recognise(as_maps(swapped), names, people)
    assert (found["top1"], found["top1_alike"]) == (0.0, 1.0)
