"""Sentences are attached to a finished store in any order, without changing the arrays."""

import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.attributes import main
from pipelines.attach_attributes import attach
from pipelines.attribute_files import read_sentences
from pipelines.run import build
from pipelines.schema import ATTRIBUTE_PARTS
from pipelines.sources import Text
from pipelines.storage import open_folder
from pipelines.store_checks import check_tables
from pipelines.store_reader import Store
from pipelines.store_writer import prepare, verify
from radarsim.errors import InputError
from tests.helpers.pipeline_fakes import (
    fake_clip,
    fake_plan,
    fake_store_spec,
    fake_takes,
    store_bytes,
)

BUILT_IN = tuple((part, f"built-in {part}") for part in ATTRIBUTE_PARTS)


@pytest.fixture
def store(tmp_path):
    """A store with the captions "act 0", "act 1" and "act 2"; the build describes "act 0"."""
    takes = fake_takes(5)
    described = Text(caption="act 0", source="fake", sentences=BUILT_IN, provenance="fake")
    texts = {
        name: (described,) if i == 0 else take.texts for i, (name, take) in enumerate(takes.items())
    }
    for name, take in takes.items():
        object.__setattr__(take, "texts", texts[name])
    plan = fake_plan(takes)
    path = tmp_path / "s.zarr"
    build(plan, takes, str(path), fake_store_spec(plan), fake_clip, workers=0, quiet=True)
    return path


def wording(caption, provenance, verb, variant=0):
    about = {"caption": caption, "variant": variant, "provenance": provenance}
    return [{**about, "part": part, "sentence": f"{verb} {part}"} for part in ATTRIBUTE_PARTS]


