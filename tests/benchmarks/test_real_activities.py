"""Recognition of five activities in recordings: pictures, sign, held-out people, log."""

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
# Frequency [Hz] of the one line by which the miniature activities differ.
LINES_HZ = dict(zip(LABELS, (30.0, 100.0, 220.0, -100.0, -220.0)))


def _echo(label, amplitude=0.1):
    """Echo of an activity: a line from 3 to 7 s."""
    inside = (TIMES_S > 3) & (TIMES_S < 7)
    return amplitude * inside * np.exp(2j * np.pi * LINES_HZ[label] * TIMES_S)


def _write_recordings(folder, people):
    """Write two pictures per person and activity, and return the folder."""
    for label in LABELS:
        (folder / label).mkdir(parents=True, exist_ok=True)
        for number, person in enumerate(2 * list(people)):
            picture = doppler_picture(_echo(label), np.random.default_rng(number))
            # The even columns of a recording show other values, which are not read.
            doubled = np.zeros((NUM_BINS, 2 * NUM_COLUMNS))
            doubled[:, 1::2] = picture
            name = f"{label}_{number:03d}_{person}_doppler.png"
            write_picture(folder / label / name, doubled, "viridis", (600, 1000))
    return folder


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """File of simulated I/Q, in which receding speeds have positive frequencies."""
    path = tmp_path_factory.mktemp("simulated") / "five.npz"
    echoes = {
        f"{label}/{person:03d}": np.conj(_echo(label)) + 0.01 * person
        for label in LABELS
        for person in range(3)
    }
    np.savez(path, **echoes)
    return path


def test_a_picture_is_read_back_as_it_was_written(tmp_path):
    """The colours of viridis have 256 steps, which may be mistaken for their neighbours."""
    (folder := _write_recordings(tmp_path, "A"))
    picture = doppler_picture(_echo("drink"), np.random.default_rng(0))
    found = read_picture(folder / "drink" / "drink_000_A_doppler.png")
    np.testing.assert_allclose(found, picture, atol=1.5 / 256)


def test_levels_are_relative_to_the_receiver_noise():
    """A line of 0.01 has 128 x 2 x 0.01 of amplitude against noise of 0.0032 x 16: 34 dB."""
    times_s = TIMES_S
    line = 0.01 * np.exp(2j * np.pi * 62.5 * times_s)
    level = level_db(doppler_picture(line, np.random.default_rng(0)))
    assert level[NUM_BINS // 2 + 8].mean() == pytest.approx(33.9, abs=1.0)
    assert np.median(level[:40]) == pytest.approx(0.0, abs=3.0)


def test_the_person_is_the_first_letter_of_the_third_field():
    """Suffixes are ignored; names without a person give none."""
    names = ("wave_132_N.raw_doppler.png", "cough_047_Eraw_doppler.png", "fall_001__doppler.png")
    assert [person_of(name) for name in names] == ["N", "E", ""]


def test_development_never_opens_recordings_of_the_final_people(tmp_path, simulated, capsys):
    """A damaged picture of person F stops only the final run; all activities are recognised."""
    folder = _write_recordings(tmp_path / "recordings", "ABCDE")
    (folder / "wave" / "wave_099_F_doppler.png").write_text("no picture")
    command = ["--recordings", str(folder), "--simulated", str(simulated), "--copies", "2", *FEW]
    main([*command, "--json", str(tmp_path / "result.json")])
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["recordings"] == 50
    # A mirrored sign of the speed would exchange the second and fourth, and third and fifth line.
    assert result["simulation only"] > 0.9
    assert "permutation control" in capsys.readouterr().out
    with pytest.raises(ValueError, match="wave_099_F"):
        recorded_pictures(folder, ("F",))


def test_a_final_run_is_logged_with_the_number_of_earlier_runs(tmp_path, simulated):
    """Two final runs leave two lines, of which the second counts the first."""
    folder = _write_recordings(tmp_path / "recordings", "FG")
    command = ["--recordings", str(folder), "--simulated", str(simulated), "--copies", "1", *FEW]
    for _ in range(2):
        main([*command, "--final", "--log", str(tmp_path / "log.jsonl")])
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["earlier final runs"] for line in lines] == [0, 1]
    assert {"date", "commit", "simulation only"} <= set(lines[0])


def test_few_shot_models_never_see_the_tested_person():
    """Person B's features are those of another label; a model that saw them would agree with B."""
    rng = np.random.default_rng(0)
    labels = np.array(LABELS * 4)
    people = np.repeat(["A", "B", "C", "D"], 5)
    features = (labels[:, None] == np.array(LABELS)) + 0.01 * rng.normal(size=(20, 5))
    features[people == "B"] = features[people == "B"][[1, 2, 3, 4, 0]]
    predicted = few_shot(None, (features, labels, people), 1, np.array(["B"]))
    assert mean_recall(labels[people == "B"], predicted) == 0.0
