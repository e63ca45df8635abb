"""Fit of a simulated capture: values from a distant start, uncertainties, and saved profile."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from builders.activities import perform
from radarsim.captures.recording import of_cube
from radarsim.files import free_body, load_radar
from radarsim.radar.boards import BOARDS
from radarsim.scene.coarsening import coarsen
from radarsim.scene.placement import Placement
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject
from radarsim.signal.noise_and_adc import add_thermal_noise
from radarsim.validation import power_model
from radarsim.validation.fit import NAMES, SEARCH, fit_capture, save_profile
from radarsim.validation.simulated_recording import simulate_echo

pytestmark = pytest.mark.usefixtures("fast_compilation")

BOARD = BOARDS["AWR1843BOOST"]
# The radar has 16 loops over the whole burst, 64 samples of 8.6 cm, and one transmitter.
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
def subject():
    motion = perform("walk_forward_and_turn_around", duration_s=1.0)
    return Subject(motion, coarsen(free_body(), 0.05), TRUE)


@pytest.fixture(scope="module")
def few_bursts():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(power_model, "MAX_BURSTS", 2)
        yield


@pytest.fixture(scope="module")
def cube_v(subject):
    echo_v = simulate_echo(RADAR, Scene([subject]), 4, SIGMA_RAD)
    return np.asarray(add_thermal_noise(RADAR, echo_v, jax.random.key(5)))


@pytest.fixture(scope="module")
def fitted(subject, cube_v, few_bursts):
    """A fit that starts 25 cm off, with twice the lobe width and a noise figure 4 dB too low."""
    configured = replace(RADAR, receiver=replace(RADAR.receiver, noise_figure_db=13.0))
    start = Scene([replace(subject, placement=replace(TRUE, distance_m=2.85))])
    return fit_capture(of_cube(configured, cube_v), start, 0.7)


def test_sigma_distance_and_noise_figure_are_found(fitted):
    """The documented accuracy is 5 %, 2 cm and 0.5 dB; 2,000 cells of 4 channels allow better."""
    assert fitted.values["sigma_rad"] == pytest.approx(SIGMA_RAD, rel=0.05)
    assert fitted.values["distance_m"] == pytest.approx(3.1, abs=0.02)
    assert fitted.values["noise_figure_db"] == pytest.approx(17.0, abs=0.5)
    assert fitted.values["level_db"] == pytest.approx(0.0, abs=1.0)
    assert fitted.values["height_m"] == pytest.approx(1.0, abs=0.05)


def test_the_truth_is_within_the_uncertainty_and_the_misfit_is_one(fitted):
    """With a limit of four standard deviations for five parameters, 1 of 3,000 runs fails."""
    truth = dict(zip(NAMES, (SIGMA_RAD, 3.1, 1.0, 0.0, 17.0)))
    for name in NAMES:
        assert abs(fitted.values[name] - truth[name]) < 4 * fitted.errors[name] + 1e-3
    assert fitted.misfit == pytest.approx(1.0, abs=0.15)


def test_the_saved_profile_can_be_loaded_as_a_radar(fitted, tmp_path):
    save_profile(fitted, tmp_path / "fitted.toml")
    radar = load_radar(tmp_path / "fitted.toml")
    assert radar.receiver.noise_figure_db == pytest.approx(fitted.values["noise_figure_db"])
    power_dbm = RADAR.tx_power_dbm + fitted.values["level_db"]
    assert radar.tx_power_dbm == pytest.approx(power_dbm)
    assert "--sigma 0.3" in (tmp_path / "fitted.toml").read_text()


def test_the_derivatives_equal_central_differences_of_the_simulated_power(
    subject, cube_v, few_bursts
):
    """The power is nonlinear over millimetres of height, so the height step is 0.3 mm.

    The tolerance of 1.5 % of the largest difference allows for the remaining curvature and float32
    rounding.
    """
    scene = Scene([subject])
    model = power_model.measured_powers(of_cube(RADAR, cube_v), scene, 1, SEARCH, 0.8).model
    theta = np.array([np.log(0.5), 0.01, 0.02, 0.0, 0.0])
    slopes = model.derivatives(theta)
    for index, step in enumerate((0.01, 0.001, 0.0003)):
        shift = step * np.eye(5)[index]
        ends = [model.power(theta + sign * shift) for sign in (1, -1)]
        difference = (ends[0] - ends[1]) / (2 * step)
        error = np.abs(slopes[..., index] - difference).max()
        assert error < 0.015 * np.abs(difference).max()
