"""Zero-shot accuracy of mmCLIP on unseen activities, compared with a permutation control.

    python -m builders.amass --preset zeroshot --out sixty.zarr
    python -m benchmarks.zero_shot sixty.zarr --out runs/zero-shot

For each group of activities in the paper's protocol, the script trains models without this group,
with several seeds. Permutation controls follow, in which every label has the text of another label.
Each model is evaluated once, after training, on subjects that are not used in training. The group
on which the settings were tuned (G1) is reported separately. Finished training runs are not
repeated; interrupted ones are resumed.
"""

import argparse
import json
import sys
from pathlib import Path

from mmclip.paths import path_argument
from mmclip.presets import PRESETS

# Group of the protocol on which the settings were tuned.
TUNED_ON = "G1"
# Name of the results over all other groups.
NOT_TUNED_ON = "not tuned on"
# Name of the permutation controls.
CONTROL = "deranged"
EXAMPLES = """
examples:
  python -m benchmarks.zero_shot sixty.zarr --out runs/zero-shot --seeds 3 --derangements 5
  python -m benchmarks.zero_shot sixty.zarr --out runs/quick --groups G1 --seeds 1 --set steps=500
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
    scores = _evaluate(options, "true", [folder for each in folders.values() for folder in each])
    kinds = {group: [scores[str(folder)] for folder in each] for group, each in folders.items()}
    not_tuned_on = [run for group, each in kinds.items() if group != TUNED_ON for run in each]
    kinds["all"] = list(scores.values())
    if TUNED_ON in folders and not_tuned_on:
        kinds[NOT_TUNED_ON] = not_tuned_on
    if controls:
        kinds[CONTROL] = list(_evaluate(options, CONTROL, controls).values())
    return {
        "commit": commit(),
        "machine": machine(jax.devices()[0]),
        "stores": options.stores,
        "preset": options.preset,
        "settings": options.set,
        **{kind: pool_runs(each) for kind, each in kinds.items()},
    }


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
    corpus = open_corpus(options.stores, settings, verify=False, report=lambda line: None)
    where = ", ".join(options.stores)
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

    settings = load_preset(options.preset, overrides)
    pretrain(options.stores, folder, settings, options.encoder, verify=False, report=report)
    return folder


def _evaluate(options: argparse.Namespace, kind: str, folders: list[Path]) -> dict[str, dict]:
    """Results of `mmclip.evaluate` for each model, keyed by its folder."""
    from mmclip import evaluate

    out = options.out / f"eval-{kind}"
    command = [*options.stores, "--models", *map(str, folders), "--out", str(out), "--no-verify"]
    if evaluate.main([*command, "--split", options.split]):
        raise SystemExit(2)
    result = json.loads((out / "evaluation.json").read_text())
    return {run["model"]: {**run, "simulated": result["simulated"]} for run in result["runs"]}


def pool_runs(runs: list[dict]) -> dict:
    """Mean recall over the classes with clips, its confidence interval, and model accuracies."""
    import numpy as np

    from mmclip.evaluation_metrics import mean_and_interval, recall_by_class

    by_class: dict[str, list[float]] = {}
    for run in runs:
        for label, recall in zip(run["labels"], recall_by_class(np.array(run["confusion"]))):
            if np.isfinite(recall):  # a label without a clip in this split has no recall
                by_class.setdefault(label, []).append(float(recall))
    return {
        "labels": len({label for run in runs for label in run["labels"]}),
        "labels_with_clips": len(by_class),
        "simulated": runs[0]["simulated"],
        # A window can be assigned to any label of its group, including labels without clips.
        "chance": sum(1 / len(run["labels"]) for run in runs) / len(runs),
        "over_classes": mean_and_interval(by_class),
        "runs": {run["model"]: run["accuracy"] for run in runs},
    }


def results_table(result: dict) -> str:
    """Table of the mean recalls, and the comparison with the permutation control."""
    kinds = {kind: each for kind, each in result.items() if "over_classes" in each}
    lines = [f"{'':16s} {'mean':>6s}  95 % interval over classes  models"]
    for kind, each in kinds.items():
        recall = each["over_classes"]
        interval = f"{recall['low']:.1%} to {recall['high']:.1%}"
        lines.append(f"{kind:16s} {recall['mean']:6.1%}  {interval:26s}  {len(each['runs'])}")
        lines += _labels_without_clips(kind, each)
    # The settings may overfit the group on which they were tuned, so compare other groups.
    name = NOT_TUNED_ON if NOT_TUNED_ON in kinds else "all"
    compared = result[name]
    corpus = "SIMULATED corpus, " if compared["simulated"] else ""
    lines.append(f"{corpus}unseen labels; chance level {compared['chance']:.1%}")
    if CONTROL in kinds:
        low, control = compared["over_classes"]["low"], kinds[CONTROL]["over_classes"]["mean"]
        relation = "above" if low > control else "NOT above"
        lines.append(
            f"{name}: the lower limit {low:.1%} is {relation} the permutation control, "
            f"{control:.1%}"
        )
    return "\n".join(lines)


def _labels_without_clips(kind: str, pooled: dict) -> list[str]:
    missing = pooled["labels"] - pooled["labels_with_clips"]
    return (
        [f"  {kind}: {missing} of {pooled['labels']} labels have no clip here"] if missing else []
    )


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
