"""Tests of the study's plan: shared nodes, cuts to fit the budget, and options."""

import numpy as np
import pytest

pytest.importorskip("flax", reason="needs the extra train")

from mmclip.study.__main__ import main, make_parser
from mmclip.study.budget import plan_lines, plan_study
from mmclip.study.command import make_arms
from mmclip.study.corpora import predicted_bytes
from mmclip.study.figures import FIGURES
from mmclip.study.nodes import in_order, make_node


def planned(*options, budget=1000.0):
    parsed = make_parser().parse_args(["--out", "x", *options])
    return plan_study(make_arms(parsed), parsed.figures, budget)


def test_a_node_is_identified_by_its_content_and_its_needs():
    base = make_node("pretrain", "base", 1.0, seed=0)
    same = make_node("pretrain", "another title", 2.0, seed=0)
    assert base.id == same.id
    assert make_node("pretrain", "base", 1.0, seed=1).id != base.id
    one = make_node("score", "", 1.0, [("model", base)])
    other = make_node("score", "", 1.0, [("store", base)])
    assert one.id != other.id
    assert [each.id for each in in_order([one, other, one])] == [base.id, one.id, other.id]


def test_figures_share_corpora_and_trainings():
    """Figure 9 adds only two fine-tuning methods; it shares LoRA and pre-training with figure 5."""
    alone, both = planned("--figures", "5"), planned("--figures", "5", "9")
    added = {node.id for node in both.nodes} - {node.id for node in alone.nodes}
    kinds = [node.kind for node in both.nodes if node.id in added]
    methods = [
        node.values["method"]
        for node in both.nodes
        if node.id in added and node.kind == "finetune" and node.values["method"] != "lora"
    ]
    assert "corpus" not in kinds
    assert "pretrain" not in kinds
    assert sorted(methods) == ["full"] * 3 + ["mix"] * 3


def test_fine_tuning_has_the_labels_of_training_from_scratch_and_no_captions():
    """No training on the real domain uses captions, which would favour the pre-trained arms."""
    for node in planned("--figures", "5", "9").nodes:
        if node.kind == "finetune" and node.values["method"] != "mix":
            assert {"captions=false", "sampling=label"} <= set(node.values["overrides"])
        if node.kind == "pretrain" and "real" in node.title:
            assert "captions=true" not in node.values["overrides"]


def test_every_node_follows_the_nodes_that_it_needs():
    study = planned("--figures", *FIGURES)
    seen = set()
    for node in study.nodes:
        assert {each.id for _, each in node.needs} <= seen
        seen.add(node.id)
    assert len(seen) == len(study.nodes)


def test_seeds_are_cut_before_groups_and_groups_before_figures():
    whole = planned()
    assert not whole.extent.cuts
    assert (whole.extent.seeds, len(whole.extent.groups)) == (3, 3)
    fewer_seeds = planned(budget=whole.hours - 0.1).extent
    assert fewer_seeds.cuts == ("seeds: 3 to 2",)
    assert fewer_seeds.figures == whole.extent.figures
    least = planned(budget=0.0).extent
    assert (least.figures, least.groups, least.seeds) == (("5",), ("G1",), 1)
    assert least.cuts[:3] == ("seeds: 3 to 2", "seeds: 2 to 1", "groups: G1, G2, G3 to G1, G2")
    assert least.cuts[-1] == "figure 9"


def test_groups_are_not_cut_without_a_figure_that_uses_all_of_them():
    """Figures 9 and 11 use only the first group, so fewer groups would not shorten the study."""
    study = planned("--figures", "9", "11", "--preset", "miniature", budget=0.0)
    assert study.extent.cuts == ("seeds: 2 to 1", "figure 11")
    lines = plan_lines(study, 0.0)
    assert any("for figures 9; 1 group, 1 seeds" in line for line in lines)
    assert lines[-1].endswith("without --dry-run, it is executed nevertheless")


