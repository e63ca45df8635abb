"""The predicted time of a dataset follows from the slowest of its stages."""

import json

import pytest

from benchmarks.factory import main, plan_build
from benchmarks.factory_plan import (
    OTHER_CORES,
    SHARE_OF_FLOOR,
    measure_rates,
    planned_frames_per_s,
    predict,
    prediction_text,
)
from radarsim.errors import InputError

RATES = {
    "prepare_frames_per_s_core": 500.0,
    "encode_frames_per_s_core": 40_000.0,
    "write_frames_per_s": 90_000.0,
    "bytes_per_clip": 464e3,
}


@pytest.mark.parametrize(
    ("gpu_frames_per_s", "cores", "bound", "frames_per_s"),
    [
        (6_100.0, 16, "simulate", 5_000.0),
        (6_100.0, 8, "prepare", 3_000.0),
        (1e6, 4_000, "encode", 40_000.0),
    ],
)
def test_the_slowest_stage_bounds_the_build(gpu_frames_per_s, cores, bound, frames_per_s):
    """30 h are 1,080,000 frames of 0.1 s; a million clips of 464 kB are 464 GB.

    22 % of the clips are simulated twice, so a GPU with 6,100 frames/s yields 5,000 frames/s.
    """
    found = predict(RATES, gpu_frames_per_s, cores, period_s=0.1)
    assert found["bound_by"] == bound
    hours = found["datasets"]["30 h of motion"]["hours"]
    assert hours * 3600 == pytest.approx(1_080_000 / frames_per_s, rel=1e-3)
    assert found["datasets"]["a million clips"]["gigabytes"] == pytest.approx(464)
    simulated = found["frames_per_s"]["simulate"]
    assert found["cores_for_full_speed"] == round(simulated / 500 + OTHER_CORES)


def test_a_prediction_is_called_a_prediction():
    found = predict(RATES, 6_000.0, 16, period_s=0.1)
    assert "not a measurement" in found["kind"]
    text = prediction_text("H100", found)
    assert "prediction for H100" in text
    assert "30 h of motion: 3.7 min" in text


def test_the_best_planned_batch_of_heatmaps_is_used(tmp_path):
    plans = [
        {"program": program, "card": "H100", "item": item, "most_items_per_s": rate}
        for program, item, rate in (
            ("poses to IF cubes", "frame", 20_000),
            ("poses to heatmaps", "frame", 9_000),
            ("poses to heatmaps", "frame", 11_000),
            ("training step, paper", "window", 50_000),
        )
    ]
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"plans": plans}))
    assert planned_frames_per_s(path) == ("H100", SHARE_OF_FLOOR * 11_000)
    with pytest.raises(InputError, match="no plan of heatmaps for this card"):
        planned_frames_per_s(path, "a100")
    path.write_text("[]")
    assert main(["--plan", str(path)]) == 2


@pytest.mark.slow
@pytest.mark.usefixtures("fast_compilation")
def test_rates_are_measured_on_a_small_radar():
    rates = measure_rates(plan_build(3, small=True, keep_cubes="off"), num_clips=2, copies=3)
    assert min(rates.values()) > 0
