"""The fit finds what a capture was simulated with, from far off, and says how well it knows."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from builders.activities import perform
from radarsim.captures.recording import of_cube
from radarsim.files import free_body, load_radar
from radarsim.radar.boards import BOARDS
from radarsim.scene.placement import Placement
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject
from radarsim.signal.receiver import add_thermal_noise
from radarsim.validation import capture_model
from radarsim.validation.fit import NAMES, SEARCH, fit_capture, save_profile
from radarsim.validation.simulated import echo_of

BOARD = BOARDS["AWR1843BOOST"]
# 16 loops over the whole burst, 64 samples of 8.6 cm, one transmitter.
RADAR = replace(
    BOARD,
    chirp=replace(
        BOARD.chirp,
        num_samples=64,
        sample_rate_hz=BOARD.chirp.sample_rate_hz / 4,
        slope_hz_per_s=BOARD.chirp.slope_hz_per_s / 2,
    ),
    frame=replace(
        BOARD.frame, num_chirps=16, tx_order=(0,), extra_slot_idle_s=15 * BOARD.chirp.duration_s
    ),
    array=BOARD.array.with_tx((0,)),
    receiver=replace(BOARD.receiver, noise_figure_db=17.0),
)
SIGMA_RAD, TRUE = 0.35, Placement(distance_m=3.1)


@pytest.fixture(scope="module")
def scene():
    motion = perform("walk_forward_and_turn_around", duration_s=1.0)
    return Scene([Subject(motion, free_body(), TRUE)])


@pytest.fixture(scope="module")
def few_bursts():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(capture_model, "MAX_BURSTS", 2)
        yield


@pytest.fixture(scope="module")
def cube_v(scene):
    echo_v = echo_of(RADAR, scene, 4, SIGMA_RAD)
    return np.asarray(add_thermal_noise(RADAR, echo_v, jax.random.key(5)))


@pytest.fixture(scope="module")
def fitted(scene, cube_v, few_bursts):
    """From 25 cm off, twice the lobe width, and a board said to be 4 dB quieter."""
    told = replace(RADAR, receiver=replace(RADAR.receiver, noise_figure_db=13.0))
    (subject,) = scene.subjects
    start = Scene([replace(subject, placement=replace(TRUE, distance_m=2.85))])
    return fit_capture(of_cube(told, cube_v), start, 0.7)


def test_sigma_distance_and_noise_figure_are_found(fitted):
    """5 %, 2 cm and 0.5 dB are what is promised; 2,000 cells of 4 channels tell them better."""
    assert fitted.values["sigma_rad"] == pytest.approx(SIGMA_RAD, rel=0.05)
    assert fitted.values["distance_m"] == pytest.approx(3.1, abs=0.02)
    assert fitted.values["noise_figure_db"] == pytest.approx(17.0, abs=0.5)
    assert fitted.values["level_db"] == pytest.approx(0.0, abs=1.0)
    assert fitted.values["height_m"] == pytest.approx(1.0, abs=0.05)


def test_the_truth_lies_within_the_uncertainty_and_the_model_explains_the_data(fitted):
    """Four standard deviations, five parameters: one run in three thousand falls outside."""
    truth = dict(zip(NAMES, (SIGMA_RAD, 3.1, 1.0, 0.0, 17.0)))
    for name in NAMES:
        assert abs(fitted.values[name] - truth[name]) < 4 * fitted.errors[name] + 1e-3
    assert fitted.misfit == pytest.approx(1.0, abs=0.15)


def test_the_profile_is_a_radar_that_others_load(fitted, tmp_path):
    save_profile(fitted, tmp_path / "fitted.toml")
    radar = load_radar(tmp_path / "fitted.toml")
    assert radar.receiver.noise_figure_db == pytest.approx(fitted.values["noise_figure_db"])
    power_dbm = RADAR.tx_power_dbm + fitted.values["level_db"]
    assert radar.tx_power_dbm == pytest.approx(power_dbm)
    assert "--sigma 0.3" in (tmp_path / "fitted.toml").read_text()


def test_the_derivatives_are_those_of_the_simulated_power(scene, cube_v, few_bursts):
    """Central differences; height bends the power within millimetres, so its step is 0.3 mm.

    1.5 % of the largest: what is left of the bend, and of float32.
    """
    data = capture_model.powers_to_fit(of_cube(RADAR, cube_v), scene, 1, SEARCH, 0.8)
    theta = np.array([np.log(0.5), 0.01, 0.02, 0.0, 0.0])
    slopes = data.model(theta=theta, slopes=True)
    for index, step in enumerate((0.01, 0.001, 0.0003)):
        shift = step * np.eye(5)[index]
        ends = [data.model(theta=theta + sign * shift, slopes=False) for sign in (1, -1)]
        difference = (ends[0] - ends[1]) / (2 * step)
        error = np.abs(slopes[..., index] - difference).max()
        assert error < 0.015 * np.abs(difference).max()
