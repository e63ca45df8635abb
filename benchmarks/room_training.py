"""Does training in randomised rooms raise the accuracy in a room?

    python -m benchmarks.room_training --out runs/rooms --seeds 5

Two stores of the same clips are built: one in living rooms that vary from clip to clip, and one in
free space. Models with the same seeds and numbers of steps are trained on each store, without the
activities of a group of the protocol, and are tested on a stand-in in a room (`twin-d`), whose
people and motion-capture errors do not occur in training. The script prints the mean recall of the
unseen activities (zero-shot) and of the seen activities, and the paired difference between the
two stores with a 95 % interval over classes. All data are simulated. Finished stores and runs are
skipped, and interrupted ones are resumed.
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.tuning_trials import paired_differences
from benchmarks.zero_shot_recipe import build_stores
from benchmarks.zero_shot_runs import evaluate_models, train_model
from mmclip.paths import path_argument

RECIPE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
# Training stores; the first is compared with the second.
ARMS = ("rooms", "free")
MODES = ("zero-shot", "seen")


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, train, test and print; the exit status is 0, or 2 if the input is unusable."""
    options = make_parser().parse_args(arguments)
    from mmclip.errors import MmclipError

    if status := build(options):
        return status
    try:
        results = {arm: run_arm(options, arm) for arm in ARMS}
    except MmclipError as error:
        print(error, file=sys.stderr)
        return 2
    (options.out / "room_training.json").write_text(
        json.dumps({"commit": _commit(), "results": results}, indent=1) + "\n"
    )
    print("\n".join(table(results)))
    return 0


def build(options: argparse.Namespace) -> int:
    """Build the motions of the test store and all three stores, except those that are complete.

    Args:
        options: parsed command line.

    Returns:
        0, or the exit status of the first command that failed.
    """
    from builders import motions

    folder = options.out / "motions"
    command = [*RECIPE["motions"]["test"], "--out", str(folder)]
    command += RECIPE["sizes"][options.size]["motions"]
    return motions.main(command) or build_stores({"stores": store_options(options)}, options.out)


def store_options(options: argparse.Namespace) -> dict[str, list[str]]:
    """Return the options of `builders.amass` for each store, keyed by the name of the store."""
    stores, size = RECIPE["stores"], RECIPE["sizes"][options.size]
    motions = ["--amass", str(options.out / "motions")]
    return {
        "rooms": [*stores["rooms"], *size["stores"], *size["rooms"]],
        "free": [*stores["free"], *size["stores"]],
        "test": [*stores["test"], *motions, *size["test"]],
    }


def run_arm(options: argparse.Namespace, arm: str) -> dict[str, list[dict]]:
    """Train one model per seed and group on a store, and test the models in rooms.

    Args:
        options: parsed command line.
        arm: name of the training store.

    Returns:
        Result of each model (`ModelScore.to_dict`), keyed by the mode of the evaluation.
    """
    own = _run_options(options, arm)
    folders = [
        train_model(own, group, seed) for group in options.groups for seed in range(options.seeds)
    ]
    return {mode: evaluate_models(own, mode, folders, mode=mode)["runs"] for mode in MODES}


def _run_options(options: argparse.Namespace, arm: str) -> argparse.Namespace:
    """Return the options of `benchmarks.zero_shot_runs` for a training store."""
    stores = {name: [str(options.out / "stores" / f"{name}.zarr")] for name in (arm, "test")}
    settings = RECIPE["sizes"][options.size]["set"]
    return argparse.Namespace(
        **{**RECIPE["options"], "set": [*RECIPE["options"]["set"], *settings, *options.set]},
        stores=stores[arm],
        test_store=stores["test"],
        pretrain_store=[],
        out=options.out / arm,
        encoder=options.encoder,
        seen_penalty=None,
        split="test",
    )


def table(results: Mapping[str, Mapping[str, list[dict]]]) -> list[str]:
    """Return the lines of the result table: mean recalls, and mean differences of paired models.

    Args:
        results: results of `run_arm`, keyed by the name of the training store.
    """
    from mmclip.evaluation_metrics import mean_and_interval
    from mmclip.evaluation_report import pool_runs

    lines = [f"{'':10s} {'rooms':>7s} {'free':>7s}  difference in points, 95 % over classes"]
    for mode in MODES:
        runs = [results[arm][mode] for arm in ARMS]
        means = [pool_runs(each)["over_classes"]["mean"] for each in runs]
        found = mean_and_interval(_differences(*runs))
        limits = f"({100 * found['low']:+.1f} to {100 * found['high']:+.1f})"
        levels = " ".join(f"{mean:7.1%}" for mean in means)
        lines.append(f"{mode:10s} {levels}  {100 * found['mean']:+.1f} {limits}")
    count = len(results[ARMS[0]][MODES[0]])
    return [*lines, f"SIMULATED stand-in twin-d; {count} pairs of models"]


def _differences(runs: Sequence[dict], references: Sequence[dict]) -> dict[str, list[float]]:
    """Return recall differences of models with the same group and seed, keyed by class."""
    differences: dict[str, list[float]] = {}
    for group in dict.fromkeys(_group(run) for run in runs):
        pairs = ([run for run in each if _group(run) == group] for each in (runs, references))
        for label, values in paired_differences(*pairs).items():
            differences.setdefault(label, []).extend(values)
    return differences


def _group(run: Mapping) -> str:
    """Return the part of the name of a run's folder that identifies the unseen activities."""
    return Path(run["model"]).name.rsplit("-", 1)[0]


def _commit() -> str:
    from benchmarks.machine_info import commit

    return commit()


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.room_training",
        description=__doc__.split("\n\n", 2)[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--out", type=lambda text: Path(path_argument(text)), required=True, metavar="DIR",
        help="output folder for motions, stores, models and results",
    )  # fmt: skip
    parser.add_argument(
        "--groups", nargs="+", default=["G1"], metavar="NAME",
        help="labels that each training excludes: a group of the protocol, or labels separated by "
        "commas (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--seeds", type=int, default=5, metavar="N", help="seeds per group (%(default)s)"
    )
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="KEY=VALUE", help="settings of both training runs"
    )
    parser.add_argument(
        "--encoder", type=path_argument, default="minilm", metavar="NAME",
        help="text encoder (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--size", choices=tuple(RECIPE["sizes"]), default="full",
        help="full: 2,400 clips per store, about 9 hours on two cores (a prediction); reduced: 360 "
        "clips, 1.5 hours; miniature: a trial without useful results (default: %(default)s)",
    )  # fmt: skip
    return parser


if __name__ == "__main__":
    sys.exit(main())
