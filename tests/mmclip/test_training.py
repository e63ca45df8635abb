"""Training: it overfits a batch, resumes exactly, stops at a loss that is no number."""

import csv
import json

import jax
import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip import pretrain
from mmclip.errors import MmclipError
from mmclip.metrics import Metrics
from mmclip.model import make_model
from mmclip.release import load_release
from mmclip.step import learning_rate, make_step, start_state
from mmclip.weights import take_apart
from tests.helpers.labelled_stores import LABELS, build_labelled_store
from tests.helpers.tiny_training import OVERRIDES, UNSEEN, quick_programs, tiny_settings

quick = pytest.fixture(scope="module", autouse=True)(quick_programs)
PLAN = ("steps=6", "save_every=3", "validate_every=3", "log_every=1", f"unseen={','.join(UNSEEN)}")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return build_labelled_store(tmp_path_factory.mktemp("store") / "s.zarr")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMCLIP_CACHE", str(tmp_path / "cache"))


def run(store, out, *more, tell=lambda line: None):
    settings = tiny_settings(*PLAN, *more)
    return pretrain.pretrain([store], out, settings, "hash", verify=False, tell=tell)


@pytest.fixture(scope="module")
def whole(store, tmp_path_factory):
    """A training that nobody stopped."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    return out, run(store, out)


def losses(folder):
    with open(folder / "metrics.csv", newline="") as file:
        return [(int(row["step"]), row["loss"], row["class_loss"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("stop", [2, 5])
def test_a_killed_training_goes_on_to_the_same_losses_and_weights(store, whole, tmp_path, stop):
    """Stopped before and after the checkpoint of step 3; digit for digit."""
    folder, about = whole

    def kill(line):
        if line.startswith(f"step {stop}/"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(store, tmp_path / "r", tell=kill)
    assert run(store, tmp_path / "r") == about
    assert losses(tmp_path / "r") == losses(folder)
    assert [step for step, *_ in losses(folder)] == [1, 2, 3, 4, 5, 6]


def test_tensorboard_shows_what_the_table_says(whole):
    """Event files are framed records: length and checksum, the event, its checksum."""
    from tensorboardX.proto.event_pb2 import Event

    shown = []
    for path in sorted((whole[0] / "board").iterdir()):
        data, at = path.read_bytes(), 0
        while at < len(data):
            size = int.from_bytes(data[at : at + 8], "little")
            event = Event.FromString(data[at + 12 : at + 12 + size])
            shown += [(event.step, v.simple_value) for v in event.summary.value if v.tag == "loss"]
            at += 16 + size
    assert [step for step, _ in shown] == [step for step, *_ in losses(whole[0])]
    # The table has seven digits, the file float32.
    np.testing.assert_allclose(
        [loss for _, loss in shown], [float(loss) for _, loss, _ in losses(whole[0])], rtol=1e-6
    )


def test_what_is_released_says_what_it_knows(whole):
    folder, about = whole
    assert set(about["seen"]) | set(about["unseen"]) == set(LABELS)
    assert set(about["unseen"]) == set(UNSEEN)
    assert about["simulated"]
    assert len(about["subjects"]) == 4  # the fifth is of the test split
    assert about["sentences"]["bow"][0]["arms"] == "The arms goes as in a bow."
    assert load_release(folder).settings == tiny_settings(*PLAN)


def test_another_training_may_not_go_on_in_the_same_folder(store, whole):
    with pytest.raises(MmclipError, match=r"other train\.rate; choose another --out"):
        run(store, whole[0], "rate=1e-3")


def test_a_loss_that_is_no_number_stops_with_the_first_such_step(tmp_path):
    metrics = Metrics(tmp_path, first=0, last=9, batch=1, tell=lambda line: None)
    for step, loss in ((1, 0.5), (2, float("nan")), (3, float("nan"))):
        metrics.add(step, {"loss": jax.numpy.array(loss)})
    with pytest.raises(MmclipError, match=r"loss: is nan at step 2; lower train\.rate"):
        metrics.report(rate=0.1)


def test_labels_that_are_not_there_and_people_that_are_not_there_are_told(store, tmp_path):
    with pytest.raises(MmclipError, match="'hop' is no label of it"):
        run(store, tmp_path / "r", "unseen=hop")
    with pytest.raises(MmclipError, match="shows one of 0 labels"):
        run(store, tmp_path / "r", f"unseen={','.join(LABELS)}")


def test_a_miniature_learns_one_batch_down_to_the_floor():
    """No augmentation, no dropout: symmetric KL can reach zero, and comes within 1 % of it."""
    settings = tiny_settings(
        "dropout=0", "range_shift=0", "level_db=0", "noise_db=0", "weight_decay=0", "steps=300"
    )
    rng = np.random.default_rng(0)
    maps = {n: rng.normal(0, 9, (6, 32, 32)).astype(np.float16) for n in settings.model.heatmaps}
    labels = np.array([0, 0, 1, 1, 2, 3], np.int32)
    sentences = np.stack([labels, 4 + labels], axis=1)
    vectors = rng.normal(size=(8, 16)).astype(np.float32)
    graph, variables = take_apart(make_model(settings.model, 16, 0))
    state = start_state(variables, "base", settings.train)
    step = make_step(graph, jax.numpy.asarray(vectors), settings)
    found = []
    for _ in range(300):
        state, measures = step(state, maps, labels, sentences)
        found.append(float(measures["loss"]))
    assert found[0] > 1
    assert found[-1] < 0.01 * found[0]


def test_the_rate_rises_then_falls_by_its_factor():
    train = tiny_settings("warmup=4", "decay=0.5", "decay_every=10", "rate=0.01").train
    found = [float(learning_rate(train, step)) for step in (0, 3, 9, 10, 25)]
    np.testing.assert_allclose(found, [0.0025, 0.01, 0.01, 0.005, 0.0025], rtol=1e-6)


def test_the_command_tells_a_wrong_store_in_one_line(tmp_path, capsys):
    arguments = [str(tmp_path / "none.zarr"), "--out", str(tmp_path / "r"), "--encoder", "hash"]
    assert pretrain.main([*arguments, "--set", *OVERRIDES]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "r").exists()


def test_describing_needs_no_store(capsys):
    assert pretrain.main(["none.zarr", "--describe", "--preset", "paper"]) == 0
    out = capsys.readouterr().out
    assert "14,200,064" in out
    assert json.loads(out[out.index("\n{") :])["train"]["steps"] == 50_000
