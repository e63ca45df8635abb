"""Poses read on demand: slices equal the whole array, and need little memory."""

import tracemalloc
import zipfile

import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.files import open_motion, read_motion
from radarsim.scene.formats import npz
from radarsim.scene.formats.amass import PART_KEYS
from radarsim.scene.lazy_poses import LazyPoses
from radarsim.scene.motion import cut_motion

PART_WIDTHS = (3, 63, 3, 6, 90)
WIDTHS = {"smpl": 72, "smplh": 156, "smplx": 165}


@pytest.fixture
def all_are_large(monkeypatch):
    monkeypatch.setattr(npz, "LARGE_BYTES", 0)


def write(path, poses_rad, save=np.savez_compressed, **changes):
    arrays = {"poses": poses_rad, "trans": np.zeros((len(poses_rad), 3)), "mocap_framerate": 120.0}
    save(path, **{key: value for key, value in (arrays | changes).items() if value is not None})
    return path


def some_poses(num_poses=3000, layout="smplh", dtype=np.float64):
    poses_rad = np.random.default_rng(0).normal(0, 0.1, (num_poses, WIDTHS[layout]))
    poses_rad[:, 0] += np.pi / 2  # upright in a z-up world
    return poses_rad.astype(dtype)


class RecordingTable:
    """An array that records which of its rows were read."""

    def __init__(self, values):
        self.values, self.shape, self.read = values, values.shape, []

    def __len__(self):
        return len(self.values)

    def __getitem__(self, rows):
        self.read.append((rows.start, rows.stop))
        return self.values[rows]


@pytest.mark.usefixtures("all_are_large")
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("layout", ["smpl", "smplh", "smplx"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, ">f8"])
def test_a_slice_equals_the_written_poses(tmp_path, save, layout, dtype):
    poses_rad = some_poses(layout=layout, dtype=dtype)
    motion = open_motion(write(tmp_path / "a.npz", poses_rad, save))
    expected = poses_rad.astype(np.float64).reshape(3000, -1, 3)
    assert isinstance(motion.poses_rad, LazyPoses)
    assert motion.poses_rad.shape == expected.shape
    for first, num in ((0, 600), (300, 600), (2500, 900), (10, 5), (0, 1), (12, 1), (2999, 1)):
        part = cut_motion(motion, first, num).poses_rad
        assert part.dtype == np.float64
        np.testing.assert_array_equal(part, expected[first : first + num])
    some = np.array([0, 7, 7, 2999])
    np.testing.assert_array_equal(motion.poses_rad[some], expected[some])
    np.testing.assert_array_equal(read_motion(tmp_path / "a.npz").poses_rad, expected)


@pytest.mark.usefixtures("all_are_large")
def test_pose_arrays_are_concatenated(tmp_path):
    poses_rad = some_poses(layout="smplx")
    parts = np.split(poses_rad, np.cumsum(PART_WIDTHS)[:-1], axis=1)
    path = write(tmp_path / "a.npz", poses_rad, **dict(zip(PART_KEYS, parts)) | {"poses": None})
    motion = open_motion(path)
    assert isinstance(motion.poses_rad, LazyPoses)
    assert motion.layout == "smplx"
    np.testing.assert_array_equal(
        cut_motion(motion, 50, 20).poses_rad.reshape(20, -1), poses_rad[50:70]
    )


@pytest.mark.usefixtures("all_are_large")
def test_a_table_in_column_major_order_is_read_completely(tmp_path):
    poses_rad = np.asfortranarray(some_poses())
    motion = open_motion(write(tmp_path / "a.npz", poses_rad))
    assert isinstance(motion.poses_rad, np.ndarray)
    np.testing.assert_array_equal(motion.poses_rad.reshape(3000, -1), poses_rad)


def test_a_short_file_is_read_completely(tmp_path):
    motion = open_motion(write(tmp_path / "a.npz", some_poses()))
    assert isinstance(motion.poses_rad, np.ndarray)


def test_a_long_file_needs_the_memory_of_a_short_one(tmp_path):
    """A file of 5.6 min SMPL-H (50 MB) is checked, sampled and cut into 5 s windows (0.75 MB)."""
    path = write(tmp_path / "a.npz", np.tile(some_poses(1000), (40, 1)))
    tracemalloc.start()
    motion = open_motion(path)
    motion.poses_rad[np.linspace(0, 39_999, 64).astype(int)]
    for first in range(0, 39_000, 3000):
        assert len(cut_motion(motion, first, 600).poses_rad) == 600
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Of this peak, all translations and masks need 2 MB, and 1,024 poses and their copies 5 MB.
    assert peak < 12e6


def test_overlapping_clips_read_every_pose_once():
    table = RecordingTable(some_poses(2000))
    poses = LazyPoses([table])
    for first in (0, 300, 600, 900):
        poses[0:1]
        np.testing.assert_array_equal(
            poses[first : first + 600].reshape(600, -1), table.values[first : first + 600]
        )
    assert sorted(table.read) == [(0, 1), (0, 600), (600, 900), (900, 1200), (1200, 1500)]


def test_a_change_to_one_slice_does_not_affect_others():
    poses = LazyPoses([some_poses(20)])
    before = poses[0:1].copy(), poses[5:15].copy()
    poses[0:1][:] = 7.0
    poses[5:15][:] = 7.0
    np.testing.assert_array_equal(poses[0:1], before[0])
    np.testing.assert_array_equal(poses[5:15], before[1])


@pytest.mark.usefixtures("all_are_large")
def test_a_damaged_byte_anywhere_in_a_file_is_found_on_opening(tmp_path):
    path = write(tmp_path / "a.npz", some_poses(), np.savez)
    data = bytearray(path.read_bytes())
    data[1_000_000] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(InputError, match="poses: not an npz file, or truncated"):
        open_motion(path)


@pytest.mark.usefixtures("all_are_large")
def test_a_table_that_ends_before_its_last_row_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    write(path, some_poses(30))
    change_poses(path, lambda data: data[:-100])
    with pytest.raises(InputError, match=r"truncated \(the header states 30 rows"):
        open_motion(path)


@pytest.mark.usefixtures("all_are_large")
@pytest.mark.parametrize("count", [b"-3", b"99999999999999999999"])
def test_an_invalid_header_is_refused(tmp_path, count):
    path = write(tmp_path / "a.npz", some_poses(30))
    change_poses(path, lambda data: data.replace(b"(30,", b"(" + count + b",").replace(
        b" " * (len(count) - 2), b"", 1))  # fmt: skip
    with pytest.raises(InputError, match="poses: "):
        open_motion(path)


def change_poses(path, change):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, change(data) if name == "poses.npy" else data)
