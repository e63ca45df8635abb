"""Recordings: export as board files and import, labels, and invalid input."""

import csv
import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import zarr

from builders import amass, check, dca1000, draw, recordings
from builders.building.dca1000_export import capture_file_name, require_adc_codes
from builders.sources.recording_labels import read_labels
from pipelines.cube_arrays import arrays_of_cube
from pipelines.plan import Clip, make_plan
from pipelines.recipe import Clips, Keep, Recipe
from pipelines.recordings import RecordedTake, select_recorded_clips
from pipelines.run import build
from pipelines.schema import HEATMAPS
from pipelines.sources import Text
from pipelines.store_checks import find_problems
from pipelines.store_reader import Store
from pipelines.store_spec import make_store_spec
from radarsim.captures.dca1000_codec import from_complex
from radarsim.errors import InputError
from radarsim.files import load_setup, open_capture, write_capture
from radarsim.radar.capture_format import CaptureFormat
from radarsim.radar.toml import dump_radar
from radarsim.signal.noise_and_adc import from_codes
from tests.helpers.pipeline_fakes import FakeTake
from tests.helpers.synthetic_captures import echo, small_radar
from tests.helpers.ti_configurations import CFG

pytestmark = pytest.mark.usefixtures("fast_compilation")

QUICK = ["--clip-seconds", "3.2", "--stride-seconds", "3.2", "--quiet"]
KEPT = ("points", "range_doppler", "range_azimuth")
MADE = small_radar(num_chirps=24, tx_order=(0, 2), num_samples=32)


def made_clip(recipe, clip, take, *, keep_cubes=True):
    """Return the arrays of a synthetic echo, in the format of a simulated clip."""
    cube = echo(recipe.radar, recipe.num_frames, seed=clip.row)
    cube_v = from_codes(recipe.radar, from_complex(CaptureFormat(), cube))
    return arrays_of_cube(recipe, clip, cube_v, keep_cubes=keep_cubes)


