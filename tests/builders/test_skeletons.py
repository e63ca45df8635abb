"""`builders.skeletons`: skeletons and motion files become AMASS files that pose the same body."""

import csv
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import zarr
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.transform import Rotation

import radarsim as rs
from builders.amass import main as build
from builders.drawing.skeleton_video import landmark_links
from builders.skeletons import main, usable_parts
from pipelines.store_writer import verify
from radarsim.errors import InputError
from radarsim.scene.body import joint_positions
from radarsim.scene.retarget import fit_to_body
from radarsim.scene.skeleton import PARENTS, REST_JOINTS_M
from radarsim.scene.skeletons.landmarks import mirror_name
from tests.helpers.amass_dataset import RADAR, SHORT_BUILD
from tests.helpers.skeleton_files import csv_text
from tests.helpers.skeleton_truth import BODY, distance_m, walker


def _forward_kinematics(poses_rad, pelvis_m, rest_m) -> np.ndarray:
    """Ten lines of forward kinematics in float64, independent of the package [pose, joint, 3]."""
    world, joints_m = {}, np.zeros((len(poses_rad), len(PARENTS), 3))
    for joint, parent in enumerate(PARENTS):
        local = Rotation.from_rotvec(poses_rad[:, joint])
        world[joint] = local if parent < 0 else world[parent] * local
        joints_m[:, joint] = pelvis_m
        if parent >= 0:
            bone_m = rest_m[joint] - rest_m[parent]
            joints_m[:, joint] = joints_m[:, parent] + world[parent].apply(bone_m)
    return joints_m


def test_a_converted_bvh_file_has_the_joints_of_the_motion(test_data, tmp_path):
    """AMASS poses and `trans`, posed by independent kinematics, give the joints within 5 mm."""
    source = next((test_data / "mocap_walk_bvh").glob("*.bvh"))
    assert main([str(source), "--out", str(tmp_path)]) == 0
    (path,) = tmp_path.glob("*_poses.npz")
    stored = np.load(path)
    assert set(stored) >= {"poses", "trans", "betas", "gender", "mocap_framerate"}
    assert stored["poses"].shape[1] == 156
    motion, again = rs.read_motion(source), rs.read_motion(path)
    for each in (motion, again):
        assert each.stature_m == pytest.approx(motion.stature_m)
    poses_rad = stored["poses"].reshape(-1, 52, 3)[:, :24].astype(float)
    poses_rad[:, 22:] = 0
    pelvis_m = stored["trans"] + np.array([0.0, -0.23, 0.03])
    found_m = _forward_kinematics(poses_rad, pelvis_m, REST_JOINTS_M)
    expected_m = _forward_kinematics(motion.poses_rad, motion.pelvis_m, REST_JOINTS_M)
    assert distance_m(found_m, expected_m).max() < 0.005
    fitted = [fit_to_body(each, BODY) for each in (motion, again)]
    assert fitted[0].body_scale == pytest.approx(fitted[1].body_scale, rel=1e-5)


