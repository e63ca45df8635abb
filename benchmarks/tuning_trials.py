"""Trials of training settings on the tuning group G1, with paired seeds.

    python -m benchmarks.tuning_trials recognition.zarr --test-store development.zarr \
        --pretrain-store grammar.zarr --out runs/trials

Each trial of `tuning_trials.toml` trains models without the activities of G1 and evaluates them on
people of another store, with the ten activities of G1 as candidates. The script prints the mean
recall of each trial, and the paired difference from the trial that it modifies, with a 95 %
interval over classes. The other groups of activities are not used. Finished runs are skipped, and
interrupted runs are resumed.
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.zero_shot_runs import evaluate_models, train_classifier
from benchmarks.zero_shot_table import TUNED_ON
from mmclip.paths import path_argument

TRIALS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
# Scoring and hub correction of each column of the table; all columns use the same trained models.
SCORINGS = tuple((scoring, hub) for scoring in ("class", "parts", "both") for hub in ("off", "on"))
# Trials are compared by this scoring, which is the best scoring of the trial `scratch`.
COMPARED = "parts on"
EXAMPLES = """
example:
  python -m benchmarks.tuning_trials recognition.zarr --test-store development.zarr \\
      --pretrain-store grammar.zarr --out runs/trials --trials scratch pretrained --seeds 3
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials and print the table; the exit status is 0, or 2 if the input is unusable."""
    options = make_parser().parse_args(arguments)
    from mmclip.errors import MmclipError

    try:
        results = {name: run_trial(options, name) for name in options.trials}
    except MmclipError as error:
        print(error, file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "trials.json").write_text(json.dumps(_with_provenance(results), indent=2) + "\n")
    print("\n".join(table(results)))
    return 0


def run_trial(options: argparse.Namespace, name: str) -> dict[str, list[dict]]:
    """Train and evaluate the models of a trial.

    Args:
        options: parsed command line.
        name: key of the trial.

    Returns:
        Result of each seed's model (`ModelScore.to_dict`), keyed by scoring such as "both on".
    """
    own = trial_options(options, name)
    folders = [train_classifier(own, TUNED_ON, seed) for seed in range(options.seeds)]
    results = {}
    for scoring, correction in SCORINGS:
        own.scoring, own.hub_correction = scoring, correction
        found = evaluate_models(own, f"{scoring}-{correction}", folders)
        results[f"{scoring} {correction}"] = found["runs"]
    return results


def trial_options(options: argparse.Namespace, name: str) -> argparse.Namespace:
    """Options of `benchmarks.zero_shot` for a trial; trials share pre-trained models."""
    common, trial = TRIALS["options"], TRIALS["trials"][name]
    joint = options.pretrain_store if trial.get("joint") else []
    return argparse.Namespace(
        stores=[*options.stores, *joint],
        test_store=options.test_store,
        pretrain_store=options.pretrain_store if trial.get("pretrain") else [],
        pretrain_set=[*common["pretrain_set"], *trial.get("pretrain_set", ())],
        pretrain_out=options.out / "pre",
        out=options.out / name,
        preset=common["preset"],
        set=[*common["set"], *trial.get("set", ())],
        method=trial.get("method", common["method"]),
        encoder="minilm",
        members=1,
        seen_penalty=None,
        split="test",
    )


def table(results: Mapping[str, Mapping[str, list[dict]]]) -> list[str]:
    """Lines of the result table: mean recall for each scoring, and paired differences."""
    from mmclip.evaluation_metrics import mean_and_interval
    from mmclip.evaluation_report import pool_runs

    columns = [f"{scoring} {correction}" for scoring, correction in SCORINGS]
    lines = [f"{'':20s} " + " ".join(f"{each:>9s}" for each in columns) + "  paired difference"]
    for name, by_scoring in results.items():
        means = [pool_runs(by_scoring[each])["over_classes"]["mean"] for each in columns]
        line = f"{name:20s} " + " ".join(f"{mean:9.1%}" for mean in means)
        reference = TRIALS["trials"][name].get("against")
        if reference in results:
            pairs = by_scoring[COMPARED], results[reference][COMPARED]
            found = mean_and_interval(paired_differences(*pairs))
            limits = f"({100 * found['low']:+.1f} to {100 * found['high']:+.1f})"
            line += f"  {100 * found['mean']:+5.1f} {limits} against {reference}"
        lines.append(line)
    return [*lines, f"SIMULATED corpus, group {TUNED_ON}; differences of {COMPARED}, in points"]


def paired_differences(runs: Sequence[dict], references: Sequence[dict]) -> dict[str, list[float]]:
    """Recall differences between runs with the same seed, keyed by class."""
    by_seed = {run["seed"]: run["recalls"] for run in references}
    shared = [run for run in runs if run["seed"] in by_seed]
    labels = shared[0]["recalls"] if shared else {}
    return {
        label: [run["recalls"][label] - by_seed[run["seed"]][label] for run in shared]
        for label in labels
    }


def _with_provenance(results: Mapping) -> dict:
    import jax

    from benchmarks.machine_info import commit, machine

    return {"commit": commit(), "machine": machine(jax.devices()[0]), "trials": results}


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tuning_trials",
        description=__doc__.split("\n\n", 2)[2],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    stores = {"type": path_argument, "nargs": "+", "metavar": "STORE"}
    parser.add_argument("stores", help="training stores with the sixty activities", **stores)
    parser.add_argument(
        "--test-store", required=True, help="stores of other people, evaluated on G1", **stores
    )
    parser.add_argument(
        "--pretrain-store", default=[], help="stores of the preset grammar", **stores
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="output folder")
    parser.add_argument(
        "--trials",
        nargs="+",
        choices=TRIALS["trials"],
        default=list(TRIALS["trials"]),
        metavar="NAME",
        help=f"trials to run (all: {', '.join(TRIALS['trials'])})",
    )
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="seeds per trial (3)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
