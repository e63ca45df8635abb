"""How often does a model name an activity that it never saw, and is that more than luck?

    python -m builders.amass --preset zeroshot --out sixty.zarr
    python -m benchmarks.zero_shot sixty.zarr --out runs/zero-shot

Trains on the corpus without each group of the paper's protocol, with several seeds; then trainings
in which every label is told by another's text: what those score is luck. Each model is scored once,
after its training, on the people that no training saw. What tuning looked at (G1) is told apart.
A training that is done or under way is not done again.
"""

import argparse
import json
import sys
from pathlib import Path

TUNED_ON = "G1"
APART = "not tuned on"
EXAMPLES = """
examples:
  python -m benchmarks.zero_shot sixty.zarr --out runs/zero-shot --seeds 3 --derangements 5
  python -m benchmarks.zero_shot sixty.zarr --out runs/quick --groups G1 --seeds 1 --set steps=500
"""


def main(arguments: list[str] | None = None) -> int:
    """Train, score and print; returns the exit status: 0, or 2 where something cannot be used."""
    options = _parser().parse_args(arguments)
    from mmclip.errors import MmclipError

    try:
        found = study(options)
    except MmclipError as error:
        print(error, file=sys.stderr)
        return 2
    (options.out / "zero_shot.json").write_text(json.dumps(found, indent=2) + "\n")
    print(told(found))
    print(f"{options.out}: zero_shot.json, and every training and evaluation in a folder")
    return 0


def study(options: argparse.Namespace) -> dict:
    """All trainings and scores, as JSON can hold them."""
    import jax

    from benchmarks.machine_info import commit, machine

    runs = {
        name: [_trained(options, name, seed) for seed in range(options.seeds)]
        for name in options.groups
    }
    luck = [
        _trained(options, options.groups[number % len(options.groups)], 0, number + 1)
        for number in range(options.derangements)
    ]
    true = _scored(options, "true", [folder for each in runs.values() for folder in each])
    kinds = {name: [true[str(folder)] for folder in each] for name, each in runs.items()}
    apart = [run for name, each in kinds.items() if name != TUNED_ON for run in each]
    kinds["all"] = list(true.values())
    if TUNED_ON in runs and apart:
        kinds[APART] = apart
    if luck:
        kinds["deranged"] = list(_scored(options, "deranged", luck).values())
    return {
        "commit": commit(),
        "machine": machine(jax.devices()[0]),
        "stores": options.stores,
        "preset": options.preset,
        "settings": options.set,
        **{kind: pooled(each) for kind, each in kinds.items()},
    }


def _trained(options, group: str, seed: int, derange: int = 0) -> Path:
    """The folder of a training, which goes on where it stopped."""
    from mmclip.presets import settings
    from mmclip.pretrain import pretrain

    folder = options.out / f"{group.replace(',', '+')}-{f'deranged{derange}' if derange else seed}"
    changes = [*options.set, f"seed={seed}", f"unseen={group}", f"derange={derange}"]

    def tell(line: str) -> None:
        print(f"{folder.name}: {line}", flush=True)

    pretrain(
        options.stores, folder, settings(options.preset, changes), options.encoder, False, tell
    )
    return folder


def _scored(options, kind: str, folders: list[Path]) -> dict[str, dict]:
    """What `mmclip.evaluate` says of each model, by its folder."""
    from mmclip import evaluate

    out = options.out / f"eval-{kind}"
    command = [*options.stores, "--models", *map(str, folders), "--out", str(out), "--no-verify"]
    if evaluate.main([*command, "--split", options.split]):
        raise SystemExit(2)
    found = json.loads((out / "evaluation.json").read_text())
    simulated = {"simulated": found["simulated"]}
    return {run["model"]: {**run, **simulated} for run in found["runs"]}


def pooled(runs: list[dict]) -> dict:
    """Mean recall over classes with its interval, and each model's accuracy."""
    import numpy as np

    from mmclip.figures_of_merit import mean_and_interval, recalls

    by_class: dict[str, list[float]] = {}
    for run in runs:
        for label, recall in zip(run["labels"], recalls(np.array(run["confusion"]))):
            by_class.setdefault(label, []).append(float(recall))
    return {
        "simulated": runs[0]["simulated"],
        "chance": sum(1 / len(run["labels"]) for run in runs) / len(runs),
        "over_classes": mean_and_interval(by_class),
        "runs": {run["model"]: run["accuracy"] for run in runs},
    }


def told(found: dict) -> str:
    """The table and the verdict."""
    kinds = {kind: each for kind, each in found.items() if "over_classes" in each}
    lines = [f"{'':16s} {'mean':>6s}  95 % interval over classes  models"]
    for kind, each in kinds.items():
        over = each["over_classes"]
        span = f"{over['low']:.1%} to {over['high']:.1%}"
        lines.append(f"{kind:16s} {over['mean']:6.1%}  {span:26s}  {len(each['runs'])}")
    # Tuning may have learned the group that it looked at.
    name = APART if APART in kinds else "all"
    some = found[name]
    what = "SIMULATED corpus, " if some["simulated"] else ""
    lines.append(f"{what}unseen labels; chance {some['chance']:.1%}")
    if "deranged" in kinds:
        low, luck = some["over_classes"]["low"], found["deranged"]["over_classes"]["mean"]
        verdict = "above" if low > luck else "NOT above"
        lines.append(f"{name}: lower end {low:.1%} is {verdict} that of luck, {luck:.1%}")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.zero_shot",
        description=__doc__.split("\n\n", 2)[2],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stores", nargs="+", metavar="STORE", help="folders of finished stores")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for everything")
    parser.add_argument(
        "--groups", nargs="+", default=["G1", "G2", "G3"], metavar="NAME",
        help="kept out in turn; of the protocol, or labels joined by commas (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--seeds", type=_count, default=3, metavar="N", help="per group (3)")
    parser.add_argument("--derangements", type=int, default=5, metavar="N", help="(%(default)s)")
    parser.add_argument("--preset", choices=("paper", "small"), default="small", help="(small)")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="settings")
    parser.add_argument("--encoder", default="minilm", metavar="NAME", help="of text (minilm)")
    parser.add_argument("--split", default="test", metavar="NAME", help="that is scored (test)")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
