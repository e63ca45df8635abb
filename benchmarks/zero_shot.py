"""Zero-shot accuracy of mmCLIP on unseen activities, compared with a permutation control.

    python -m builders.amass --preset zeroshot --out sixty.zarr
    python -m benchmarks.zero_shot sixty.zarr --out runs/zero-shot

For each group of activities in the paper's protocol, the script trains models without this group,
with several seeds. Permutation controls follow, in which every label has the text of another label.
Each model is evaluated once, after training, on subjects that are not used in training, with the
group's labels as candidates and with all labels as candidates. The group on which the settings were
tuned (G1) is reported separately. With --test-store, the models are evaluated on people of other
stores. With --pretrain-store, a model is pre-trained for each seed on stores without these
activities, such as those of the preset grammar; it is evaluated straight from pre-training, and
then fine-tuned for each group. Finished training runs are not repeated; interrupted ones are
resumed.
"""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.zero_shot_table import (
    CONTROL,
    NOT_TUNED_ON,
    TUNED_ON,
    class_lines,
    results_table,
)
from mmclip.paths import path_argument
from mmclip.presets import PRESETS
from mmclip.scoring_options import add_scoring_options

# Captions of the grammar describe single movements; its labels may join several of them.
PRETRAINING = ["captions=true", "sampling=clip", "steps=1500", "select=retrieval"]
EXAMPLES = """
examples:
  python -m benchmarks.zero_shot sixty.zarr --out runs/zero-shot --seeds 3 --derangements 5
  python -m benchmarks.zero_shot sixty.zarr --out runs/quick --groups G1 --seeds 1 --set steps=500
  python -m benchmarks.zero_shot sixty.zarr --test-store people.zarr --out runs/people
  python -m benchmarks.zero_shot sixty.zarr --pretrain-store grammar.zarr --out runs/adapted
  python -m benchmarks.zero_shot sixty.zarr --out runs/zero-shot --scoring both --hub-correction on
"""


def main(arguments: list[str] | None = None) -> int:
    """Train, evaluate and print; the exit status is 0, or 2 if the input cannot be used."""
    options = _parser().parse_args(arguments)
    from mmclip.errors import MmclipError

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

    require_test_clips(options)
    folders = {
        group: [_train(options, group, seed) for seed in range(options.seeds)]
        for group in options.groups
    }
    controls = [
        _train(options, options.groups[number % len(options.groups)], 0, derange=number + 1)
        for number in range(options.derangements)
    ]
    kinds = _results(options, folders)
    if options.pretrain_store:
        bases = [_pretrain(options, seed) for seed in range(options.seeds)]
        for group in options.groups:
            found = _evaluate(options, f"straight-{group}", bases, labels=group)
            kinds[f"{group} straight"] = _pooled(found["runs"])
    if controls:
        kinds[CONTROL] = _pooled(_evaluate(options, CONTROL, controls)["runs"])
    return {
        "commit": commit(),
        "machine": machine(jax.devices()[0]),
        "stores": options.stores,
        "test_stores": options.test_store,
        "pretrain_stores": options.pretrain_store,
        "preset": options.preset,
        "settings": options.set,
        **kinds,
    }


def _results(options: argparse.Namespace, folders: dict[str, list[Path]]) -> dict:
    """Pooled results of each group, of all groups, and of the groups that were not tuned on."""
    flat = [folder for each in folders.values() for folder in each]
    found = _evaluate(options, "true", flat)
    of_all = _evaluate(options, "all-candidates", flat, "all")
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


def _train(options: argparse.Namespace, group: str, seed: int, derange: int = 0) -> Path:
    """Start or resume a training run; return its folder."""
    from mmclip.presets import load_preset
    from mmclip.pretrain import pretrain

    suffix = f"{CONTROL}{derange}" if derange else seed
    folder = options.out / f"{group.replace(',', '+')}-{suffix}"
    overrides = [*options.set, f"seed={seed}", f"unseen={group}", f"derange={derange}"]

    def report(line: str) -> None:
        print(f"{folder.name}: {line}", flush=True)

    if options.pretrain_store:
        base = _pretrain(options, seed)
        _check_base(base, group)
        _finetune(options, base, folder, overrides)
        return folder
    settings = load_preset(options.preset, overrides)
    pretrain(options.stores, folder, settings, options.encoder, verify=False, report=report)
    return folder


