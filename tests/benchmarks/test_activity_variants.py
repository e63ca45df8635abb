"""Tests of changed receivers, phrases of the grammar, stores of pictures, and few-shot weights."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.activity_grammar import between_rests, read_phrases
from benchmarks.activity_maps import picture_rows, write_store
from benchmarks.activity_pictures import (
    LABELS,
    NUM_BINS,
    NUM_COLUMNS,
    RECORDING,
    Pictures,
    doppler_picture,
    level_db,
)
from benchmarks.activity_scores import few_shot, mean_recall

RATE_HZ = 2000.0
TIMES_S = np.arange(2 * NUM_BINS * NUM_COLUMNS) / RATE_HZ
# A tone halfway between two bins, whose spectrum without a window has the strongest side lobes.
TONE = np.exp(2j * np.pi * 66.4 * TIMES_S)


def _levels_db(echo, **changed):
    picture = doppler_picture(echo, np.random.default_rng(0), replace(RECORDING, **changed))
    return level_db(picture).mean(axis=1)


def test_a_window_removes_the_side_lobes_of_a_strong_tone():
    """Far from the tone, the level without a window is at least 10 dB above that with a window."""
    far = slice(100, 125)
    without = _levels_db(0.2 * TONE)[far].mean()
    assert without > _levels_db(0.2 * TONE, window=True)[far].mean() + 10


def test_clipping_makes_harmonics_of_a_strong_tone():
    """At minus three times the frequency of the tone, clipping raises the level by over 10 dB."""
    harmonic = NUM_BINS // 2 - round(3 * 66.4 / 7.8125)
    clipped = _levels_db(0.6 * TONE)[harmonic]
    assert clipped > _levels_db(0.6 * TONE, clips=False)[harmonic] + 10


def test_a_phrase_is_surrounded_by_constant_echoes():
    """A phrase of 50 samples keeps its values, and the samples around it repeat its end values."""
    part = np.arange(1, 51) * (1 + 1j)
    found = between_rests(part, 200, np.random.default_rng(3))
    first = int(np.flatnonzero(found == part[1])[0]) - 1
    assert found.shape == (200,)
    assert np.array_equal(found[first : first + 50], part)
    assert np.all(found[:first] == part[0])
    assert np.all(found[first + 50 :] == part[-1])


def test_a_long_phrase_is_cut():
    """A phrase of 500 samples gives 200 consecutive samples of the phrase."""
    found = between_rests(np.arange(500), 200, np.random.default_rng(0))
    assert found.shape == (200,)
    assert np.all(np.diff(found) == 1)


def test_phrases_are_cut_from_the_echo_of_their_sequence(tmp_path):
    """Of phrases from 0 to 1.5 s and from 1.5 to 2 s, only the first is long enough."""
    sentences = {"general": "A person bows."}
    texts = {"person": 7, "phrases": [["bow", sentences, 0, 1.5], ["nod", sentences, 1.5, 2.0]]}
    echo = np.arange(4000)
    np.savez(tmp_path / "g.npz", **{"00000": echo, "00000/texts": np.array(json.dumps(texts))})
    (phrase,) = read_phrases(tmp_path / "g.npz")
    assert (phrase.label, phrase.person, phrase.sentences) == ("bow", 7, sentences)
    assert np.array_equal(phrase.echo, echo[:3000])


def test_a_store_of_pictures_keeps_levels_and_the_sign_of_the_speed(tmp_path):
    """An approaching tone of 62.5 Hz has a speed of -0.15 m/s in the store, in its own row."""
    rng = np.random.default_rng(0)
    echoes = [0.05 * np.exp(2j * np.pi * hertz * TIMES_S) for hertz in (62.5, -125.0)]
    pictures = Pictures(
        values=np.array([doppler_picture(echo, rng) for echo in echoes]),
        labels=np.array(["wave", "fall"]),
        people=np.array(["B", "A"]),
    )
    write_store(tmp_path / "pictures.zarr", pictures)
    from mmclip.store import open_store

    store = open_store(tmp_path / "pictures.zarr")
    rows, speed_mps = picture_rows(tmp_path / "pictures.zarr"), store.axes["speed"]
    maps_db = np.asarray(store.read_array("time_doppler"), np.float32)[rows]
    assert store.heatmaps == ("time_doppler",)
    strongest = [np.delete(each.mean(axis=0), 63).argmax() for each in maps_db]
    found = [np.delete(speed_mps, 63)[index] for index in strongest]
    # Half a bin is 1 cm/s.
    np.testing.assert_allclose(found, [-0.1535, 0.307], atol=0.01)
    assert maps_db[0].max() == pytest.approx(level_db(pictures.values[0]).max(), abs=0.1)


def test_many_recordings_outweigh_a_wrong_simulation():
    """Simulated labels are exchanged: models with one recording per activity follow the simulation,
    and models with twenty follow the recordings."""
    rng = np.random.default_rng(0)

    def features(labels):
        return (labels[:, None] == np.array(LABELS)) + 0.3 * rng.normal(size=(len(labels), 5))

    labels = np.array(LABELS * 60)
    people = np.repeat(["A", "B", "C"], 100)
    exchanged = np.array([LABELS[(LABELS.index(each) + 1) % 5] for each in labels])
    simulated, recorded = (features(labels), exchanged), (features(labels), labels, people)

    def recall(count):
        predicted = few_shot(simulated, recorded, count, np.array(["A"]))
        return mean_recall(labels[people == "A"], predicted)

    assert recall(1) < 0.2
    assert recall(20) > 0.8
