"""The BVH parser: parsed contents, and line numbers in error messages."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from radarsim.errors import InputError
from radarsim.scene.formats.bvh_parser import read_clip

SMALL = """HIERARCHY
ROOT Hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Bip01 L Thigh
  {
    OFFSET 1 2 3
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 -1 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.008333
1 2 3 10 20 30 40 50 60
1 2 4 11 21 31 41 51 61
"""


def test_a_small_file_is_read_as_written():
    clip = read_clip(SMALL, "a.bvh")
    assert clip.names == ["Hips", "Bip01 L Thigh", ""]
    assert clip.parents == [-1, 0, 1]
    assert clip.offsets == [(0, 0, 0), (1, 2, 3), (0, -1, 0)]
    assert clip.rate_hz == 120.0
    assert clip.values[1].tolist() == [1, 2, 4, 11, 21, 31, 41, 51, 61]


def test_rotation_channels_apply_from_left_to_right():
    """Rotations about the rotated Z, X and Y axes, in this order, give the product Rz Rx Ry."""
    _, rotations = read_clip(SMALL, "a.bvh").local_motion()
    z, x, y = (
        Rotation.from_euler(axis, angle, degrees=True)
        for axis, angle in (("z", 40), ("x", 50), ("y", 60))
    )
    np.testing.assert_allclose(rotations[1][0].as_matrix(), (z * x * y).as_matrix(), atol=1e-12)
    assert rotations[2].magnitude().max() == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n{", " {").replace("}\n", "} "),
        lambda text: text + "\n\n",
        lambda text: text.replace("Frame Time:", "Frame  Time :").replace("End Site", "END SITE"),
        lambda text: text.replace("  ", "\t"),
    ],
)  # fmt: skip
def test_whitespace_does_not_matter(change):
    clip = read_clip(change(SMALL), "a.bvh")
    assert clip.names == ["Hips", "Bip01 L Thigh", ""]
    np.testing.assert_array_equal(clip.values, read_clip(SMALL, "a.bvh").values)


def test_positions_of_other_joints_replace_offsets_unless_they_are_all_zero():
    text = SMALL.replace("CHANNELS 3 Z", "CHANNELS 6 Xposition Yposition Zposition Z")
    text = text.replace("30 40 50", "30 5 6 7 40 50").replace("31 41 51", "31 5 6 8 41 51")
    offsets, _ = read_clip(text, "a.bvh").local_motion()
    np.testing.assert_array_equal(offsets[:, 1], [[5, 6, 7], [5, 6, 8]])
    text = text.replace("5 6 7", "0 0 0").replace("5 6 8", "0 0 0")
    offsets, _ = read_clip(text, "a.bvh").local_motion()
    np.testing.assert_array_equal(offsets[:, 1], [[1, 2, 3], [1, 2, 3]])


def test_a_chunk_uses_position_channels_that_are_nonzero_elsewhere_in_the_file():
    """Zeros in a chunk are read as positions, as they are when the whole file is read."""
    text = SMALL.replace("CHANNELS 3 Z", "CHANNELS 6 Xposition Yposition Zposition Z")
    text = text.replace("30 40 50", "30 0 0 0 40 50").replace("31 41 51", "31 5 6 8 41 51")
    whole, _ = read_clip(text, "a.bvh").local_motion()
    chunks = [chunk.local_motion()[0] for chunk in read_clip(text, "a.bvh").chunks(1)]
    np.testing.assert_array_equal(np.concatenate(chunks), whole)
    np.testing.assert_array_equal(whole[:, 1], [[0, 0, 0], [5, 6, 8]])


def test_a_hinge_with_one_channel_is_allowed():
    text = SMALL.replace(
        "CHANNELS 3 Zrotation Xrotation Yrotation\n    End", "CHANNELS 1 Xrotation\n    End"
    )
    text = text.replace("40 50 60", "90").replace("41 51 61", "90")
    _, rotations = read_clip(text, "a.bvh").local_motion()
    np.testing.assert_allclose(rotations[1].as_rotvec(), [[np.pi / 2, 0, 0]] * 2, atol=1e-12)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("HIERARCHY", "HIERARCHIE", "line 1: 'HIERARCHY' expected"),
        ("OFFSET 1 2 3", "OFFSET 1 2", "line 8: 3 numbers expected, found '1 2'"),
        ("OFFSET 1 2 3", "OFFSET 1 2 x", "line 8: 3 numbers expected"),
        ("OFFSET 1 2 3", "OFSET 1 2 3", "line 8: 'OFSET 1 2 3' is not part of a skeleton"),
        ("CHANNELS 3", "CHANNELS 4", "line 9: CHANNELS '4 Z"),
        ("CHANNELS 3 Zrotation", "CHANNELS 3 Wrotation", "line 9: CHANNELS"),
        ("CHANNELS 3 Zrotation", "CHANNELS 3 Xrotation", "line 9: CHANNELS rotate about XXY"),
        ("}\n}\nMOTION", "}\nMOTION", "line 15: 'MOTION' is not part of a skeleton"),
        ("MOTION", "ROOT B\n{\n}\nMOTION", "a second skeleton; only one subject per file is"),
        ("MOTION", "ROOT B\n{\n}\nMOTION", "supported; keep one ROOT and its columns, or"),
        ("JOINT Bip01 L Thigh\n  {", "JOINT Bip01 L Thigh", "line 7: '{' expected, found 'OFFSET"),
        ("CHANNELS 6 X", "NO 6 X", "line 5: 'NO 6 X"),
        ("Frames: 2", "Frames: 2.5", "line 17: Frames 2.5 is not a number of poses"),
        ("Frames: 2", "Frames: nan", "line 17: Frames nan is not a number of poses"),
        ("Frames: 2", "Frames: -2", "line 17: Frames -2 is not a number of poses"),
        ("Frames: 2", "Frames: many", "line 17: a number expected, found 'many'"),
        ("Frame Time: 0.008333", "Frame Time: 0", "line 18: Frame Time 0 s, limits"),
        ("Frame Time: 0.008333", "", "line 19: 'Frame Time:' expected"),
        ("41 51 61", "41 51", "line 20: 8 values, but the skeleton has 9 channels"),
        ("41 51 61", "41 51 q", "line 20: a number expected, found 'q'"),
        ("41 51 61", "41 51 61 71", "line 20: 10 values, but the skeleton has 9 channels"),
        ("20 30 40", "20\n30 40 50 60 70", "line 19: 5 values, but the skeleton has 9 channels"),
        ("Frames: 2", "Frames: 3", "Frames: is 3, but 2 rows follow"),
        ("Frames: 2", "Frames: 1", "Frames: is 1, but 2 rows follow"),
    ],
)
def test_an_error_names_its_line(old, new, message):
    with pytest.raises(InputError) as error:
        read_clip(SMALL.replace(old, new, 1), "a.bvh")
    assert str(error.value).startswith("a.bvh: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("num_poses", [0, 1])
def test_fewer_than_two_poses_are_refused(num_poses):
    lines = SMALL.replace("Frames: 2", f"Frames: {num_poses}").splitlines()
    with pytest.raises(InputError, match=f"Frames: {num_poses} poses, but a motion needs"):
        read_clip("\n".join(lines[: 18 + num_poses]), "a.bvh")


@pytest.mark.parametrize("num_lines", range(1, 19))
def test_a_file_truncated_anywhere_is_refused(num_lines):
    with pytest.raises(InputError, match=r"a\.bvh: (line \d+|Frames): "):
        read_clip("\n".join(SMALL.splitlines()[:num_lines]), "a.bvh")


@pytest.mark.parametrize("text", ["", "\n\n", "PK\x03\x04 binary \x00", "{}{}{}"])
def test_text_of_another_format_is_refused(text):
    with pytest.raises(InputError, match=r"a\.bvh: line \d+: "):
        read_clip(text, "a.bvh")


def test_any_white_space_separates_words():
    """Tabs, line ends and other whitespace separate words, also in names, labels and rows."""
    rng = np.random.default_rng(3)
    wanted = read_clip(SMALL, "a.bvh")
    blanks = [" ", "\t", "  ", "\n", "\r\n", " \t\n", "\u00a0", "\r", "\v", "\f", "\u2003"]
    header, rows = SMALL.split("Frame Time:")
    for _ in range(60):
        words = header.split()
        text = "".join(word + rng.choice(blanks) for word in words) + "Frame Time:"
        text += "".join(rng.choice(blanks) + word for word in rows.split())
        clip = read_clip(text, "a.bvh")
        assert (clip.names, clip.offsets) == (wanted.names, wanted.offsets)
        assert clip.channels == wanted.channels
        np.testing.assert_array_equal(clip.values, wanted.values)


def test_a_joint_may_be_called_by_a_keyword_or_not_at_all():
    text = SMALL.replace("ROOT Hips", "ROOT Root").replace("Bip01 L Thigh", "End")
    assert read_clip(text, "a.bvh").names == ["Root", "End", ""]
    assert read_clip(SMALL.replace("Bip01 L Thigh", ""), "a.bvh").names == ["Hips", "joint1", ""]
    assert read_clip(SMALL.replace("End Site", "End Site Toe"), "a.bvh").names[2] == ""


def test_rows_beyond_the_stated_number_cost_a_note():
    clip = read_clip(SMALL + "1 2 5 12 22 32 42 52 62\n1 2\nthe end\n", "a.bvh")
    np.testing.assert_array_equal(clip.values, read_clip(SMALL, "a.bvh").values)
    assert clip.notes == ("Frames is 2, but 5 rows follow: the last 3 not used",)
    assert read_clip(SMALL, "a.bvh").notes == ()


def test_rows_on_one_line_are_counted_like_others():
    text = SMALL.replace("60\n1 2 4", "60 1 2 4")
    np.testing.assert_array_equal(read_clip(text, "a.bvh").values, read_clip(SMALL, "a.bvh").values)
    assert "the last 1 not used" in read_clip(text + "1 " * 18, "a.bvh").notes[0]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("0", "Frame Time is in seconds per pose; if the recording has 30 poses per second, write"),
        ("1", "Frame Time is in seconds per pose; if the recording has 30 poses per second, write"),
        ("-0.03", "Frame Time is in seconds per pose; if"),
        ("nan", "Frame Time is in seconds per pose; if"),
        ("2000", "Frame Time is in seconds per pose; if"),
        ("30", "30 looks like poses per second: write 0.0333333"),
        ("120.0", "120 looks like poses per second: write 0.00833333"),
        ("33.3333", "33.3333 looks like milliseconds: write 0.0333333"),
        ("8.333", "8.333 looks like milliseconds: write 0.008333"),
        ("0,0333333", "write decimal points instead of commas"),
        ("1/30", "line 18: a number expected, found '1/30'; Frame Time is in seconds per pose"),
    ],
)
def test_a_frame_time_out_of_range_comes_with_the_value_to_write(value, hint):
    with pytest.raises(InputError, match="line 18: ") as error:
        read_clip(SMALL.replace("0.008333", value), "a.bvh")
    assert hint in str(error.value)


@pytest.mark.parametrize(("old", "new"), [("OFFSET 1 2 3", "OFFSET 1 2,5 3"), ("50 60", "50 6,5")])
def test_decimal_commas_are_named(old, new):
    with pytest.raises(InputError, match="write decimal points instead of commas"):
        read_clip(SMALL.replace(old, new), "a.bvh")
