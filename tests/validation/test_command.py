"""`radarsim.validate` with a simulated walk and its true motion, static clutter, and bad input."""

import io
import json
from contextlib import redirect_stdout
from dataclasses import replace

import jax
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from builders.activities import perform
from radarsim import files, validate
from radarsim.radar.boards import BOARDS
from radarsim.radar.toml import dump_radar
from radarsim.scene.placement import Placement
from radarsim.scene.scene import Scene
from radarsim.scene.subject import Subject
from radarsim.signal.noise_and_adc import add_thermal_noise, to_codes
from radarsim.validation import run as validation_run
from radarsim.validation.capture_simulation import simulate_motion_on_track
from radarsim.validation.simulated_recording import simulate_echo
from tests.helpers.point_echoes import clutter_v, noise_v

BOARD = BOARDS["AWR1843BOOST"]
# Half the slope and a quarter of the samples give bins of 8.6 cm up to 5.5 m.
# The radar has two transmitters and 32 loops.
RADAR = replace(
    BOARD,
    chirp=replace(
        BOARD.chirp,
        num_samples=64,
        sample_rate_hz=BOARD.chirp.sample_rate_hz / 4,
        slope_hz_per_s=BOARD.chirp.slope_hz_per_s / 2,
    ),
    frame=replace(BOARD.frame, num_chirps=32, tx_order=(0, 1)),
    array=BOARD.array.with_tx((0, 2)),
)
FRAMES = 16
# Metrics with limits that apply if the motion in the capture is not known.
WITHOUT_MOTION = ["level_bias_db", "noise_bias_db", "leakage_headroom_db", "azimuth_fit_share"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with captures of a walk and of static clutter, the walk's motion and the radar."""
    folder = tmp_path_factory.mktemp("captures")
    (folder / "walk.toml").write_text(dump_radar(RADAR))
    motion = perform("walk_forward_and_turn_around", duration_s=2.0)
    poses_rad = np.zeros((motion.num_poses, 52, 3))
    poses_rad[:, :22] = motion.poses_rad[:, :22]
    np.savez(
        folder / "walk.npz", poses=poses_rad.reshape(-1, 156), trans=motion.transl_m,
        mocap_framerate=motion.rate_hz, gender="neutral", betas=np.zeros(16),
    )  # fmt: skip
    walker = Subject(files.read_motion(folder / "walk.npz"), files.free_body(), Placement())
    echo_v = simulate_echo(RADAR, Scene([walker]), FRAMES) + clutter_v(RADAR, FRAMES)
    walk_v = add_thermal_noise(RADAR, jax.numpy.asarray(echo_v), jax.random.key(11))
    files.write_capture(folder / "walk.bin", np.asarray(to_codes(RADAR, walk_v)), RADAR)
    still_v = (clutter_v(RADAR, FRAMES) + noise_v(RADAR, FRAMES)).astype(np.complex64)
    files.write_capture(folder / "still.bin", np.asarray(to_codes(RADAR, still_v)), RADAR)
    return folder


def run(folder, capture, *more):
    """Run the command; return its exit status and the contents of report.json."""
    out = folder / f"report_{capture}"
    radar = ("--radar", str(folder / "walk.toml"))
    status = validate.main(["--real", str(folder / capture), *radar, "--out", str(out), *more])
    return status, json.loads((out / "report.json").read_text())


def checked_names(report):
    """Names of the metrics of a report that were compared with their limits."""
    return [figure["name"] for figure in report["figures"] if figure["passes"] is not None]


@pytest.fixture(scope="module")
def simulations():
    """A list that receives the simulation of `printed_walk`."""
    return []


@pytest.fixture(scope="module")
def printed_walk(folder, simulations):
    """Exit status and report of the walk with its own motion, and the printed text."""

    def recorded(*arguments):
        simulations.append(simulate_motion_on_track(*arguments))
        return simulations[-1]

    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as printed:
        patch.setattr(validation_run, "simulate_motion_on_track", recorded)
        status, report = run(folder, "walk.bin", "--motion", str(folder / "walk.npz"))
    return status, report, printed.getvalue()


@pytest.fixture(scope="module")
def walk(printed_walk):
    return printed_walk[:2]


def test_a_simulated_walk_passes_with_its_own_motion(walk):
    """The two cubes have different noise, and the motion is placed only by means of the track."""
    status, report = walk
    outside = [figure for figure in report["figures"] if figure["passes"] is False]
    assert (status, report["verdict"], outside) == (0, "pass", [])
    assert abs(report["noise_bias_db"]) < 0.3
    assert abs(report["level_bias_db"]) < 1.5


def test_what_was_inferred_from_the_motion_file_is_reported(folder):
    """The report states that a y-up motion file was rotated, even if nothing could be simulated."""
    with np.load(folder / "walk.npz") as file:
        arrays = dict(file)
    lying = Rotation.from_rotvec([-np.pi / 2, 0, 0])
    poses_rad = arrays["poses"].copy()
    poses_rad[:, :3] = (lying * Rotation.from_rotvec(poses_rad[:, :3])).as_rotvec()
    # Joint 0 is not at the origin of a body, but this constant shift does not affect the test.
    np.savez(
        folder / "y_up.npz",
        **arrays | {"poses": poses_rad, "trans": lying.apply(arrays["trans"])},
    )
    _, report = run(folder, "still.bin", "--motion", str(folder / "y_up.npz"))
    assert any(line.startswith("motion: ") and "y" in line for line in report["untold"])


def test_the_report_has_the_documented_keys(walk):
    _, report = walk
    assert set(report["capture"]) >= {
        "frames", "iq_order", "dropped", "clipped_fraction", "noise_floor_dbfs"
    }  # fmt: skip
    assert set(report["targets"][0]) >= {"range_m", "speed_mps", "angle_deg"}
    assert set(report["breathing"]) == {"rate_hz", "displacement_mm"}
    assert set(report["simulation"]) == {"time_doppler", "time_range", "time_angle"}
    for figures in report["simulation"].values():
        assert set(figures) == {"correlation", "ssim"}
    assert set(report) >= {"level_bias_db", "noise_bias_db", "verdict"}


def test_the_walker_is_tracked(walk):
    """The pelvis starts at 3 m; the body surface is nearer by up to the depth of the chest."""
    _, report = walk
    track = report["targets"][0]["over_time"]
    assert report["capture"]["frames"] == FRAMES
    assert 2.6 < track["range_m"][0] < 3.1
    assert track["speed_mps"][0] < -0.8
    assert abs(report["targets"][0]["angle_deg"]) < 6


def test_the_html_report_embeds_its_figures(walk, folder):
    page = (folder / "report_walk.bin" / "report.html").read_text()
    assert page.count("data:image/png;base64,") >= 6
    assert "time-Doppler correlation" in page
    assert 'src="http' not in page


def test_the_text_states_limits_in_plain_units(printed_walk):
    _, _, text = printed_walk
    assert "unambiguous speeds +-6.65 m/s" in text
    assert "98 %" not in text
    assert "other motions" not in text
    (level,) = [line for line in text.splitlines() if "level bias" in line]
    assert level.split()[3:] == ["+-7.9", "dB", "pass"]
    assert text.count("(no limit)") == 4
    assert "Verdict: pass (checked: motion, level, noise, leakage, antenna layout)" in text


def test_static_clutter_has_no_target_and_no_simulation(folder, capsys):
    """Noise and leakage are checked without a target, and the verdict states what was checked."""
    status, report = run(folder, "still.bin")
    assert (status, report["targets"], report["verdict"]) == (0, [], "pass")
    assert report["simulation"]["time_range"]["correlation"] is None
    assert set(checked_names(report)) == {"noise_bias_db", "leakage_headroom_db"}
    text = capsys.readouterr().out
    assert "no moving target" in text
    assert "pass (checked: noise, leakage; motion not checked: no --motion given)" in text


def test_without_the_motion_the_motion_metrics_of_a_walk_are_not_checked(
    folder, walk, simulations, monkeypatch
):
    """The simulation is that of `walk`, whose motion metrics are checked with --motion."""
    monkeypatch.setattr(validation_run, "simulate_tracks", lambda *_: simulations[0])
    status, report = run(folder, "walk.bin")
    assert (status, report["verdict"], checked_names(report)) == (0, "pass", WITHOUT_MOTION)
    assert report["simulation"] == walk[1]["simulation"]


def test_no_radar_is_fitted_to_several_people(folder, walk, simulations, monkeypatch):
    """Noise and leakage are fitted, and the report states why there is no fitted radar."""
    two = replace(simulations[0], scenes=2 * simulations[0].scenes)
    monkeypatch.setattr(validation_run, "simulate_tracks", lambda *_: two)
    monkeypatch.setattr(validation_run, "fit_capture", None)
    out = folder / "report_walk.bin"
    (out / "receiver_profile.toml").unlink(missing_ok=True)
    (out / "fitted_radar.toml").write_text("old")
    _, report = run(folder, "walk.bin", "--fit")
    reason, earlier = [line for line in report["untold"] if line.startswith("fit: ")]
    assert "no radar is fitted to 2 people" in reason
    assert "fitted_radar.toml in the folder of this report was fitted by an earlier run" in earlier
    assert report["fit"] is None
    assert (out / "receiver_profile.toml").exists()
    assert (out / "fitted_radar.toml").read_text() == "old"
    (out / "fitted_radar.toml").unlink()


@pytest.mark.slow
def test_without_the_motion_a_walk_passes_by_level_noise_leakage_and_layout(folder):
    """A synthetic gait does not represent the true motion, so motion metrics are not checked."""
    status, report = run(folder, "walk.bin")
    assert (status, report["verdict"], checked_names(report)) == (0, "pass", WITHOUT_MOTION)
    assert report["simulation"]["time_doppler"]["correlation"] is not None


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (("--radar", "nothing.toml"), "no such board or file"),
        (("--motion", "nothing.npz"), "does not exist"),
        (("--heading-deg", "10"), "--distance-m"),
        (("--sigma", "nan"), "sigma"),
        (("--radar-height-m", "1e9"), "height"),
        (("--distance-m", "0.6"), "closer to the radar than 0.2 m, from 0."),
        (("--distance-m", "0.3", "--lateral-m", "0.8", "--heading-deg", "-69"), "behind the radar"),
        (("--out", "/proc/nothing"), "cannot be created"),
    ],
)
def test_unusable_input_gives_one_error_line_and_status_2(folder, more, text, capsys):
    call = ["--real", str(folder / "walk.bin"), "--radar", str(folder / "walk.toml"), "--out",
            str(folder / "bad"), "--motion", str(folder / "walk.npz"), *more]  # fmt: skip
    assert validate.main(call) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert text in error


def test_without_a_radar_the_file_beside_the_capture_is_used(folder):
    assert files.setup_beside(folder / "walk.bin") == folder / "walk.toml"
    assert files.setup_beside(folder / "still.bin") is None
