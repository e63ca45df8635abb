"""A store in an object store has the same bytes as a store in a local folder."""

import pytest

from pipelines.run import build
from pipelines.storage import open_folder
from pipelines.store_reader import Store
from pipelines.store_writer import find_state, prepare, verify
from radarsim.errors import InputError
from tests.helpers.pipeline_fakes import (
    fake_clip,
    fake_plan,
    fake_store_spec,
    fake_takes,
    store_bytes,
)

TAKES = fake_takes(6)
PLAN = fake_plan(TAKES)
STORE_SPEC = fake_store_spec(PLAN)


def built(place, make_clip=fake_clip):
    return build(PLAN, TAKES, str(place), STORE_SPEC, make_clip, workers=0, quiet=True)


def object_bytes(url):
    folder = open_folder(url)
    return {path: folder.read(path) for path in folder.files()}


def test_a_bucket_and_a_folder_get_the_same_bytes(tmp_path):
    built(tmp_path / "s.zarr")
    built("memory:///same.zarr")
    assert object_bytes("memory:///same.zarr") == store_bytes(tmp_path / "s.zarr")
    assert verify("memory:///same.zarr") == []


def test_an_interrupted_build_in_a_bucket_resumes(tmp_path):
    url = "memory:///stopped.zarr"

    def stops(recipe, clip, take):
        if clip.row == 5:
            raise KeyboardInterrupt
        return fake_clip(recipe, clip, take)

    with pytest.raises(KeyboardInterrupt):
        built(url, stops)
    assert find_state(open_folder(url), STORE_SPEC.identity) == "resumed"
    assert built(url).state == "resumed"
    built(tmp_path / "s.zarr")
    assert object_bytes(url) == store_bytes(tmp_path / "s.zarr")


def test_a_store_is_read_from_its_url():
    built("memory:///read.zarr")
    clips = Store("memory:///read.zarr").clips
    assert [clip.id for clip in clips.values()] == [clip.id for clip in PLAN.clips]


def test_files_that_are_not_a_store_are_not_changed():
    open_folder("memory:///other").write("precious.txt", b"1")
    with pytest.raises(InputError, match="holds files that are not a store"):
        prepare(open_folder("memory:///other"), STORE_SPEC)
    assert object_bytes("memory:///other") == {"precious.txt": b"1"}


@pytest.mark.parametrize("url", ["nonsense://x/y", "://", "s3://"])
def test_an_unusable_url_gives_a_one_line_error(url):
    with pytest.raises(InputError, match=r"--out: is not a usable URL .*; use s3://") as refusal:
        open_folder(url)
    assert "\n" not in str(refusal.value)
