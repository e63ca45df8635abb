"""Zero-shot accuracy of mmCLIP on unseen activities, compared with a permutation control.

    python -m builders.amass --preset zeroshot --out sixty.zarr
    python -m benchmarks.zero_shot sixty.zarr --out runs/zero-shot

For each group of activities in the paper's protocol, the script trains models with several seeds on
data without this group. In the permutation controls, which follow, every label has the text of
another label. Each model is evaluated once, after training, on subjects that are not used in
training, with the group's labels as candidates and with all labels as candidates. The group on
which the settings were tuned (G1) is reported separately. With --test-store, the models are
evaluated on people of other stores. With --pretrain-store, one model per seed is pre-trained on
stores without the unseen activities, such as stores of the preset grammar; the model is evaluated
directly after pre-training, and then fine-tuned for each group or, with --method bilinear, combined
with the models that are trained without the group. With --recipe, the stores are built
first, and the settings are read from a recipe in benchmarks/recipes. Finished stores and training
runs are skipped, and interrupted runs are resumed.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.zero_shot_recipe import RECIPES, build_stores, parse_with_recipe
from benchmarks.zero_shot_runs import evaluate_models, pretrain_classifier, train_classifier
from benchmarks.zero_shot_table import (
    CONTROL,
    NOT_TUNED_ON,
    TUNED_ON,
    class_lines,
    results_table,
)
from mmclip.command_options import add_scoring_options
from mmclip.paths import path_argument
from mmclip.presets import PRESETS

# Captions of the grammar describe single movements; a label of the grammar may join several
# captions.
PRETRAINING = ["captions=true", "sampling=clip", "steps=1500", "select=retrieval"]
EXAMPLES = """
examples:
  python -m benchmarks.zero_shot sixty.zarr --out runs/zero-shot --seeds 3 --derangements 5
  python -m benchmarks.zero_shot sixty.zarr --out runs/quick --groups G1 --seeds 1 --set steps=500
  python -m benchmarks.zero_shot sixty.zarr --test-store people.zarr --out runs/people
  python -m benchmarks.zero_shot sixty.zarr --pretrain-store grammar.zarr --out runs/adapted
  python -m benchmarks.zero_shot sixty.zarr --out runs/zero-shot --scoring both --hub-correction on
  python -m benchmarks.zero_shot --recipe best --out runs/best