def _pretrain(options: argparse.Namespace, seed: int) -> Path:
    """Start or resume the pre-training of a seed; return its folder."""
    from mmclip.presets import load_preset
    from mmclip.pretrain import pretrain

    folder = options.out / f"pre-{seed}"
    settings = load_preset(options.preset, [*options.pretrain_set, f"seed={seed}"])
    pretrain(
        options.pretrain_store,
        folder,
        settings,
        options.encoder,
        verify=False,
        report=lambda line: print(f"{folder.name}: {line}", flush=True),
    )
    return folder


def _check_base(base: Path, group: str) -> None:
    """Check before fine-tuning that pre-training had no label of the group."""
    from mmclip.errors import MmclipError
    from mmclip.protocol import groups

    names = groups().get(group, tuple(group.split(",")))
    trained = sorted(set(json.loads((base / "model.json").read_text())["seen"]) & set(names))
    if trained:
        problem = f"{', '.join(trained)}: used in training by --pretrain-store"
        hint = "pre-train on stores without the activities, such as those of --preset grammar"
        raise MmclipError(base, "labels", problem, hint)


def _finetune(options: argparse.Namespace, base: Path, folder: Path, overrides: list[str]) -> None:
    from mmclip import finetune

    command = [*options.stores, "--model", str(base), "--out", str(folder), "--no-verify"]
    if finetune.main([*command, "--method", options.method, "--set", *overrides]):
        raise SystemExit(2)


def _evaluate(
    options: argparse.Namespace,
    kind: str,
    folders: list[Path],
    candidates: str = "unseen",
    labels: str = "",
) -> dict:
    """Content of the evaluation.json of all models, on their unseen labels or on given ones."""
    from mmclip import evaluate

    out = options.out / f"eval-{kind}"
    stores = options.test_store or options.stores
    command = [*stores, "--models", *map(str, folders), "--out", str(out), "--no-verify"]
    if labels:
        command += ["--labels", *labels.split(",")]
    for name in ("scoring", "hub_correction"):
        if value := getattr(options, name):
            command += [f"--{name.replace('_', '-')}", value]
    if evaluate.main([*command, "--split", options.split, "--candidates", candidates]):
        raise SystemExit(2)
    return json.loads((out / "evaluation.json").read_text())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.zero_shot",
        description=__doc__.split("\n\n", 2)[2],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "stores", type=path_argument, nargs="+", metavar="STORE", help="folders of finished stores"
    )
    parser.add_argument("--out", type=_folder, required=True, metavar="DIR", help="output folder")
    parser.add_argument(
        "--groups",
        nargs="+",
        default=["G1", "G2", "G3"],
        metavar="NAME",
        help="what each training excludes: a group of the protocol, or labels joined by commas "
        "(%(default)s)",
    )
    parser.add_argument("--seeds", type=_count, default=3, metavar="N", help="seeds per group (3)")
    parser.add_argument(
        "--derangements", type=int, default=5, metavar="N", help="permutation controls (5)"
    )
    parser.add_argument("--preset", choices=tuple(PRESETS), default="small", help="preset (small)")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="KEY=VALUE", help="override settings"
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
        help="stores to evaluate on, with other people (the training stores)",
    )
    parser.add_argument(
        "--pretrain-store",
        type=path_argument,
        nargs="+",
        default=[],
        metavar="STORE",
        help="stores for pre-training, which contain none of the activities (no pre-training)",
    )
    parser.add_argument(
        "--pretrain-set",
        nargs="+",
        default=PRETRAINING,
        metavar="KEY=VALUE",
        help=f"settings of pre-training ({' '.join(PRETRAINING)})",
    )
    parser.add_argument(
        "--method", choices=("full", "lora"), default="full", help="fine-tuning method (full)"
    )
    add_scoring_options(parser)
    parser.add_argument("--split", default="test", metavar="NAME", help="evaluated split (test)")
    return parser


def _folder(text: str) -> Path:
    return Path(path_argument(text))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer of at least 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