def test_joints_become_a_file_that_poses_the_same_body(tmp_path):
    """A CSV of joints with a gap of 1.5 s gives two files; the joints agree within 3 cm."""
    truth = walker(num_poses=150)
    points_m = truth.posed.points_m.copy()
    points_m[50:95] = np.nan
    (tmp_path / "lab.csv").write_text(csv_text(points_m).replace("nan", ""))
    out = tmp_path / "out"
    command = [str(tmp_path / "lab.csv"), "--layout", "coco17", "--out", str(out), "--draw"]
    assert main(command) == 0
    assert (out / "lab.png").stat().st_size > 10_000
    with (out / "skeletons.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == ["lab_part0_poses.npz", "lab_part1_poses.npz"]
    assert float(rows[1]["start_s"]) == pytest.approx(95 / 30, abs=0.1)
    motion = rs.read_motion(out / rows[0]["file"])
    fitted = fit_to_body(motion, BODY)
    joints_m = joint_positions(
        BODY, fitted.betas, motion.poses_rad[:, :24], fitted.motion.transl_m, fitted.body_scale
    )
    expected_m = truth.posed.joints_m[: motion.num_poses]
    error_m = np.asarray(joints_m)[:, :9] - expected_m[:, :9]
    # The simulator moves the soles to the floor, which is one constant height.
    error_m = error_m - error_m.mean(axis=(0, 1)) * [0, 0, 1]
    assert np.linalg.norm(error_m, axis=-1).mean() < 0.03


@pytest.mark.slow
@pytest.mark.usefixtures("fast_compilation", "without_workers")
def test_noisy_joints_of_cameras_become_a_store_of_heatmaps(tmp_path):
    """A recording with 2 cm of noise becomes a complete store of one clip that contains an echo.

    The echo of a person a few metres away exceeds the noise by far more than 10 dB.
    """
    truth = walker(num_poses=105)
    noise_m = 0.02 * np.random.default_rng(0).normal(size=truth.posed.points_m.shape)
    (tmp_path / "lab.csv").write_text(csv_text(truth.posed.points_m + noise_m))
    fitted, store = tmp_path / "fitted", tmp_path / "synth.zarr"
    assert main([str(tmp_path / "lab.csv"), "--layout", "coco17", "--out", str(fitted)]) == 0
    (tmp_path / "radar.toml").write_text(RADAR)
    radar = ["--radar", str(tmp_path / "radar.toml")]
    # The store has one clip of 16 frames: a second clip would start 3.2 s later, too near the end.
    short = [*SHORT_BUILD, "--clip-seconds", "1.6", "--min-frames", "16"]
    assert build(["--out", str(store), "--motions", str(fitted), *radar, *short]) == 0
    assert verify(store) == []
    stored = zarr.open_group(store, mode="r")
    assert stored["time_doppler"].shape[0] == 1
    assert stored["time_doppler"][:].max() > 10


def test_a_video_shows_the_joints_and_the_body_in_motion(tmp_path, monkeypatch, capsys):
    """1.2 s of a walk become 12 pictures of 100 ms, in which points and body move.

    The left half contains the red points, and the right half the blue body.
    """
    monkeypatch.setattr("builders.drawing.skeleton_video._DPI", 20)
    monkeypatch.setattr("builders.drawing.skeleton_video._INTERVAL_S", 0.1)
    (tmp_path / "lab.csv").write_text(csv_text(walker(num_poses=36).posed.points_m))
    video, out = str(tmp_path / "fit.gif"), str(tmp_path / "out")
    command = [str(tmp_path / "lab.csv"), "--layout", "coco17", "--out", out, "--video", video]
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines()[0] == video
    with Image.open(video) as file:
        assert (file.n_frames, file.info["duration"]) == (12, 100)
        pictures = []
        for number in (0, 5):  # half a stride apart
            file.seek(number)
            pictures.append(np.asarray(file.convert("RGB"), int))
    red, _, blue = np.moveaxis(pictures[0], -1, 0)
    middle = red.shape[1] // 2
    assert (red - blue > 60)[:, :middle].sum() > 10
    assert (blue - red > 30)[:, middle:].sum() > 100
    assert not (blue - red > 30)[:, :middle].any()
    for half in np.array_split(np.abs(pictures[1] - pictures[0]).max(axis=-1), 2, axis=1):
        assert half.max() > 50


@pytest.mark.parametrize("layout", ["coco17", "cmu41"])
def test_the_lines_of_a_video_connect_all_landmarks_symmetrically(layout):
    """All landmarks are connected along the limbs, equally on both sides."""
    names = walker(layout, num_poses=1).names
    links = landmark_links(BODY, names)
    graph = coo_array((np.ones(len(links)), links.T), shape=(len(names), len(names)))
    assert connected_components(graph, directed=False)[0] == 1
    pairs = {frozenset(names[place] for place in pair) for pair in links}
    if layout == "coco17":
        assert frozenset(("left_knee", "left_ankle")) in pairs
        assert frozenset(("left_ankle", "right_ankle")) not in pairs
    assert {frozenset(map(mirror_name, pair)) for pair in pairs} == pairs


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["a.csv", "--video", "a.gif"], "a.gif: --video: shows a fit to joints or markers; give"),
        (
            ["a.csv", "b.csv", "--layout", "coco17", "--video", "a.gif"],
            "a.gif: --video: shows one recording, not 2; give one file",
        ),
        (
            ["a.csv", "--layout", "coco17", "--video", "a.webm"],
            "a.webm: --video: '.webm' is not a video format; give",
        ),
    ],
)
def test_an_impossible_video_is_refused_before_the_fit(
    tmp_path, monkeypatch, capsys, arguments, line
):
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).touch()
    assert main([*arguments, "--out", "out"]) == 2
    assert capsys.readouterr().err.startswith(line)


