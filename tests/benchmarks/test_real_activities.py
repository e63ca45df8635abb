"""Tests of activity recognition in recordings: pictures, speed sign, held-out people and log."""

import json

import numpy as np
import pytest

from benchmarks.activity_pictures import (
    LABELS,
    NUM_BINS,
    NUM_COLUMNS,
    doppler_picture,
    level_db,
    person_of,
    read_picture,
    recorded_pictures,
)
from benchmarks.activity_scores import few_shot, mean_recall
from benchmarks.real_activities import main
from tests.helpers.array_files import write_picture

RATE_HZ = 2000.0
FEW = ("--seeds", "1", "--permutations", "2")
TIMES_S = np.arange(2 * NUM_BINS * NUM_COLUMNS) / RATE_HZ
# Doppler frequency [Hz] of the single spectral line of each synthetic activity.
LINES_HZ = dict(zip(LABELS, (30.0, 100.0, 220.0, -100.0, -220.0)))


def _echo(label, amplitude=0.1):
    """Return the echo of an activity: a complex tone from 3 to 7 s."""
    inside = (TIMES_S > 3) & (TIMES_S < 7)
    return amplitude * inside * np.exp(2j * np.pi * LINES_HZ[label] * TIMES_S)


def _write_recordings(folder, people):
    """Write two pictures for each person and activity, and return the folder."""
    for label in LABELS:
        (folder / label).mkdir(parents=True, exist_ok=True)
        for number, person in enumerate(2 * list(people)):
            picture = doppler_picture(_echo(label), np.random.default_rng(number))
            # Only every second column is read; the other columns may contain any values.
            doubled = np.zeros((NUM_BINS, 2 * NUM_COLUMNS))
            doubled[:, 1::2] = picture
            name = f"{label}_{number:03d}_{person}_doppler.png"
            write_picture(folder / label / name, doubled, "viridis", (600, 1000))
    return folder


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Return a file of simulated I/Q samples, in which receding motion has positive frequencies."""
    path = tmp_path_factory.mktemp("simulated") / "five.npz"
    echoes = {
        f"{label}/{person:03d}": np.conj(_echo(label)) + 0.01 * person
        for label in LABELS
        for person in range(3)
    }
    np.savez(path, **echoes)
    return path


def test_a_picture_is_read_back_as_it_was_written(tmp_path):
    """Pixel values are recovered within 1.5 of the 256 steps of the viridis colour map."""
    (folder := _write_recordings(tmp_path, "A"))
    picture = doppler_picture(_echo("drink"), np.random.default_rng(0))
    found = read_picture(folder / "drink" / "drink_000_A_doppler.png")
    np.testing.assert_allclose(found, picture, atol=1.5 / 256)


def test_levels_are_relative_to_the_receiver_noise():
    """A tone of amplitude 0.01 is 34 dB above the noise: 128 x 2 x 0.01 versus 0.0032 x 16."""
    times_s = TIMES_S
    line = 0.01 * np.exp(2j * np.pi * 62.5 * times_s)
    level = level_db(doppler_picture(line, np.random.default_rng(0)))
    assert level[NUM_BINS // 2 + 8].mean() == pytest.approx(33.9, abs=1.0)
    assert np.median(level[:40]) == pytest.approx(0.0, abs=3.0)


def test_the_person_is_the_first_letter_of_the_third_field():
    """Suffixes after the letter are ignored, and a name without a person gives an empty string."""
    names = ("wave_132_N.raw_doppler.png", "cough_047_Eraw_doppler.png", "fall_001__doppler.png")
    assert [person_of(name) for name in names] == ["N", "E", ""]


def test_development_never_opens_recordings_of_the_final_people(
    tmp_path, simulated, capsys, monkeypatch
):
    """A damaged picture of person F raises an error only when the final people are read."""
    # Clipping of strong tones would cost some recall.
    monkeypatch.setattr("benchmarks.real_activities.AMPLITUDES", (0.1, 0.4))
    folder = _write_recordings(tmp_path / "recordings", "ABCDE")
    (folder / "wave" / "wave_099_F_doppler.png").write_text("no picture")
    command = ["--recordings", str(folder), "--simulated", str(simulated), "--copies", "2", *FEW]
    main([*command, "--json", str(tmp_path / "result.json")])
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["recordings"] == 50
    # A wrong speed sign would confuse activities 2 and 4, and activities 3 and 5, so that the mean
    # recall would be 0.2 at most.
    assert result["simulation only"] > 0.9
    assert "permutation control" in capsys.readouterr().out
    with pytest.raises(ValueError, match="wave_099_F"):
        recorded_pictures(folder, ("F",))


def test_a_final_run_is_logged_with_the_number_of_earlier_runs(tmp_path, simulated):
    """Two final runs write two log lines, with 0 and 1 as the number of earlier final runs."""
    folder = _write_recordings(tmp_path / "recordings", "FG")
    command = ["--recordings", str(folder), "--simulated", str(simulated), "--copies", "1", *FEW]
    for _ in range(2):
        main([*command, "--final", "--log", str(tmp_path / "log.jsonl")])
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["earlier final runs"] for line in lines] == [0, 1]
    assert {"date", "commit", "simulation only"} <= set(lines[0])


def test_few_shot_models_never_see_the_tested_person():
    """Person B's features have wrong labels, so a model trained without B has a recall of 0."""
    rng = np.random.default_rng(0)
    labels = np.array(LABELS * 4)
    people = np.repeat(["A", "B", "C", "D"], 5)
    features = (labels[:, None] == np.array(LABELS)) + 0.01 * rng.normal(size=(20, 5))
    features[people == "B"] = features[people == "B"][[1, 2, 3, 4, 0]]
    predicted = few_shot(None, (features, labels, people), 1, np.array(["B"]))
    assert mean_recall(labels[people == "B"], predicted) == 0.0