"""


def main(arguments: list[str] | None = None) -> int:
    """Train, evaluate and print; the exit status is 0, or 2 if the input cannot be used."""
    options = parse_with_recipe(make_parser(), arguments)
    from mmclip.errors import MmclipError

    if options.recipe and (status := build_stores(options.recipe, options.out)):
        return status
    try:
        result = study(options)
    except MmclipError as error:
        print(error, file=sys.stderr)
        return 2
    (options.out / "zero_shot.json").write_text(json.dumps(result, indent=2) + "\n")
    print(results_table(result))
    print(class_lines(result))
    for confusion in result["worst_confusions"]:
        print(f"confused: {confusion['text']}")
    print(f"{options.out}: zero_shot.json, and a folder for each training and evaluation")
    return 0


def study(options: argparse.Namespace) -> dict:
    """Train and evaluate all models; return the content of zero_shot.json."""
    import jax

    from benchmarks.machine_info import commit, machine

    _check_members(options)
    require_test_clips(options)
    folders = {
        group: [train_classifier(options, group, seed) for seed in range(options.seeds)]
        for group in options.groups
    }
    controls = [
        train_classifier(options, options.groups[number % len(options.groups)], 0, number + 1)
        for number in range(options.derangements)
    ]
    kinds = _results(options, folders)
    if options.pretrain_store:
        bases = [pretrain_classifier(options, seed) for seed in range(options.seeds)]
        for group in options.groups:
            found = evaluate_models(options, f"straight-{group}", bases, labels=group)
            kinds[f"{group} straight"] = _pooled(found["runs"])
    if controls:
        kinds[CONTROL] = _pooled(evaluate_models(options, CONTROL, controls)["runs"])
    return {
        "commit": commit(),
        "machine": machine(jax.devices()[0]),
        "stores": options.stores,
        "test_stores": options.test_store,
        "pretrain_stores": options.pretrain_store,
        "preset": options.preset,
        "members": options.members,
        "method": options.method,
        "settings": options.set,
        "pretraining": options.pretrain_set if options.pretrain_store else [],
        "recipe": options.recipe,
        **kinds,
    }


def _results(options: argparse.Namespace, folders: dict[str, list[Path]]) -> dict:
    """Pool the results of each group, of all groups, and of all groups except the tuning group."""
    flat = [folder for each in folders.values() for folder in each]
    found = evaluate_models(options, "true", flat)
    of_all = evaluate_models(options, "all-candidates", flat, "all")
    groups = {group: [str(folder) for folder in each] for group, each in folders.items()}
    groups["all"] = [str(folder) for folder in flat]
    others = [str(f) for group, each in folders.items() if group != TUNED_ON for f in each]
    if TUNED_ON in folders and others:
        groups[NOT_TUNED_ON] = others
    kinds: dict = {}
    for kind, models in groups.items():
        own, among_all = (
            _pooled([run for run in result["runs"] if run["model"] in models])
            for result in (found, of_all)
        )
        kinds[kind] = {**own, "of_all": among_all}
    return {**kinds, "worst_confusions": found["worst_confusions"]}


def _pooled(runs: list[dict]) -> dict:
    """Pooled results, with the accuracy of each model."""
    from mmclip.evaluation_report import pool_runs

    return {**pool_runs(runs), "runs": {run["model"]: run["accuracy"] for run in runs}}


def _check_members(options: argparse.Namespace) -> None:
    """Raise MmclipError if the options combine bilinear maps, which mmclip.ensemble does not
    support.
    """
    from mmclip.errors import MmclipError

    if options.method == "bilinear" and options.members > 1:
        problem, hint = f"{options.members} with --method bilinear", "leave out --members"
        raise MmclipError("options", "--members", problem, hint)


def require_test_clips(options: argparse.Namespace) -> None:
    """Check before any training that every group can be evaluated.

    Raises:
        MmclipError: fewer than two labels of a group have a clip in the evaluated split.
    """
    from mmclip.errors import MmclipError
    from mmclip.prepared_data import open_corpus
    from mmclip.presets import load_preset
    from mmclip.protocol import unseen_labels

    settings = load_preset(options.preset, options.set)
    stores = options.test_store or options.stores
    corpus = open_corpus(stores, settings, verify=False, report=lambda line: None)
    where = ", ".join(stores)
    for group in dict.fromkeys(options.groups):
        labels = unseen_labels(tuple(group.split(",")), corpus.labels, where)
        windows = corpus.windows((options.split,), set(labels))
        present = {corpus.labels[label] for label in windows.label}
        if len(present) < 2:
            found = f"only {present.pop()!r}" if present else "none"
            problem = f"{found} of the {len(labels)} labels has a clip in the split {options.split}"
            hint = "give other --groups, another --split, or a store with more subjects"
            raise MmclipError(where, f"group {group}", problem, hint)


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.zero_shot",
        description=__doc__.split("\n\n", 2)[2],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "stores", type=path_argument, nargs="*", metavar="STORE", help="folders of finished stores"
    )
    parser.add_argument(
        "--recipe",
        choices=RECIPES,
        help="build the stores, and use the settings, of a recipe instead of STORE",
    )
    parser.add_argument("--out", type=_folder, required=True, metavar="DIR", help="output folder")
    parser.add_argument(
        "--groups",
        nargs="+",
        default=["G1", "G2", "G3"],
        metavar="NAME",
        help="labels that each training run excludes: a group of the protocol, or labels separated "
        "by commas (%(default)s)",
    )
    parser.add_argument(
        "--seeds", type=_count, default=3, metavar="N", help="number of seeds per group (3)"
    )
    parser.add_argument(
        "--members",
        type=_count,
        default=1,
        metavar="N",
        help="number of models, with different seeds, that mmclip.ensemble combines (1)",
    )
    parser.add_argument(
        "--derangements",
        type=int,
        default=5,
        metavar="N",
        help="number of permutation controls (5)",
    )
    _add_training_options(parser)
    parser.add_argument("--split", default="test", metavar="NAME", help="evaluated split (test)")
    parser.set_defaults(pretrain_out=None)
    return parser


def _add_training_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the stores, settings and scoring of the models."""
    parser.add_argument(
        "--preset", choices=tuple(PRESETS), default="small", help="preset of the settings (small)"
    )
    parser.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="settings that override the preset",
    )
    parser.add_argument(
        "--encoder",
        type=path_argument,
        default="minilm",
        metavar="NAME",
        help="text encoder (minilm)",
    )
    parser.add_argument(
        "--test-store",
        type=path_argument,
        nargs="+",
        default=[],
        metavar="STORE",
        help="stores of other people to evaluate on (the training stores)",
    )
    parser.add_argument(
        "--pretrain-store",
        type=path_argument,
        nargs="+",
        default=[],
        metavar="STORE",
        help="stores for pre-training, without the excluded labels (no pre-training)",
    )
    parser.add_argument(
        "--pretrain-set",
        nargs="+",
        default=PRETRAINING,
        metavar="KEY=VALUE",
        help=f"settings of pre-training ({' '.join(PRETRAINING)})",
    )
    parser.add_argument(
        "--method",
        choices=("full", "lora", "bilinear"),
        default="full",
        help="adaptation: fine-tuning of all weights or of low-rank updates, or a bilinear map on "
        "the pre-trained model and a model trained on the activities alone (full)",
    )
    add_scoring_options(parser)


def _folder(text: str) -> Path:
    return Path(path_argument(text))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer of at least 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