def test_labels_of_a_group_are_excluded_from_every_training_on_the_real_domain():
    """Every scored model, except those pre-trained on the grammar, excludes the group's labels.

    The grammar contains no activity of the protocol."""
    study = planned("--figures", "5", "6", "7")
    for node in study.nodes:
        if node.kind == "score":
            model = node.need("model")[0]
            if model.kind == "pretrain" and model.need("store")[0].title == "corpus grammar":
                continue
            excluded = model.values["overrides"][-1 if model.kind != "finetune" else 2 :]
            text = next(each for each in model.values["overrides"] if each.startswith("unseen="))
            assert excluded
            assert set(node.values["labels"]) <= set(text.removeprefix("unseen=").split(","))


def test_the_dry_run_names_the_stand_ins_and_writes_nothing(tmp_path, capsys):
    out = tmp_path / "study"
    assert main(["--out", str(out), "--dry-run"]) == 0
    printed = capsys.readouterr().out
    assert "corpus stand-in twin-a" in printed
    assert "predicted" in printed
    assert not out.exists()


def test_licensed_data_takes_the_place_of_the_grammar_in_the_plan(tmp_path):
    """The prediction for 30 s of motion at 10 frames/s is 300 frames, 15 s of work and 2.8 MB."""
    arrays = {"poses": np.zeros((3600, 156)), "mocap_framerate": np.array(120.0)}
    np.savez(tmp_path / "walk_poses.npz", **arrays)
    (tmp_path / "shape.npz").write_bytes(b"no motion")
    np.savez(tmp_path / "still_poses.npz", poses=arrays["poses"], mocap_framerate=np.array(0.0))
    options = ["--figures", "5", "--preset", "paper", "--amass", str(tmp_path)]
    options += ["--babel", "babel", "--clip", "clip", "--describer", "http://localhost:1/v1"]
    study = planned(*options)
    corpus = next(node for node in study.nodes if "licensed" in node.title)
    assert corpus.seconds == pytest.approx(15.0)
    assert predicted_bytes(corpus) == pytest.approx(2.79e6)
    build, describe = corpus.values["commands"]
    assert build[:3] == ["builders.amass", "--preset", "paper"]
    assert build[-2:] == ["--babel", "babel"]
    assert describe[-4:] == ["--base-url", "{server}", "--model", "default"]
    assert dict(corpus.places) == {"{server}": "http://localhost:1/v1"}
    trained = [node for node in study.nodes if node.kind == "pretrain"]
    assert {node.values["encoder"] for node in trained} == {"clip:clip"}
    assert not any(node.title == "corpus grammar" for node in study.nodes)


def test_another_address_of_the_language_model_resumes_the_same_study(tmp_path):
    """The address of a server does not change the sentences; another model does."""
    poses = np.zeros((120, 156))
    np.savez(tmp_path / "walk_poses.npz", poses=poses, mocap_framerate=np.array(120.0))
    licensed = ["--figures", "5", "--preset", "paper", "--amass", str(tmp_path)]
    servers = [
        ["--describer", "http://localhost:1/v1"],
        ["--describer", "http://localhost:2/v1"],
        ["--describer", "http://localhost:1/v1", "--describer-model", "other"],
    ]
    first, moved, other = (
        {node.id for node in planned(*licensed, *each).nodes} for each in servers
    )
    assert first == moved
    assert not first <= other


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seeds", "0"], "--seeds: is 0, less than 1"),
        (["--stores", "lake=a.zarr"], "'lake=a.zarr' has no known role"),
        (["--groups", "jump,fly"], "jump,fly: 1 of its 2 labels occur in the real domain"),
        (["--groups", "bow,kik,kick,bow"], "bow,kik,kick,bow: 'kik' does not occur"),
        (["--groups", "bow,kick,bow"], "bow,kick,bow: 'bow' occurs more than once"),
        (["--babel", "b"], "--amass: is missing, but --babel is given"),
        (["--real", "a", "b", "c", "d"], "--real: 4 stores, at most 3"),
    ],
)
def test_unusable_options_are_errors_of_one_line(tmp_path, capsys, options, message):
    assert main(["--out", str(tmp_path / "o"), *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_the_study_has_no_penalty_of_seen_labels(capsys):
    """Only unseen labels are candidates in the study, so a penalty would have no effect."""
    with pytest.raises(SystemExit):
        make_parser().parse_args(["--out", "x", "--seen-penalty", "1"])
    assert "unrecognized arguments: --seen-penalty" in capsys.readouterr().err
