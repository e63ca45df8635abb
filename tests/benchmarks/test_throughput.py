"""The speed benchmark: rejection of wrong results, output files, and fit of the run time."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import (
    accuracy_checks,
    device,
    growth,
    memory_of,
    method_speeds,
    throughput,
    throughput_figures,
)
from benchmarks.scenes import BenchmarkScene, decimate_faces
from benchmarks.throughput_table import table
from radarsim.files import free_body
from radarsim.radar.boards import BOARDS, DEFAULT_BOARD
from tests.helpers.moving_sphere import small_radar

pytestmark = pytest.mark.slow

# Four frames of this radar contain the 256 loops of a heatmap column.
RADAR = small_radar(num_chirps=64, num_samples=64)
OPTIONS = ["--frames", "4", "--rounds", "1"]


@pytest.fixture(scope="module")
def thin_body():
    """Return every 16th face of the body, because the sum over faces needs no closed surface."""
    return decimate_faces(free_body(), 16)


@pytest.fixture(scope="module")
def result(thin_body):
    """The result of a quick run with a tiny radar and body."""
    options = throughput.make_parser().parse_args([*OPTIONS, "--skip", *throughput.OPTIONAL_PARTS])
    return throughput.measure(options, RADAR, thin_body)


@pytest.fixture(scope="module")
def scene(thin_body):
    return BenchmarkScene(RADAR, 4, 2.5, 0.35, body=thin_body)


def test_the_json_has_every_documented_key(result):
    written = json.loads(json.dumps(result))
    ratios = {f"ratio_vs_{name}" for name in ("loop_culled", "loop_unculled", "numpy_direct")}
    assert all(written[name] > 0 for name in ratios)
    rates = ("body_to_if", "motion_to_heatmaps", "peer_points")
    assert all(written["frames_per_s"][name] > 0 for name in rates)
    for method in ("accurate", "fast"):
        assert set(written["error_db"][method]) == {"1", "2.5", "6"}
    assert set(written["peak_mb_above_baseline"]) == {"5s", "60s"}
    settings = written["settings"]
    assert (settings["sigma_rad"], settings["range_m"]) == (0.35, 2.5)
    assert (settings["faces"], settings["visibility_blocks"]) == (938, 1)
    assert written["device"]["gpu"] == "not measured"
    assert {"commit", "machine"} <= set(written)


def test_ratios_are_computed_from_medians(result):
    spent_s = {name: run["median"] for name, run in result["seconds_per_frame"].items() if run}
    expected = spent_s["loop"] / spent_s["body_to_if_unculled"]
    assert result["ratio_vs_loop_unculled"] == pytest.approx(expected)
    assert result["frames_per_s"]["loop"] == pytest.approx(1 / spent_s["loop"])


def test_the_table_names_skipped_measurements(result):
    text = table(result)
    assert "on a GPU: not measured" in text
    assert "not measured for 60s" in text
    assert "on 3 of 64 loops" in text


def test_figures_are_written(result, tmp_path):
    pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install .[viz]")
    series = {
        name: {
            "sizes": [1, 2, 4],
            "frames_per_run": [1, 2, 4],
            **{f"{key}_s": [1.0, 2.0, 4.0] for key in ("median", "least", "most")},
        }
        for name in ("frames", "faces", "antennas", "samples")
    }
    series["frames"]["line"] = growth.fit_line([1, 2, 4], [1.0, 2.0, 4.0])
    errors = {method: {"1": -70.0, "6": -80.0} for method in ("accurate", "fast")}
    found = {**result, "growth": series, "error_db": errors}
    paths = throughput_figures.write_figures(found, tmp_path / "new")
    assert [path.name for path in paths] == [
        f"throughput_{name}.png" for name in ("speed", "error", "growth")
    ]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_a_wrong_result_is_refused_by_name(scene, monkeypatch):
    """A method whose amplitude is wrong by one percent (-40 dB) is named in the error message."""
    right = method_speeds.numpy_direct
    monkeypatch.setattr(method_speeds, "numpy_direct", lambda *given: 1.01 * right(*given))
    with pytest.raises(
        accuracy_checks.WrongResult, match=r"numpy_direct: error -40\.0 dB, bound -75"
    ):
        method_speeds.measure_speeds(scene, 1)


def test_a_result_that_is_not_a_number_is_refused():
    with pytest.raises(accuracy_checks.WrongResult, match="loop: error nan"):
        accuracy_checks.check_errors({"loop": (np.nan, -15.0)})


def test_no_speed_is_shown_beside_a_wrong_result(monkeypatch, capsys):
    def wrong(options):
        raise accuracy_checks.WrongResult("loop: error -3.0 dB")

    monkeypatch.setattr(throughput, "measure", wrong)
    assert throughput.main(OPTIONS) == 1
    printed = capsys.readouterr()
    assert not printed.out
    assert "loop: error -3.0 dB" in printed.err


def test_missing_matplotlib_is_reported_before_anything_is_measured(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(throughput_figures, "matplotlib_available", lambda: False)
    assert throughput.main(["--plot", str(tmp_path)]) == 2
    assert "pip install 'radarsim[viz]'" in capsys.readouterr().err


def test_errors_are_measured_for_every_mode_and_range(thin_body):
    errors = method_speeds.errors_by_range(RADAR, 4, [2.5], 0.35, thin_body)
    assert set(errors) >= {"accurate", "fast"}
    assert all(-150 < found["2.5"] < -60 for found in errors.values())


def test_wrong_heatmaps_are_detected(scene):
    """A cube that is 1 dB stronger than the cube of the heatmaps gives an error of 1 dB."""
    settings = method_speeds.heatmap_settings()
    cube_v, maps = scene.motion_to_cube(settings), scene.motion_to_heatmaps(settings)
    assert accuracy_checks.heatmap_error_db(RADAR, maps, cube_v) < 1e-3  # float32 rounding
    louder = np.asarray(cube_v) * 10 ** (1 / 20)
    assert accuracy_checks.heatmap_error_db(RADAR, maps, louder) == pytest.approx(1.0, abs=1e-3)


def test_the_mean_distance_of_the_subject_is_the_requested_one(scene):
    assert np.mean(scene.span_m) == pytest.approx(2.5, abs=0.02)
    (subject,) = scene.posed.subjects
    distances_m = np.linalg.norm(subject.origin_high_m[..., :2], axis=-1)
    assert distances_m.mean() == pytest.approx(2.5, abs=1e-3)


def test_a_line_is_fitted_with_its_residual():
    fit = growth.fit_line([1, 2, 3, 4], [3.0, 5.0, 7.0, 9.0])
    assert (fit["slope_s"], fit["intercept_s"]) == pytest.approx((2, 1))
    assert (fit["r_squared"], fit["largest_relative_residual"]) == pytest.approx((1, 0))
    assert growth.fit_line([1, 2, 3, 4], [3.0, 5.0, 7.0, 12.0])["r_squared"] < 0.98


@pytest.mark.parametrize(("num_tx", "num_rx"), growth.ANTENNAS)
def test_other_arrays_keep_the_burst_duration_and_are_valid_boards(num_tx, num_rx):
    board = BOARDS[DEFAULT_BOARD]
    radar = growth.with_array(board, num_tx, num_rx)
    assert radar.array.virtual_m.reshape(-1, 3).shape[0] == num_tx * num_rx
    assert radar.burst_duration_s == pytest.approx(board.burst_duration_s)


@pytest.mark.parametrize("num_samples", growth.SAMPLES)
def test_other_numbers_of_samples_keep_the_bandwidth(num_samples):
    board = BOARDS[DEFAULT_BOARD]
    radar = growth.with_samples(board, num_samples)
    assert radar.chirp.num_samples == num_samples
    assert radar.chirp.bandwidth_hz == pytest.approx(board.chirp.bandwidth_hz)


def test_a_series_reports_every_size(scene):
    series = growth.measure_series("samples", {64: scene, 128: scene}, 1)
    assert series["sizes"] == [64, 128]
    assert series["frames_per_run"] == [4, 4]
    assert all(seconds > 0 for seconds in series["median_s"])


def test_peak_memory_covers_every_chunk(thin_body):
    measured = memory_of.measure_peak(0.8, 0.4, 2.5, 0.35, RADAR, thin_body)
    assert measured["pieces"] == 2
    assert measured["peak_mb"] >= measured["baseline_mb"] > 10  # even Python alone needs 10 MB


def test_a_missing_gpu_is_reported(capsys):
    assert throughput.main(["--device", "gpu"]) == 2
    assert "JAX finds no GPU" in capsys.readouterr().err


def test_the_cost_of_a_frame_counts_every_sample_and_visible_face(scene):
    needs = device.minimum_cost_per_frame(scene)
    assert needs["bytes"] == 64 * 12 * 64 * 8
    assert 0 < needs["faces"] < 938
    assert needs["flop"] > 64 * 12 * needs["faces"]


def test_the_gpu_measurement_runs_on_any_device(scene, monkeypatch):
    """With given peak rates, any device yields frame rates and the time for 30 h of motion."""
    monkeypatch.setattr(device, "FRAMES_PER_BATCH", 4)
    monkeypatch.setattr(device, "copy_bytes_per_s", lambda: 1e10)
    monkeypatch.setattr(device, "gemm_flops", lambda: 1e12)
    found = device.measure_device(scene, minutes=4 * scene.radar.frame.period_s / 60)
    assert found["motion_s"] == pytest.approx(4 * scene.radar.frame.period_s)
    rates = found["frames_per_s"]
    assert rates["motion_to_heatmaps"] > 0
    assert found["thirty_hours_s"] == pytest.approx(
        30 * 3600 / scene.radar.frame.period_s / rates["body_to_if"]
    )
    assert "30 h of motion in" in found["summary"]


def test_peak_rates_are_measured():
    assert device.copy_bytes_per_s(1 << 16) > 0
    assert device.gemm_flops(64) > 0


def test_a_skipped_measurement_is_null_not_missing(scene):
    options = throughput.make_parser().parse_args(["--skip", *throughput.OPTIONAL_PARTS])
    found = throughput.measure_optional_parts(options, scene)
    assert found["error_db"]["fast"] == {"1": None, "2.5": None, "6": None}
    assert found["growth"] is None
    assert found["peak_mb_above_baseline"] == {"5s": None, "60s": None}


def test_the_peak_of_a_child_process_excludes_its_parent():
    """The reported peak of a child process must not include the peak memory of its parent.

    On Linux, a child process inherits ru_maxrss from its parent; the benchmark once reported 0 MB
    for this reason.
    """
    held = np.ones(50_000_000)  # 400 MB
    code = "from benchmarks.memory_of import peak_mb; print(peak_mb())"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert held.nbytes / 1e6 > 4 * float(child.stdout) > 0


def test_every_benchmark_command_is_in_the_readme():
    folder = Path(throughput.__file__).parent
    readme = (folder / "README.md").read_text()
    commands = [path.stem for path in folder.glob("*.py") if "__main__" in path.read_text()]
    assert "throughput" in commands
    assert not [name for name in commands if f"python -m benchmarks.{name}" not in readme]
