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

    from benchmarks.throughput import commit, machine

    runs = {
        name: [_trained(options, name, seed) for seed in range(options.seeds)]
        for name in options.groups
    }
    luck = [
        _trained(options, options.groups[number % len(options.groups)], 0, number + 1)
        for number in range(options.derangements)
    ]
    apart = [folder for name in options.groups if name != TUNED_ON for folder in runs[name]]
    kinds = {**runs, "all": [folder for each in runs.values() for folder in each]}
    if TUNED_ON in runs and apart:
        kinds["not tuned on"] = apart
    if luck:
        kinds["deranged"] = luck
    return {
        "commit": commit(),
        "machine": machine(jax.devices()[0]),
        "stores": options.stores,
        "preset": options.preset,
        "settings": options.set,
        **{kind: _scored(options, kind, folders) for kind, folders in kinds.items()},
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


def _scored(options, kind: str, folders: list[Path]) -> dict:
    """What `mmclip.evaluate` says of some models."""
    from mmclip import evaluate

    out = options.out / f"eval-{kind.replace(' ', '-').replace(',', '+')}"
    command = [*options.stores, "--models", *map(str, folders), "--out", str(out), "--no-verify"]
    if evaluate.main([*command, "--split", options.split]):
        raise SystemExit(2)
    found = json.loads((out / "evaluation.json").read_text())
    return {
        "simulated": found["simulated"],
        "chance": found["chance"],
        "over_classes": found["over_classes"],
        "runs": {run["model"]: run["accuracy"] for run in found["runs"]},
    }


def told(found: dict) -> str:
    """The table and the verdict."""
    kinds = {kind: each for kind, each in found.items() if "over_classes" in each}
    lines = [f"{'':16s} {'mean':>6s}  95 % interval over classes  models"]
    for kind, each in kinds.items():
        over = each["over_classes"]
        span = f"{over['low']:.1%} to {over['high']:.1%}"
        lines.append(f"{kind:16s} {over['mean']:6.1%}  {span:26s}  {len(each['runs'])}")
    some = found["all"]
    what = "SIMULATED corpus, " if some["simulated"] else ""
    lines.append(f"{what}unseen labels; chance {some['chance']:.1%}")
    if "deranged" in kinds:
        low, luck = some["over_classes"]["low"], found["deranged"]["over_classes"]["mean"]
        verdict = "above" if low > luck else "NOT above"
        lines.append(f"lower end {low:.1%} is {verdict} the mean of deranged texts, {luck:.1%}")
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
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="per group (%(default)s)")
    parser.add_argument("--derangements", type=int, default=5, metavar="N", help="(%(default)s)")
    parser.add_argument("--preset", choices=("paper", "small"), default="small", help="(small)")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="settings")
    parser.add_argument("--encoder", default="minilm", metavar="NAME", help="of text (minilm)")
    parser.add_argument("--split", default="test", metavar="NAME", help="that is scored (test)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
