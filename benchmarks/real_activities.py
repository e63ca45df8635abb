"""Recognise five activities in recordings of real people with models trained on simulated people.

    python -m benchmarks.activity_simulation --out five.npz --takes 150
    python -m benchmarks.real_activities --recordings DIR --simulated five.npz

DIR has one folder of pictures per activity (docs/real.md names the public data set). By default,
the models are tested on the people A to E, whose recordings were used to develop the motions and
the receiver model. With `--final`, the models are tested on the people F to O, and the result is
appended to a log of all final runs.
"""

import argparse
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.activity_features import LogisticRegression, picture_features
from benchmarks.activity_pictures import (
    DEVELOPMENT,
    FINAL,
    LABELS,
    RECORDING,
    Pictures,
    Receiver,
    doppler_picture,
    recorded_pictures,
)
from benchmarks.activity_scores import (
    SIMULATED_PENALTY,
    few_shot,
    mean_over_seeds,
    mean_recall,
    permutation_control,
    scores_of,
)
from pipelines.store_reader import Store

FINAL_LOG = "real-final-runs.jsonl"
# Range of the amplitude of an echo's strongest part, in units of full scale. In the recordings,
# echoes range from a hundredth of full scale to clipping.
AMPLITUDES = (0.1, 1.0)
SHOTS = (1, 5, 10)


def main(arguments: list[str] | None = None) -> None:
    """Run the command with the given command-line arguments."""
    options = make_parser().parse_args(arguments)
    simulated = simulated_pictures(options.simulated, options.copies, options.seed)
    tested = FINAL if options.final else DEVELOPMENT
    recorded = recorded_pictures(options.recordings, tested)
    result = score(simulated, recorded, tested, options.seeds, options.permutations)
    print_result(result, tested)
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=1))
    if options.final:
        log_final_run(Path(options.log), result)


def simulated_pictures(
    path: str, copies: int, seed: int, receiver: Receiver = RECORDING
) -> Pictures:
    """Simulate the recording receiver's pictures of all clips in a store.

    Args:
        path: store of the preset `five-activities`, with IF cubes, or file of
            `benchmarks.activity_simulation`.
        copies: number of pictures per clip, each with a different echo level.
        seed: random seed of the echo levels and of the receiver noise.
        receiver: properties of the receiver.
    """
    values, labels, people = [], [], []
    for row, (label, person, echo) in enumerate(simulated_echoes(path)):
        for copy in range(copies):
            rng = np.random.default_rng((seed, row, copy))
            values.append(doppler_picture(scaled_echo(echo, rng), rng, receiver))
            labels.append(label)
            people.append(person)
    return Pictures(values=np.array(values), labels=np.array(labels), people=np.array(people))


def simulated_echoes(path: str) -> Iterator[tuple[str, str, np.ndarray]]:
    """Label, person and I/Q samples of every clip of a store or `activity_simulation` file."""
    if path.endswith(".npz"):
        for name, echo in np.load(path).items():
            yield (*name.split("/"), echo)
        return
    store = Store(path)
    for row, clip in store.clips.items():
        label = clip.take.rsplit("/", 1)[-1].split("_")[0]
        yield label, clip.subject, store.cube_v(row).ravel()


def scaled_echo(echo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Scale an echo to a random level in units of full scale, and make approaching speeds positive.

    Receding echoes have positive frequencies in the simulation and negative frequencies in the
    recordings.
    """
    moving = np.conj(echo - echo.mean())
    strongest = np.quantile(np.abs(moving), 0.98)
    low, high = np.log(AMPLITUDES)
    return moving / strongest * np.exp(rng.uniform(low, high))


def score(
    simulated: Pictures,
    recorded: Pictures,
    tested: tuple[str, ...],
    num_seeds: int,
    num_permutations: int,
) -> dict:
    """Compute all scores on the recordings of the test people.

    Args:
        simulated: simulated pictures for training.
        recorded: pictures of the test people.
        tested: the test people.
        num_seeds: number of random choices of few-shot recordings, over which scores are averaged.
        num_permutations: number of models in the permutation control.
    """
    train = (picture_features(simulated.values), simulated.labels)
    features = picture_features(recorded.values)
    test = (features, recorded.labels)
    model = LogisticRegression(SIMULATED_PENALTY).fit(*train)
    predicted = model.predict(features)
    few = (features, recorded.labels, recorded.people)

    def shots(sim, count):
        return mean_over_seeds(
            lambda seed: mean_recall(
                recorded.labels, few_shot(sim, few, count, np.array(tested), seed)
            ),
            num_seeds,
        )

    return {
        **scores_of(recorded, predicted, "simulation only"),
        "permutation control": permutation_control(train, test, num_permutations),
        "few-shot": {str(count): shots(train, count) for count in SHOTS},
        "from scratch": {str(count): shots(None, count) for count in SHOTS},
        "simulated pictures": len(simulated.labels),
    }


def print_result(result: dict, tested: tuple[str, ...]) -> None:
    """Print all scores in per cent."""
    low, high = (100 * each for each in result["interval over people"])
    control = result["permutation control"]
    print(f"people {''.join(tested)}: {result['recordings']} recordings")
    print(f"simulation only: {100 * result['simulation only']:.1f} % ({low:.1f} to {high:.1f} %)")
    print("recall: " + ", ".join(f"{k} {100 * v:.0f} %" for k, v in result["recall"].items()))
    print(f"permutation control: {100 * control['mean']:.1f} %", end=" ")
    print(f"({100 * control['low']:.1f} to {100 * control['high']:.1f} %)")
    for count in result["few-shot"]:
        tuned, scratch = (100 * result[name][count] for name in ("few-shot", "from scratch"))
        print(f"{count} recordings per activity: {tuned:.1f} %, from scratch {scratch:.1f} %")
    print("confusions (rows: true, columns: predicted; " + ", ".join(LABELS) + ")")
    for label, row in zip(LABELS, result["confusions"]):
        print(f"  {label:12}" + "".join(f"{each:5d}" for each in row))


def log_final_run(path: Path, result: dict) -> None:
    """Append a final run to the log, and print all runs of the log."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    line = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip() or "unknown",
        "earlier final runs": len(path.read_text().splitlines()) if path.is_file() else 0,
        **result,
    }
    with path.open("a") as log:
        log.write(json.dumps(line) + "\n")
    print(f"all final runs ({path}):\n{path.read_text()}")


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.real_activities",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--recordings", required=True, help="folder with a subfolder per activity")
    parser.add_argument(
        "--simulated", required=True, help="store of the preset five-activities, or I/Q file"
    )
    parser.add_argument("--copies", type=int, default=3, help="pictures per simulated clip")
    parser.add_argument("--seed", type=int, default=0, help="random seed of levels and noise")
    parser.add_argument("--seeds", type=int, default=5, help="choices of few-shot recordings")
    parser.add_argument("--permutations", type=int, default=20, help="permutation controls")
    add_final_options(parser)
    return parser


def add_final_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the final run, its log and the output file."""
    parser.add_argument("--final", action="store_true", help="log the scores on people F to O")
    parser.add_argument("--log", default=FINAL_LOG, help="log file of the final runs")
    parser.add_argument("--json", default="", help="output file of all scores")


if __name__ == "__main__":
    main()
