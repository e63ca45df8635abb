"""Training and evaluation runs of `benchmarks.zero_shot`, each in a separate folder."""

import argparse
import json
from pathlib import Path

from benchmarks.zero_shot_table import CONTROL


def train_classifier(options: argparse.Namespace, group: str, seed: int, derange: int = 0) -> Path:
    """Train a model or, with `options.members`, an ensemble of several; return its folder."""
    train = fit_bilinear if options.method == "bilinear" else train_model
    runs = [train(options, group, each, derange) for each in _seeds(options, seed)]
    return _combined(options, runs)


def pretrain_classifier(options: argparse.Namespace, seed: int) -> Path:
    """Pre-train a model or, with `options.members`, an ensemble of several; return its folder."""
    return _combined(options, [pretrain_model(options, each) for each in _seeds(options, seed)])


def _seeds(options: argparse.Namespace, seed: int) -> range:
    """Training seeds of the members of a model; no two models share a seed."""
    return range(seed * options.members, (seed + 1) * options.members)


def _combined(options: argparse.Namespace, runs: list[Path]) -> Path:
    from mmclip.ensemble import combine_runs

    if options.members == 1:
        return runs[0]
    folder = options.out / f"ensemble-{runs[0].name}"
    combine_runs(runs, folder)
    return folder


def train_model(options: argparse.Namespace, group: str, seed: int, derange: int = 0) -> Path:
    """Start or resume a training run; return its folder."""
    from mmclip.presets import load_preset
    from mmclip.pretrain import pretrain

    folder = options.out / f"{group.replace(',', '+')}-{_suffix(seed, derange)}"
    overrides = [*options.set, f"seed={seed}", f"unseen={group}", f"derange={derange}"]

    def report(line: str) -> None:
        print(f"{folder.name}: {line}", flush=True)

    if options.pretrain_store:
        base = pretrain_model(options, seed, derange)
        _check_base(base, group)
        _finetune(options, base, folder, overrides)
        return folder
    settings = load_preset(options.preset, overrides)
    pretrain(options.stores, folder, settings, options.encoder, verify=False, report=report)
    return folder


def fit_bilinear(options: argparse.Namespace, group: str, seed: int, derange: int = 0) -> Path:
    """Fit a bilinear map on a model trained on the activities and, if any, a pre-trained model."""
    from mmclip import bilinear

    scratch = argparse.Namespace(**{**vars(options), "pretrain_store": []})
    runs = [train_model(scratch, group, seed, derange)]
    if options.pretrain_store:
        runs.append(pretrain_model(options, seed, derange))
        _check_base(runs[1], group)
    folder = options.out / f"bilinear-{runs[0].name}"
    if not _is_fitted(folder, runs):
        bilinear.fit(options.stores, runs, folder, verify=False)
    return folder


def _is_fitted(folder: Path, runs: list[Path]) -> bool:
    """Whether a folder contains a complete bilinear map on the present weights of the runs."""
    from mmclip.ensemble_network import MEMBERS
    from mmclip.model_files import DESCRIPTION, read_description
    from mmclip.query_bank import ENTRY

    if not (folder / DESCRIPTION).exists():
        return False
    found = read_description(folder)
    digests = [member["weights_sha256"] for member in found[MEMBERS]]
    return ENTRY in found and digests == [read_description(r)["weights_sha256"] for r in runs]


def pretrain_model(options: argparse.Namespace, seed: int, derange: int = 0) -> Path:
    """Start or resume the pre-training of a seed or of a control; return its folder."""
    from mmclip.presets import load_preset
    from mmclip.pretrain import pretrain

    out = options.pretrain_out or options.out
    folder = out / f"pre-{_suffix(seed, derange)}"
    overrides = [*options.pretrain_set, f"seed={seed}", f"derange={derange}"]
    settings = load_preset(options.preset, overrides)
    pretrain(
        options.pretrain_store,
        folder,
        settings,
        options.encoder,
        verify=False,
        report=lambda line: print(f"{folder.name}: {line}", flush=True),
    )
    return folder


def _suffix(seed: int, derange: int) -> str:
    """Suffix of the folder name of a run; the first seed of a control has no suffix."""
    if not derange:
        return str(seed)
    return f"{CONTROL}{derange}-{seed}" if seed else f"{CONTROL}{derange}"


def _check_base(base: Path, group: str) -> None:
    """Check before fine-tuning that no label of the group occurred in pre-training."""
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


def evaluate_models(
    options: argparse.Namespace,
    kind: str,
    folders: list[Path],
    candidates: str = "unseen",
    labels: str = "",
    mode: str = "zero-shot",
) -> dict:
    """Evaluate all models, by default on their unseen labels; return evaluation.json.

    Args:
        options: options of the benchmark.
        kind: name of the evaluation, which is part of the name of the folder.
        folders: folders of the models.
        candidates: candidate labels, "unseen" or "all".
        labels: labels to evaluate, separated by commas; "" for those that the mode implies.
        mode: mode of `mmclip.evaluate`.
    """
    from mmclip import evaluate

    out = options.out / f"eval-{kind}"
    stores = options.test_store or options.stores
    command = [*stores, "--models", *map(str, folders), "--out", str(out), "--no-verify"]
    command += [] if mode == "zero-shot" else ["--mode", mode]
    if labels:
        command += ["--labels", *labels.split(",")]
    for name in ("scoring", "hub_correction"):
        if value := getattr(options, name):
            command += [f"--{name.replace('_', '-')}", value]
    if options.seen_penalty is not None:
        command += ["--seen-penalty", str(options.seen_penalty)]
    if evaluate.main([*command, "--split", options.split, "--candidates", candidates]):
        raise SystemExit(2)
    return json.loads((out / "evaluation.json").read_text())
