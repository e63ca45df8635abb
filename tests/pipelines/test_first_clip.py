"""Workers compile the programs of the first clip on a machine together, and only once."""

import threading
from dataclasses import replace

import pytest

from pipelines import first_clip
from pipelines.first_clip import compile_other_programs, first_clip_of_one_worker
from tests.helpers.pipeline_fakes import fake_plan, fake_takes, small_recipe

RECIPE = small_recipe()


@pytest.fixture(autouse=True)
def new_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "programs"))
    monkeypatch.setattr(first_clip, "_KNOWN", set())
    return tmp_path / "programs"


def test_another_worker_compiles_meanwhile_and_then_waits_for_the_first_clip(monkeypatch):
    """File locks belong to open files, so a thread can take the place of another process."""
    events, entered, waiting = [], threading.Event(), threading.Event()

    def first_worker():
        with first_clip_of_one_worker(RECIPE, lambda: events.append("never")):
            entered.set()
            assert waiting.wait(30)
            events.append("first")

    worker = threading.Thread(target=first_worker)
    worker.start()
    assert entered.wait(30)
    monkeypatch.setattr(first_clip, "_KNOWN", set())

    def meanwhile():
        events.append("compile")
        waiting.set()

    with first_clip_of_one_worker(RECIPE, meanwhile):
        events.append("second")
    worker.join(30)
    assert events == ["compile", "first", "second"]


def test_later_builds_do_not_wait(new_machine, monkeypatch):
    """A worker that fails leaves no marker, and a marker applies to a single recipe."""

    def never():
        raise AssertionError("no other worker holds the lock")

    with pytest.raises(ValueError, match="a bug"), first_clip_of_one_worker(RECIPE, never):
        raise ValueError("a bug")
    assert not list(new_machine.glob("*.made"))
    monkeypatch.setattr(first_clip, "_KNOWN", set())
    for recipe in (RECIPE, RECIPE, replace(RECIPE, seed=1)):
        with first_clip_of_one_worker(recipe, never):
            pass
    assert len(list(new_machine.glob("*.made"))) == 2
    monkeypatch.setattr(first_clip, "_lock_of", None)  # would fail if it were used
    monkeypatch.setattr(first_clip, "_KNOWN", set())
    with first_clip_of_one_worker(RECIPE, never):
        pass


def test_without_a_folder_for_programs_workers_do_not_wait(monkeypatch):
    """The worker makes its clip without a lock; a lock would raise an error."""
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR")
    monkeypatch.setattr(first_clip, "_lock_of", None)
    made = []
    with first_clip_of_one_worker(RECIPE, None):
        made.append("clip")
    assert made == ["clip"]


@pytest.mark.parametrize(("body_models", "selects"), [(None, False), ("models", True)])
def test_the_selection_is_compiled_twice_only_while_a_level_is_computed(
    body_models, selects, monkeypatch
):
    """Other workers compile the face selection only if the first worker must compute a level."""
    calls = []
    for name in ("_select", "receive", "arrays_of_cube"):
        record = lambda *inputs, name=name, **options: calls.append(name)  # noqa: E731
        monkeypatch.setattr(first_clip, name, record)
    takes = fake_takes(1)
    (clip,) = fake_plan(takes).clips
    compile_other_programs(RECIPE, clip, takes[clip.take], body_models, keep_cubes=False)
    assert calls == ["_select"] * selects + ["receive", "arrays_of_cube"]
