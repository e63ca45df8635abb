"""Tests of the names of takes that follow from a label table of recordings."""

import pytest

from builders.sources.recording_labels import read_labels
from radarsim.errors import InputError


def takes_of(folder, *files):
    rows = [f"{file},walking,anna" for file in files]
    (folder / "labels.csv").write_text("\n".join(("file,label,subject", *rows)))
    (folder / "day").mkdir()
    for name in ("walk.bin", "walk.pcap", "day/walk.bin"):
        (folder / name).touch()
    return read_labels(str(folder / "labels.csv"), str(folder), "AWR1843BOOST")


def test_a_file_written_in_two_ways_is_one_take(tmp_path):
    first, second = takes_of(tmp_path, "walk.bin", "./walk.bin", "day//walk.bin", "day/walk.bin")
    assert [len(take.texts) for take in (first, second)] == [2, 2]
    assert (first.id, second.id) == ("recordings/walk/anna", "recordings/day/walk/anna")


def test_two_files_that_give_one_name_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"line 3: file: .*walk\.pcap and .*walk\.bin would have"):
        takes_of(tmp_path, "walk.bin", "walk.pcap")
