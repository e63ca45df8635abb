"""Tests of the files of captures that are exported from a store."""

from builders.building.dca1000_export import capture_file_name
from pipelines.plan import Clip


def test_captures_of_different_clips_have_different_file_names():
    ids = ("Оля/walk.bvh@0.00s.0", "Яна/walk.bvh@0.00s.0", "anna/walk", "anna_walk")
    clips = [
        Clip(id=name, row=row, take="", source="", licence="", subject="")
        for row, name in enumerate(ids)
    ]
    names = [capture_file_name(clip) for clip in clips]
    assert names[0] == "000000_Оля_walk.bvh@0.00s.0.bin"
    assert len(set(names)) == len(ids)
