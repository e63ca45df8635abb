"""Training overfits a single batch, resumes bit-identically, and stops at a non-finite loss."""

import csv
import json
import re
import shutil
from functools import partial

import jax
import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from flax import nnx

from mmclip import pretrain
from mmclip.errors import MmclipError
from mmclip.model import make_model
from mmclip.model_files import load_model
from mmclip.model_variables import split_model
from mmclip.preprocessing import network_input
from mmclip.training_log import TrainingLog
from mmclip.training_step import learning_rate, make_step, start_state
from tests.helpers.labelled_stores import LABELS, build_labelled_store
from tests.helpers.tiny_training import OVERRIDES, UNSEEN, tiny_settings

pytestmark = pytest.mark.usefixtures("fast_compilation")
SCHEDULE = (
    "steps=6",
    "save_every=3",
    "validate_every=3",
    "log_every=1",
    f"unseen={','.join(UNSEEN)}",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return build_labelled_store(tmp_path_factory.mktemp("store") / "s.zarr")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MMCLIP_CACHE", str(tmp_path / "cache"))


def run(store, out, *overrides, report=lambda line: None):
    settings = tiny_settings(*SCHEDULE, *overrides)
    return pretrain.pretrain([store], out, settings, "hash", verify=False, report=report)


@pytest.fixture(scope="module")
def uninterrupted(store, tmp_path_factory):
    """The folder and model.json of an uninterrupted training run."""
    out = tmp_path_factory.mktemp("runs") / "uninterrupted"
    return out, run(store, out)


def losses(folder):
    with open(folder / "metrics.csv", newline="") as file:
        return [(int(row["step"]), row["loss"], row["class_loss"]) for row in csv.DictReader(file)]


def test_a_killed_training_resumes_with_the_same_losses_and_weights(store, uninterrupted, tmp_path):
    """Training is killed before and after the checkpoint of step 3; all digits must agree."""
    folder, description = uninterrupted
    for stop in (2, 5):

        def kill(line, stop=stop):
            if line.startswith(f"step {stop}/"):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run(store, tmp_path / "r", report=kill)
    assert run(store, tmp_path / "r") == description
    assert losses(tmp_path / "r") == losses(folder)
    assert [step for step, *_ in losses(folder)] == [1, 2, 3, 4, 5, 6]


def test_tensorboard_events_hold_the_losses_of_metrics_csv(uninterrupted):
    """Records of an event file consist of a length and an event, each followed by a checksum."""
    from tensorboardX.proto.event_pb2 import Event

    scalars = []
    for path in sorted((uninterrupted[0] / "board").iterdir()):
        data, at = path.read_bytes(), 0
        while at < len(data):
            size = int.from_bytes(data[at : at + 8], "little")
            event = Event.FromString(data[at + 12 : at + 12 + size])
            scalars += [
                (event.step, v.simple_value) for v in event.summary.value if v.tag == "loss"
            ]
            at += 16 + size
    logged = losses(uninterrupted[0])
    assert [step for step, _ in scalars] == [step for step, *_ in logged]
    # The tolerance allows for the seven digits of the table and the float32 values of the events.
    np.testing.assert_allclose(
        [loss for _, loss in scalars], [float(loss) for _, loss, _ in logged], rtol=1e-6
    )


def test_model_json_records_labels_subjects_sentences_and_settings(uninterrupted):
    folder, description = uninterrupted
    assert set(description["seen"]) | set(description["unseen"]) == set(LABELS)
    assert set(description["unseen"]) == set(UNSEEN)
    assert description["simulated"]
    assert len(description["subjects"]) == 4  # the fifth subject is in the test split
    assert description["sentences"]["bow"][0]["arms"] == "Motion of the arms in a bow."
    assert [each["room"] for each in description["stores"]] == [False]
    assert load_model(folder).settings == tiny_settings(*SCHEDULE)


def test_a_training_with_other_settings_is_rejected_in_the_same_folder(store, uninterrupted):
    with pytest.raises(MmclipError, match=r"differs in train\.rate; choose another --out"):
        run(store, uninterrupted[0], "rate=1e-3")


def test_a_run_that_lacks_a_setting_added_since_resumes_only_with_its_default(
    store, uninterrupted, tmp_path
):
    """A setting that is missing in run.json counts as its default, as in older versions."""
    folder = shutil.copytree(uninterrupted[0], tmp_path / "r")
    record = json.loads((folder / "run.json").read_text())
    del record["train.attribute_reduction"], record["finetune.augmentation"]
    (folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(MmclipError, match=r"differs in train\.attribute_reduction; choose"):
        run(store, folder, "attribute_reduction=sum")
    assert run(store, folder) == uninterrupted[1]


def test_a_loss_that_is_not_finite_stops_the_training_and_names_the_first_step(tmp_path):
    log = TrainingLog(tmp_path, first=0, last=9, batch=1, report=lambda line: None)
    for step, loss in ((1, 0.5), (2, float("nan")), (3, float("nan"))):
        log.add(step, {"loss": jax.numpy.array(loss)})
    with pytest.raises(MmclipError, match=r"loss: is nan at step 2; lower train\.rate"):
        log.write(rate=0.1)


def test_missing_labels_and_an_empty_training_set_are_errors(store, tmp_path):
    with pytest.raises(MmclipError, match="'hop' is neither a label of this corpus"):
        run(store, tmp_path / "r", "unseen=hop")
    with pytest.raises(
        MmclipError, match=r"none is left to train on .*; exclude fewer labels with --unseen"
    ):
        run(store, tmp_path / "r", f"unseen={','.join(LABELS)}")


def test_a_tiny_model_overfits_one_batch():
    """Without augmentation and dropout, the loss must fall below 1 % of its initial value."""
    settings = tiny_settings(
        "dropout=0", "range_shift=0", "level_db=0", "noise_db=0", "weight_decay=0", "steps=300"
    )
    rng = np.random.default_rng(0)
    maps = {n: rng.normal(0, 9, (6, 32, 32)).astype(np.float16) for n in settings.model.heatmaps}
    labels = np.array([0, 0, 1, 1, 2, 3], np.int32)
    sentences = np.stack([labels, 4 + labels], axis=1)
    vectors = rng.normal(size=(8, 16)).astype(np.float32)
    model = split_model(make_model(settings.model, 16, 0))
    state = start_state(model, settings.train)
    step = make_step(model, jax.numpy.asarray(vectors), settings)
    found = []
    for _ in range(300):
        state, metrics = step(state, maps, labels, sentences)
        found.append(float(metrics["loss"]))
    assert found[0] > 1
    assert found[-1] < 0.01 * found[0]


def test_the_unnormalised_mse_of_a_step_is_that_of_the_unscaled_embeddings():
    """Without augmentation and dropout, the loss is the attribute mean plus the class loss."""
    settings = tiny_settings(
        "dropout=0", "range_shift=0", "level_db=0", "noise_db=0", "loss=mse_unnormalised"
    )
    rng = np.random.default_rng(0)
    # Stored heatmaps have no value below -10 dB, and a compiled function sorts them by name.
    maps = {
        name: np.maximum(rng.normal(0, 9, (4, 32, 32)), -10).astype(np.float32)
        for name in sorted(settings.model.heatmaps)
    }
    sentences = np.arange(8, dtype=np.int32).reshape(4, 2)
    vectors = 3 * rng.normal(size=(8, 16)).astype(np.float32)
    network = make_model(settings.model, 16, 0)
    signal = nnx.jit(partial(type(network).signal, unit=False))(network, network_input(maps, 32))
    text = nnx.jit(partial(type(network).text, unit=False))(network, vectors[sentences])
    expected = sum(float(np.square(s - t).mean()) for s, t in zip(signal, text))
    model = split_model(network)
    step = make_step(model, jax.numpy.asarray(vectors), settings)
    labels = np.arange(4, dtype=np.int32)
    _, metrics = step(start_state(model, settings.train), maps, labels, sentences)
    # The tolerance allows for float32 rounding, which depends on how the step is compiled.
    np.testing.assert_allclose(float(metrics["loss"]), expected, rtol=1e-4)


def test_the_learning_rate_rises_linearly_and_then_decays_in_steps():
    train = tiny_settings("warmup=4", "decay=0.5", "decay_every=10", "rate=0.01").train
    found = [float(learning_rate(train, step)) for step in (0, 3, 9, 10, 25)]
    np.testing.assert_allclose(found, [0.0025, 0.01, 0.01, 0.005, 0.0025], rtol=1e-6)


def test_the_command_reports_a_missing_store_in_one_line(tmp_path, capsys):
    arguments = [str(tmp_path / "none.zarr"), "--out", str(tmp_path / "r"), "--encoder", "hash"]
    assert pretrain.main([*arguments, "--set", *OVERRIDES]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "r").exists()


def test_the_option_describe_needs_no_store(capsys):
    none = "clip:no-folder-here/none"
    assert pretrain.main(["none.zarr", "--describe", "--preset", "paper", "--encoder", none]) == 0
    out = capsys.readouterr().out
    assert "14,200,064" in out  # The width in the paper is assumed if the encoder is missing.
    assert "text embeddings of width 512 assumed" in out
    assert json.loads(out[out.index("\n{") :])["train"]["steps"] == 50_000


def test_describe_and_training_state_the_same_number_of_parameters(store, tmp_path, capsys):
    options = ["--encoder", "hash", "--set", *OVERRIDES, "steps=1"]
    assert pretrain.main(["none.zarr", "--describe", *options]) == 0
    described = re.search(r"model: ([\d,]+) parameters", capsys.readouterr().out)[1]
    assert pretrain.main([store, "--out", str(tmp_path / "r"), *options]) == 0
    out = capsys.readouterr().out
    assert re.search(r"model: ([\d,]+) parameters", out)[1] == described
    assert out.index("compiling the training step") < out.index("compiled in")