def written(path, rows):
    """Write the rows in the format of the file suffix."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        lines = [",".join(f'"{row[name]}"' for name in rows[0]) for row in rows]
        path.write_text("\n".join([",".join(rows[0]), *lines]) + "\n")
    return path


def attributes(store):
    """Return (variant, part, sentence) by caption, from all files of the table."""
    texts = {row["id"]: row["text"] for row in pq.read_table(store / "tables/captions").to_pylist()}
    found = {}
    for row in pq.read_table(store / "tables/attributes").to_pylist():
        rows = found.setdefault(texts[row["caption"]], [])
        rows.append((row["variant"], row["part"], row["sentence"], row["provenance"]))
    return found


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_sentences_of_each_file_type_are_in_the_table(store, tmp_path, suffix):
    before = store_bytes(store)
    file = written(tmp_path / f"sentences{suffix}", wording("act 1", "by hand", "hop"))
    done = attach(store, file)
    assert (done.captions, done.variants, done.unknown, done.undescribed) == (1, 1, (), 1)
    rows = attributes(store)["act 1"]
    assert rows == [(0, part, f"hop {part}", "by hand") for part in ATTRIBUTE_PARTS]
    after = store_bytes(store)
    assert after.keys() - before.keys() == {"tables/attributes/attached.parquet"}
    assert {name: after[name] for name in before} == before
    assert verify(store) == []


def test_attaching_again_changes_nothing_and_another_wording_replaces_it(store, tmp_path):
    file = written(tmp_path / "a.csv", wording("act 1", "by hand", "hop"))
    attach(store, file)
    once = store_bytes(store)
    attach(store, file)
    assert store_bytes(store) == once
    attach(store, written(tmp_path / "b.csv", wording("act 1", "by hand", "skip")))
    assert [row[2] for row in attributes(store)["act 1"]] == [f"skip {p}" for p in ATTRIBUTE_PARTS]


def test_variant_numbers_continue_after_the_build_in_any_order_of_files(store, tmp_path):
    rows = wording("act 0", "model", "leap", 3) + wording("act 0", "model", "hop", 1)
    files = [
        written(tmp_path / "a.csv", rows),
        written(tmp_path / "b.csv", wording("act 0", "by hand", "skip")),
    ]
    for file in files:
        attach(store, file)
    in_order = store_bytes(store)
    verbs = {(row[0], row[2].split()[0]) for row in attributes(store)["act 0"]}
    assert verbs == {(0, "built-in"), (1, "skip"), (2, "hop"), (3, "leap")}
    (store / "tables/attributes/attached.parquet").unlink()
    for file in reversed(files):
        attach(store, file)
    assert store_bytes(store) == in_order


def test_sentences_of_the_build_are_not_attached_again(store, tmp_path):
    done = attach(store, written(tmp_path / "a.csv", wording("act 0", "fake", "built-in")))
    assert (done.variants, done.known) == (0, 1)
    assert len(attributes(store)["act 0"]) == len(ATTRIBUTE_PARTS)


def test_captions_may_be_given_by_id(store, tmp_path):
    ids = {row["text"]: row["id"] for row in pq.read_table(store / "tables/captions").to_pylist()}
    attach(store, written(tmp_path / "a.jsonl", wording(ids["act 2"], "by hand", "turn")))
    assert attributes(store)["act 2"][0][2] == "turn general"


def test_the_command_reports_attached_and_unknown_captions(store, tmp_path, capsys):
    rows = [*wording("act 1", "by hand", "hop")[:3], *wording("fly", "by hand", "fly")]
    file = written(tmp_path / "a.csv", rows)
    assert main([str(file), "--attach", str(store)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{store}: 1 variants of 1 captions attached",
        "variants without a sentence for every part: 1",
        "captions of the store without sentences: 1",
        "captions that are not in the store: 1 (fly)",
    ]
    assert main(["--attach", str(store), str(written(file, wording("fly", "x", "fly")))]) == 2


def test_an_unfinished_or_locked_store_is_not_changed(store, tmp_path, capsys):
    file = written(tmp_path / "a.csv", wording("act 1", "by hand", "hop"))
    held = open_folder(store).lock()
    before = store_bytes(store)
    assert main([str(file), "--attach", str(store)]) == 2
    assert "another build is writing here" in capsys.readouterr().err
    assert store_bytes(store) == before
    held.close()
    takes = fake_takes(5)
    prepare(open_folder(tmp_path / "begun.zarr"), fake_store_spec(fake_plan(takes)))
    assert main([str(file), "--attach", str(tmp_path / "begun.zarr")]) == 2
    assert "not finished; run its build again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "file: '.txt' is not a type of attribute file; give .csv or .jsonl or"),
        ("gone.csv", None, "file: cannot be read (No such file or directory)"),
        ("a.csv", b"", "rows: none found"),
        ("a.csv", b"\xff\xfe\x00", "file: is not UTF-8 text"),
        ("a.csv", b"caption,part\nact 1,legs\n", "line 2: sentence: is missing"),
        ("a.csv", b"caption,part,sentence,provenance\nact 1,head,x,y\n", "line 2: part: is 'head'"),
        ("a.csv", b"caption,part,sentence,provenance\nact 1,legs, ,y\n", "line 2: sentence: holds"),
        ("a.csv", b"caption,part,sentence,provenance\nact 1,legs\n", "line 2: sentence: holds no"),
        ("a.jsonl", b'{"caption": ', "line 1: JSON: is not an object"),
        ("a.jsonl", b"[" * 100_000, "line 1: JSON: is not an object"),
        ("a.parquet", b"PAR1 not really PAR1", "Parquet: cannot be read, or is damaged"),
    ],
)
def test_an_unusable_file_gives_a_one_line_error(store, tmp_path, capsys, name, content, message):
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    before = store_bytes(store)
    assert main([str(file), "--attach", str(store)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(str(file))
    assert message in line
    assert store_bytes(store) == before


def test_the_label_of_a_window_that_lists_actions_is_described(tmp_path):
    """The clips show turn, walk and sit, so a shorter window may show walk and sit."""
    actions = [
        Text(caption=name, source="fake", start_s=0.1 * n, end_s=0.1 * (n + 1), kind="action")
        for n, name in enumerate(("turn", "walk", "sit"))
    ]
    takes = fake_takes(2)
    for take in takes.values():
        object.__setattr__(take, "texts", tuple(actions))
    plan, path = fake_plan(takes), tmp_path / "s.zarr"
    build(plan, takes, str(path), fake_store_spec(plan), fake_clip, workers=0, quiet=True)
    rows = [*wording("walk and sit", "model", "do"), *wording("walk and fly", "model", "do")]
    done = attach(path, written(tmp_path / "a.jsonl", rows))
    assert (done.captions, done.variants, done.unknown) == (1, 1, ("walk and fly",))
    described = pq.read_table(path / "tables/attributes").to_pylist()
    assert {row["caption"] for row in described} == {"walk and sit"}
    store = Store(path)
    assert store.actions == {"turn", "walk", "sit"}
    assert list(check_tables(store)) == []
    assert verify(path) == []


@pytest.mark.parametrize("variant", ["-1", "x", "1.5", "9" * 5000, True, [], 1e9])
def test_a_variant_must_be_a_small_whole_number(tmp_path, variant):
    row = {**wording("act 1", "by hand", "hop")[0], "variant": variant}
    file = written(tmp_path / "a.jsonl", [row])
    with pytest.raises(InputError, match=r"line 1: variant: is .*number the wordings"):
        read_sentences(file)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_damaged_files_give_sentences_or_a_one_line_error(tmp_path, suffix):
    file = written(tmp_path / f"a{suffix}", wording("act 1", "by hand", "hop"))
    whole, draw = file.read_bytes(), random.Random(2)
    for _ in range(100):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 3)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        file.write_bytes(data[: draw.choice((len(data), draw.randrange(len(data))))])
        try:
            assert read_sentences(file)
        except InputError as refused:
            problem = str(refused)
        else:
            continue
        assert problem.startswith(str(file))
        assert "\n" not in problem