def test_parts_shorter_than_a_second_are_left_out():
    valid = np.repeat([True, False, True, False, True], [40, 5, 10, 5, 60])
    assert usable_parts(valid, 30.0) == [slice(0, 40), slice(60, 120)]


def test_an_interrupt_keeps_the_table_of_the_files_that_are_complete(tmp_path, monkeypatch, capsys):
    """Ctrl-C in the second of two files leaves a table with the row of the first file."""
    for name in ("a.bvh", "b.bvh"):
        (tmp_path / name).touch()

    def convert(path, folder):
        if path.stem == "b":
            raise KeyboardInterrupt
        folder.mkdir()
        return [{"file": f"{path.stem}_poses.npz", "duration_s": 2.0}]

    monkeypatch.setattr("builders.skeletons._converter", lambda options: convert)
    out = tmp_path / "out"
    assert main([str(tmp_path / "a.bvh"), str(tmp_path / "b.bvh"), "--out", str(out)]) == 130
    assert "skeletons.csv" in capsys.readouterr().err
    with (out / "skeletons.csv").open(newline="") as file:
        assert [row["file"] for row in csv.DictReader(file)] == ["a_poses.npz"]


def writes(**names):
    """A converter that writes empty files with given names for the stem of each source."""

    def convert(path, folder):
        for name in names[path.stem]:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
            yield {"file": name, "source": path, "duration_s": 2.0}

    return lambda options: convert


