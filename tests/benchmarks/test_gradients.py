"""The gradient benchmark rejects a wrong gradient and reports the cost of a correct gradient."""

import jax
import jax.numpy as jnp
import pytest

from benchmarks import gradients
from benchmarks.accuracy_checks import WrongResult
from benchmarks.scenes import BenchmarkScene, decimate_faces
from radarsim.files import free_body
from tests.helpers.moving_sphere import small_radar

pytestmark = pytest.mark.slow

RADAR = small_radar(num_chirps=4, num_samples=64)


@pytest.fixture(scope="module")
def thin_body():
    return decimate_faces(free_body(), 16)


@jax.custom_jvp
def wrong_derivative(x):
    """The identity function, but with a derivative of four instead of one."""
    return x


wrong_derivative.defjvp(lambda x, dx: (x[0], 4 * dx[0]))


def measured(monkeypatch, body, shift):
    """The benchmark's result for a loss that compiles quickly; the real loss takes a minute."""

    def loss(at):
        return jnp.sum(jnp.sin(1e3 * at["poses_rad"])) + jnp.sum(shift(at["shift_m"]))

    at = {"poses_rad": jnp.zeros(3), "shift_m": jnp.zeros(3)}
    monkeypatch.setattr(gradients, "loss_and_parameters", lambda scene: (loss, at))
    monkeypatch.setattr(gradients, "STEPS", dict.fromkeys(at, 1e-5))
    return gradients.measure(RADAR, 1, 2.5, 0.35, 1, body)


def test_forward_and_backward_are_timed_when_the_gradient_is_correct(thin_body, monkeypatch):
    result = measured(monkeypatch, thin_body, lambda shift_m: shift_m)
    # sin(0.01) differs from 0.01 by 2e-5.
    assert max(result["off_finite_differences"].values()) < 1e-4
    assert result["backward_over_forward"] > 0
    assert set(result["temporary_mb"]) == {"forward", "backward"}
    assert "value and gradient together take" in gradients.report(result)


def test_a_wrong_gradient_is_refused_by_name(thin_body, monkeypatch):
    with pytest.raises(WrongResult, match=r"differences: shift_m by 300\.0 %$"):
        measured(monkeypatch, thin_body, wrong_derivative)


def test_the_loss_depends_on_every_parameter_of_the_gradient(thin_body):
    loss, at = gradients.loss_and_parameters(BenchmarkScene(RADAR, 1, 2.5, 0.35, body=thin_body))
    loss = jax.jit(loss)
    assert set(at) == set(gradients.STEPS)
    for name, step in gradients.STEPS.items():
        assert float(loss({**at, name: at[name] + step})) != float(loss(at))
