"""Input files are found and opened, or rejected with a one-line error."""

import io

import numpy as np
import pytest

from radarsim.errors import InputError
from radarsim.files import (
    find_motions,
    free_body,
    load_body,
    load_radar,
    read_arrays,
    read_motion,
)
from tests.helpers.bvh_samples import bvh_text, moves, person


def write_amass(path, num_poses=30, **changes):
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = dict(
        poses=np.zeros((num_poses, 156)),
        trans=np.zeros((num_poses, 3)),
        betas=np.zeros(16),
        gender="male",
        mocap_framerate=120.0,
    )
    np.savez(path, **(arrays | changes))
    return path


def refusal(call, *args):
    with pytest.raises(InputError) as error:
        call(*args)
    line = str(error.value)
    assert "\n" not in line
    assert str(args[0]) in line
    return line


def test_an_amass_file_is_read_under_its_stem_or_the_name_given(tmp_path):
    path = write_amass(tmp_path / "walk_poses.npz")
    assert read_motion(path).name == "walk_poses"
    assert read_motion(str(path), name="ACCAD/walk").name == "ACCAD/walk"


def test_a_rate_that_contradicts_the_file_is_not_used_and_noted(tmp_path):
    skeleton = person()
    bvh = tmp_path / "walk.bvh"
    bvh.write_text(bvh_text(skeleton, *moves(skeleton)))
    motion = read_motion(bvh)
    assert read_motion(bvh, rate_hz=motion.rate_hz * 1.00001).notes == motion.notes
    other = read_motion(bvh, rate_hz=25)
    assert (other.rate_hz, len(other.notes)) == (motion.rate_hz, len(motion.notes) + 1)
    assert (
        other.notes[-1] == f"25 poses per second are not used: the file states {motion.rate_hz:g}"
    )


def test_a_person_that_a_bvh_file_does_not_contain_is_refused(tmp_path):
    skeleton = person()
    bvh = tmp_path / "walk.bvh"
    bvh.write_text(bvh_text(skeleton, *moves(skeleton)))
    with pytest.raises(InputError, match=r"walk\.bvh: person: holds one person; name none"):
        read_motion(bvh, person="anna")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"up": "w"}, "options: up: is 'w'; use auto or x, y, z"),
        ({"rate_hz": -1}, "options: rate_hz: is -1 Hz"),
    ],
)
def test_an_invalid_option_of_a_bvh_file_is_refused(tmp_path, option, message):
    skeleton = person()
    bvh = tmp_path / "walk.bvh"
    bvh.write_text(bvh_text(skeleton, *moves(skeleton)))
    with pytest.raises(InputError, match=message):
        read_motion(bvh, **option)


@pytest.mark.parametrize("keep", [0, 10, 1000, 20000])
def test_a_truncated_file_is_refused(tmp_path, keep):
    path = write_amass(tmp_path / "a_poses.npz")
    path.write_bytes(path.read_bytes()[:keep])
    assert "not an npz file, or truncated" in refusal(read_motion, path)


def test_a_damaged_byte_is_found_by_the_checksum(tmp_path):
    path = write_amass(tmp_path / "a_poses.npz")
    data = bytearray(path.read_bytes())
    data[5000] ^= 0xFF
    path.write_bytes(data)
    assert "poses: not an npz file, or truncated" in refusal(read_motion, path)


def test_other_files_called_npz_are_refused(tmp_path):
    text, array = tmp_path / "text.npz", tmp_path / "array.npz"
    text.write_text("this is no archive")
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(5))
    array.write_bytes(buffer.getvalue())
    assert "not an npz file" in refusal(read_motion, text)
    assert "not an npz file" in refusal(read_motion, array)


def test_pickled_objects_are_never_loaded(tmp_path):
    path = write_amass(tmp_path / "a_poses.npz", poses=np.array([{"evil": 1}], dtype=object))
    assert "poses: holds Python objects" in refusal(read_motion, path)


def test_object_arrays_that_are_not_requested_do_not_matter(tmp_path):
    """Published SMPL-X files contain marker labels as object arrays."""
    path = write_amass(tmp_path / "a_stageii.npz", labels_obs=np.array([["a"], None], dtype=object))
    assert read_motion(path).num_poses == 30


def test_a_mesh_sequence_is_not_accepted_as_a_motion(tmp_path):
    path = tmp_path / "mesh.npz"
    np.savez(path, vertices=np.zeros((3, 4, 3)), faces=np.zeros((1, 3), int))
    assert "this is a mesh sequence" in refusal(read_motion, path)


@pytest.mark.parametrize("name", ["nothing.npz", "walk.fbx"])
def test_a_missing_file_or_another_format_is_refused(tmp_path, name):
    path = tmp_path / name
    if path.suffix == ".fbx":
        path.write_text("")
        assert "'.fbx' is not a supported motion format" in refusal(read_motion, path)
    else:
        assert "does not exist" in refusal(read_motion, path)


def test_an_amass_folder_is_searched_in_order_and_other_files_are_counted(tmp_path):
    for name in ("KIT/3/run_poses.npz", "ACCAD/s2/a_stageii.npz", "ACCAD/s10/b_poses.npz"):
        write_amass(tmp_path / name)
    np.savez(tmp_path / "ACCAD" / "s2" / "shape.npz", betas=np.zeros(16))
    np.savez(tmp_path / "ACCAD" / "s2" / "neutral_stagei.npz", betas=np.zeros(16))
    (tmp_path / "ACCAD" / "LICENSE.txt").write_text("terms")
    (tmp_path / "ACCAD" / "._b_poses.npz").write_bytes(b"\0")
    (tmp_path / "walk.bvh").write_text("")
    found = find_motions(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        "ACCAD/s10/b_poses.npz",
        "ACCAD/s2/a_stageii.npz",
        "KIT/3/run_poses.npz",
        "walk.bvh",
    ]
    assert found.skipped == {"shape file": 2, "other file": 2}


def test_files_behind_a_cyclic_link_are_found_once(tmp_path):
    write_amass(tmp_path / "disk" / "a_poses.npz")
    (tmp_path / "amass").mkdir()
    (tmp_path / "amass" / "ACCAD").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "back").symlink_to(tmp_path / "amass")
    assert [path.name for path in find_motions(tmp_path / "amass")] == ["a_poses.npz"]


def test_a_single_file_gives_a_list_of_one(tmp_path):
    path = write_amass(tmp_path / "a_poses.npz")
    assert find_motions(path) == [path]


def test_a_folder_without_motion_is_refused_with_a_count_of_its_files(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    assert "holds no motion (1 other file)" in refusal(find_motions, tmp_path)


def test_only_the_requested_arrays_are_read(tmp_path):
    path = write_amass(tmp_path / "a.npz")
    assert sorted(read_arrays(path, ("poses", "nothing"))) == ["poses"]


def test_a_radar_is_a_board_or_a_file(tmp_path):
    radar = load_radar("AWR1843BOOST")
    assert radar.name == "AWR1843BOOST"
    path = tmp_path / "mine.toml"
    path.write_text('board = "AWR1843BOOST"\n')
    assert load_radar(path).chirp == radar.chirp
    assert "radar: no such board or file; The boards are " in refusal(load_radar, "GIZMO")


def test_a_missing_body_model_is_refused(tmp_path):
    assert "there is no such folder" in refusal(load_body, tmp_path / "SMPL_NEUTRAL.npz")


def test_the_free_body_is_included_in_the_package():
    assert free_body().layout == "smpl"