def table(folder):
    with (folder / "skeletons.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_files_of_the_same_name_in_two_folders_give_two_files(tmp_path, monkeypatch):
    """The folders below the given folder are kept, and the table states them."""
    for folder in ("a", "b"):
        (tmp_path / "data" / folder).mkdir(parents=True)
        (tmp_path / "data" / folder / "walk.bvh").touch()
    monkeypatch.setattr("builders.skeletons._converter", writes(walk=["walk_poses.npz"]))
    out = tmp_path / "out"
    assert main([str(tmp_path / "data"), "--out", str(out)]) == 0
    names = ["a/walk_poses.npz", "b/walk_poses.npz"]
    assert [row["file"] for row in table(out)] == names
    assert table(out)[0]["source"] == str(tmp_path / "data" / "a" / "walk.bvh")
    assert all((out / name).is_file() for name in names)


def test_files_whose_results_have_the_same_name_are_refused_before_the_first_fit(tmp_path, capsys):
    for name in ("walk.csv", "walk.json"):
        (tmp_path / name).touch()
    out = tmp_path / "out"
    assert main([str(tmp_path), "--layout", "coco17", "--out", str(out)]) == 2
    assert "walk.json: inputs: would give results with the names" in capsys.readouterr().err
    assert not out.exists()


def test_a_rerun_with_other_parts_removes_the_parts_of_the_same_source(tmp_path, monkeypatch):
    """Files of other sources, and files that the table does not list, are kept."""
    for name in ("x.bvh", "y.bvh"):
        (tmp_path / name).touch()
    x, y, out = str(tmp_path / "x.bvh"), str(tmp_path / "y.bvh"), tmp_path / "out"
    parts = {"x": ["x_part0_poses.npz", "x_part1_poses.npz"], "y": ["y_poses.npz"]}
    monkeypatch.setattr("builders.skeletons._converter", writes(**parts))
    assert main([x, y, "--out", str(out)]) == 0
    (out / "x_other.npz").touch()
    monkeypatch.setattr("builders.skeletons._converter", writes(x=["x_poses.npz"]))
    assert main([x, "--out", str(out)]) == 0
    assert {row["file"] for row in table(out)} == {"x_poses.npz", "y_poses.npz"}
    assert {path.name for path in out.glob("*.npz")} == {
        "x_poses.npz",
        "y_poses.npz",
        "x_other.npz",
    }


def test_if_the_fit_of_a_person_fails_the_table_lists_the_other_people(
    tmp_path, monkeypatch, capsys
):
    people = [SimpleNamespace(person=name) for name in ("1", "2", "3")]

    def fit_person(path, folder, sequence, body, options, video):
        if sequence.person == "2":
            raise InputError(path, "points", "is noise", "correct it")
        folder.mkdir(exist_ok=True)
        yield {"file": f"{sequence.person}_poses.npz"}

    monkeypatch.setattr("radarsim.skeleton_files.read_skeletons", lambda *a, **options: people)
    monkeypatch.setattr("builders.skeletons._fit_person", fit_person)
    (tmp_path / "a.csv").touch()
    out = tmp_path / "out"
    assert main([str(tmp_path / "a.csv"), "--layout", "coco17", "--out", str(out)]) == 1
    assert "is noise" in capsys.readouterr().err
    assert [row["file"] for row in table(out)] == ["1_poses.npz", "3_poses.npz"]


def test_errors_give_exit_status_2(tmp_path, capsys):
    (tmp_path / "a.csv").write_text(csv_text())
    assert main([str(tmp_path / "a.csv"), "--out", str(tmp_path / "out")]) == 2
    assert "--layout: missing" in capsys.readouterr().err
    assert main([str(tmp_path), "--layout", "coco18", "--out", str(tmp_path / "out")]) == 2
    assert "coco17" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("subject", [1, 3])
def test_real_kinect_skeletons_are_fitted(test_data, tmp_path, subject):
    """The body fitted to 12 s of a MARS recording has a plausible size and residuals below 2.5 cm.

    The range of the pelvis, in the coordinates of the file, agrees with that of the radar points to
    10 cm RMS, although no constant is fitted.
    """
    folder = test_data / "mars_kinect_radar"
    if not folder.is_dir():
        pytest.skip("RADARSIM_TEST_DATA holds no mars_kinect_radar")
    source = folder / f"s{subject}_kinect_data_validate.csv"
    lines = source.read_text().splitlines()[: 1 + 120]
    (tmp_path / "mars.csv").write_text("\n".join(lines))
    (sequence,) = rs.read_skeletons(tmp_path / "mars.csv", "kinect25", rate_hz=10)
    fit = rs.fit_skeleton(sequence, BODY)
    assert fit.valid.all()
    assert 1.4 < fit.motion.stature_m < 2.0
    assert np.nanmean(fit.residuals_m) < 0.025
    rows = np.genfromtxt(
        folder / f"s{subject}_radar_data_validate.csv", delimiter=",", skip_header=1, max_rows=9000
    )
    first = np.flatnonzero(np.diff(rows[:, 0], prepend=-1))[:121]
    range_m = np.array([np.median(rows[a:b, 3]) for a, b in pairwise(first)])
    difference_m = fit.motion.pelvis_m[: len(range_m), 1] - range_m
    assert np.sqrt((difference_m**2).mean()) < 0.10
    assert 0.8 < fit.origin_height_m < 1.1  # the sensors were 0.95 m above the floor