def made_store(path, if_cubes="on"):
    """Build a store with two clips of two subjects, in this process."""
    keep = Keep(if_cubes=if_cubes, **dict.fromkeys(KEPT, True))
    recipe = Recipe(radar=MADE, clips=Clips(length_s=3.2), keep=keep, seed=3, body="none")
    clips, takes = [], {}
    for name, caption in (("anna", "walks"), ("ben", "sits down, then waits")):
        texts = (
            Text(caption=caption.split()[0], source="test", kind="label"),
            Text(caption=caption, source="test", start_s=0.0, end_s=3.2),
        )
        take = FakeTake(id=f"test/{name}", subject=name, texts=texts)
        takes[take.id] = take
        clips.append(
            Clip(
                id=f"{take.id}@0.00s.0",
                take=take.id,
                source=take.source,
                licence=take.licence,
                subject=name,
                num_frames=recipe.num_frames,
            )
        )
    plan = make_plan(recipe, clips)
    stage = partial(made_clip, keep_cubes=if_cubes == "on")
    build(plan, takes, str(path), make_store_spec(plan, takes), stage, workers=0, quiet=True)
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A small store, its clips exported as board files, and a store imported from these files."""
    root = tmp_path_factory.mktemp("recordings")
    made_store(root / "made.zarr")
    assert dca1000.main([str(root / "made.zarr"), "--out", str(root / "board")]) == 0
    again = ["--captures", str(root / "board"), "--labels", str(root / "board" / "labels.csv")]
    again += ["--radar", str(root / "board" / "radar.toml"), "--out", str(root / "again.zarr")]
    assert recordings.main([*again, *QUICK, "--workers", "1", "--keep", *KEPT]) == 0
    return root


def rows_of(place):
    """The simulated store, the imported store, and pairs of rows that contain the same clip."""
    made, again = Store(place / "made.zarr"), Store(place / "again.zarr")
    found = {clip.take.split("/")[1]: row for row, clip in again.clips.items()}
    return (
        made,
        again,
        [(row, found[capture_file_name(clip)[:-4]]) for row, clip in made.clips.items()],
    )


def test_recordings_of_a_simulation_equal_that_simulation(place):
    """ADC codes are bit-identical; heatmaps, which use the same code, agree to rounding."""
    made, again, rows = rows_of(place)
    assert len(rows) == 2
    for row, copy in rows:
        for name in ("if_cube", "num_frames", "num_columns", "num_points"):
            np.testing.assert_array_equal(again.array(name, copy), made.array(name, row), name)
        for name in (*HEATMAPS, *KEPT[1:]):
            ours, theirs = again.array(name, copy), made.array(name, row)
            # A worker and this process split sums differently; one float16 step, 2^-10, is allowed.
            np.testing.assert_allclose(
                ours.astype(float), theirs.astype(float), rtol=2**-10, atol=1e-3, err_msg=name
            )
        ranges_m = [store.array("points", at)[..., 0] for store, at in ((again, copy), (made, row))]
        assert np.isfinite(ranges_m[0]).any()
        np.testing.assert_allclose(*ranges_m, atol=1e-3)  # of the bin width of 0.3 m


def test_both_stores_have_the_same_axes_and_captions(place):
    made, again, rows = rows_of(place)
    for name, values in made.axes().items():
        np.testing.assert_array_equal(again.axes()[name], values)
    for row, copy in rows:
        assert again.caption(copy) == made.caption(row) != ""
        assert again.clips[copy].subject == made.clips[row].subject
    assert find_problems(again) == []


def test_a_recorded_store_is_marked_and_has_no_placements(place):
    again = Store(place / "again.zarr")
    assert again.attributes["recorded"] is True
    assert all(np.isnan(clip.distance_m) for clip in again.clips.values())


def test_the_board_folder_has_setups_for_other_tools(place):
    """radar.toml, and the Studio file as far as its format allows, describe the simulated radar."""
    made = Store(place / "made.zarr")
    ours = load_setup(place / "board" / "radar.toml")
    studio = load_setup(place / "board" / "radar.mmwave.json")
    assert ours.radar == made.recipe.radar
    assert studio.radar.chirp == ours.radar.chirp
    assert studio.radar.frame == ours.radar.frame
    assert studio.radar.array == ours.radar.array
    assert studio.capture_format.iq_order == ours.capture_format.iq_order == "i_first"
    device = json.loads((place / "board" / "radar.mmwave.json").read_text())["mmWaveDevices"][0]
    assert device["rfConfig"]["rlChanCfg_t"]["txChannelEn"] == "0x5"  # the masks of TX1 and TX3


def test_board_files_have_the_codes_of_the_store_in_either_iq_order(place, tmp_path):
    made = Store(place / "made.zarr")
    arguments = [str(place / "made.zarr"), "--out", str(tmp_path), "--clip", "1"]
    assert dca1000.main([*arguments, "--iq-order", "q_first"]) == 0
    (path,) = tmp_path.glob("*.bin")
    capture = open_capture(path, tmp_path / "radar.toml")
    assert capture.iq_order == "q_first"
    codes = zarr.open_group(made.path, mode="r")["if_cube"][1]
    np.testing.assert_array_equal(capture.read_codes(0, capture.num_frames), codes)


def test_a_store_without_codes_cannot_be_exported_as_board_files(tmp_path, capsys):
    made_store(tmp_path / "a.zarr", "off")
    assert dca1000.main([str(tmp_path / "a.zarr"), "--out", str(tmp_path / "b")]) == 2
    assert "build it with --if-cubes on" in capsys.readouterr().err


@pytest.fixture
def captures(tmp_path):
    """Two captures of 40 frames, one of which has a radar file."""
    radar = small_radar(num_chirps=16, num_samples=32)
    for name in ("a", "b"):
        write_capture(tmp_path / f"{name}.bin", echo(radar, 40), radar)
    (tmp_path / "a.toml").write_text(dump_radar(radar))
    return tmp_path


def table(captures, *rows, columns="file,label,caption,start_s,end_s,subject"):
    path = captures / "labels.csv"
    path.write_text("\n".join([columns, *rows]) + "\n")
    return str(path)


def test_rows_of_one_capture_and_subject_are_one_take(captures):
    labels = table(
        captures,
        "a.bin,walking,,0,1.5,anna",
        'a.bin,,"sits down, then waits",1.5,,anna',
        "a.bin,standing,,,,ben",
    )
    anna, ben = read_labels(labels, str(captures), None)
    assert [text.kind for text in anna.texts] == ["label", "sentence"]
    assert anna.texts[1].caption == "sits down, then waits"
    assert (anna.texts[1].start_s, anna.texts[1].end_s) == (1.5, None)
    assert anna.setup == str(captures / "a.toml")
    assert ben.id == "recordings/a/ben"


def test_clips_are_inside_their_time_spans_and_start_at_frames(place, captures):
    labels = table(captures, "a.bin,walking,,0.25,3.95,anna", "a.bin,short,,0,0.4,anna")
    (take,) = read_labels(labels, str(captures), None)
    recipe = Store(place / "again.zarr").recipe
    recipe = replace(
        recipe,
        radar=take.capture().radar,
        clips=replace(recipe.clips, length_s=1.7, stride_s=1.0, min_frames=2),
    )
    found = select_recorded_clips(recipe, take)
    starts = [round(clip.start_s, 6) for clip in found.clips]
    assert starts == [0.3, 1.3, 2.3]  # a column needs 256 loops: 16 frames of 16
    assert [clip.num_frames for clip in found.clips] == [17, 17, 16]
    assert [note.cause for note in found.notes] == ["labelled time spans too short for a clip"]


def test_a_capture_of_another_radar_is_left_out_and_named(place, captures):
    labels = table(captures, "a.bin,walking,,,,anna")
    (take,) = read_labels(labels, str(captures), None)
    found = select_recorded_clips(Store(place / "again.zarr").recipe, take)
    assert found.clips == ()
    assert "a store has the axes of one radar" in found.notes[0].line


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("c.bin,walking,,0,1,anna", "c.bin does not exist"),
        ("b.bin,walking,,0,1,anna", "radar: of b.bin is unknown"),
        ("a.bin,walking,,0,1,", "subject: is empty"),
        ("a.bin,,,0,1,anna", "label: is empty, and so is caption"),
        ("a.bin,walking,,soon,1,anna", "start_s: is 'soon'"),
        ("a.bin,walking,,2,1,anna", "end_s: is 1 s, not later than start_s = 2 s"),
        ("../a.bin,walking,,0,1,anna", "give a path relative to --captures"),
        ("a.bin,walking,,0,1,anna,7", "more values than columns"),
    ],
)
def test_an_invalid_row_is_reported_with_its_line(captures, row, message):
    labels = table(captures, "a.bin,standing,,0,1,ben", row)
    with pytest.raises(InputError, match=r"labels\.csv, line 3") as refused:
        read_labels(labels, str(captures), None)
    assert message in str(refused.value)


def test_a_table_without_its_columns_is_refused(captures):
    with pytest.raises(InputError, match="subject: column is missing"):
        read_labels(table(captures, columns="file,label"), str(captures), None)
    with pytest.raises(InputError, match="lable: is not a known column"):
        read_labels(table(captures, columns="file,subject,lable"), str(captures), None)


def test_a_changed_capture_has_another_checksum(captures):
    (take,) = read_labels(table(captures, "a.bin,walking,,,,anna"), str(captures), None)
    before = take.sha256()
    content = bytearray((captures / "a.bin").read_bytes())
    content[100] ^= 1
    (captures / "a.bin").write_bytes(content)
    assert take.sha256() != before


def test_the_command_reports_clips_that_are_too_short(captures, capsys):
    labels = table(captures, "a.bin,walking,,,,anna")
    arguments = ["--captures", str(captures), "--labels", labels, "--out", str(captures / "x.zarr")]
    assert recordings.main([*arguments, "--clip-seconds", "1", "--min-frames", "5"]) == 2
    error = capsys.readouterr().err
    assert "a heatmap column needs 256 loops; give clips of at least 1.6 s" in error
    assert "(--clip-seconds 1.6)" in error


def test_a_recording_is_one_capture_and_has_no_motion(captures):
    take = RecordedTake(path="a.bin", setup="AWR1843BOOST", id="a", subject="s", texts=())
    with pytest.raises(InputError, match="is a capture"):
        take.load()


def test_labels_exported_with_board_files_are_a_csv_table(place):
    with open(place / "board" / "labels.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["subject"] for row in rows} == {"anna", "ben"}
    assert all((place / "board" / row["file"]).is_file() for row in rows)


def test_the_builder_keeps_codes_if_it_writes_board_files():
    table = {"keep": {"motion": True}, "radar": ["AWR1843BOOST"]}
    require_adc_codes(table)
    assert table["keep"] == {"if_cubes": "on", "motion": True}
    with pytest.raises(InputError, match="needs exactly one radar"):
        require_adc_codes({"radar": ["AWR1843BOOST", "IWR6843ISK"]})


def test_the_builder_refuses_board_files_of_several_radars(tmp_path, capsys):
    radars = ["--radar", "AWR1843BOOST", "IWR6843ISK", "--dca1000", str(tmp_path / "board")]
    assert amass.main(["--out", str(tmp_path / "a.zarr"), *radars]) == 2
    assert "needs exactly one radar" in capsys.readouterr().err


def test_commands_report_that_a_recording_has_no_motion(place, tmp_path, capsys):
    """A recording has no body, so it cannot be simulated again."""
    store = str(place / "again.zarr")
    assert draw.main([store, "--clip", "0", "--out", str(tmp_path / "clip.png")]) == 0
    assert "recording without motion capture" in capsys.readouterr().out
    assert check.main([store, "--rebuild", "0", "--quiet"]) == 2
    assert "the store holds recordings" in capsys.readouterr().err


def test_a_guessed_board_is_stated_with_the_plan_and_in_the_report(tmp_path):
    """The configuration names only the chip, so a board with this chip is assumed."""
    from radarsim.validation.analysis import CaptureAnalysis
    from radarsim.validation.report import limitations

    setup, path = tmp_path / "walk.cfg", tmp_path / "walk.bin"
    setup.write_text(CFG.replace("1 256 4400", "1 32 4400"))
    radar = load_setup(setup).radar
    write_capture(path, echo(radar, 32), radar)
    text = (Text(caption="walks", source="test", kind="label"),)
    take = RecordedTake(path=str(path), setup=str(setup), id="a", subject="anna", texts=text)
    recipe = Recipe(radar=radar, clips=Clips(length_s=3.2), body="none")
    guess = load_setup(setup).board_guess
    assert guess.startswith("board: AWR1843BOOST is assumed")
    assert f"{setup}: {guess}" in select_recorded_clips(recipe, take).findings
    # The analysis does not affect the line about the board, so an empty analysis suffices.
    assert guess in limitations(take.capture(), object.__new__(CaptureAnalysis))
