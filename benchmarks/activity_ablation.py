"""Which properties of the simulated training data affect the recognition of real people?

    python -m benchmarks.activity_simulation --out five.npz --takes 50
    python -m benchmarks.activity_simulation --out far.npz --takes 50 --change far
    python -m benchmarks.activity_ablation --recordings DIR --simulated five.npz --changed far.npz

In each row of the table, a single property of the simulation or of the receiver differs from the
first row. The models are trained on simulated takes alone, and tested on the people A to E. The
takes have the same motions and the same random numbers in all rows.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.activity_features import LogisticRegression, picture_features
from benchmarks.activity_pictures import DEVELOPMENT, LABELS, RECORDING, Pictures, recorded_pictures
from benchmarks.activity_scores import SIMULATED_PENALTY, mean_recall, recall_by_activity
from benchmarks.real_activities import simulated_pictures

# Receivers that differ from the receiver of the recordings in a single property.
RECEIVERS = {
    "receiver without noise": replace(RECORDING, noise_rms=0.0),
    "receiver without quantisation": replace(RECORDING, step=0.0),
    "receiver without clipping": replace(RECORDING, clips=False),
    "receiver with a Hann window": replace(RECORDING, window=True),
}


def main(arguments: list[str] | None = None) -> None:
    """Print the mean recall and the recall of every activity for each changed property."""
    options = make_parser().parse_args(arguments)
    recorded = recorded_pictures(options.recordings, DEVELOPMENT)
    features = picture_features(recorded.values)
    rows = {"none": (options.simulated, RECORDING)}
    rows |= {name: (options.simulated, receiver) for name, receiver in RECEIVERS.items()}
    rows |= {Path(path).stem: (path, RECORDING) for path in options.changed}
    print("| changed property | mean recall | " + " | ".join(LABELS) + " |")
    print("|---" * (2 + len(LABELS)) + "|")
    for name, (path, receiver) in rows.items():
        simulated = simulated_pictures(path, options.copies, options.seed, receiver)
        found = recalls(simulated, features, recorded.labels)
        print(f"| {name} | " + " | ".join(f"{100 * each:.1f} %" for each in found) + " |")


def recalls(simulated: Pictures, features: np.ndarray, labels: np.ndarray) -> list[float]:
    """Mean recall, followed by the recall of each activity, of a model trained on simulated takes.

    Args:
        simulated: simulated pictures for training.
        features, labels: features and labels of the recordings.
    """
    model = LogisticRegression(SIMULATED_PENALTY)
    model.fit(picture_features(simulated.values), simulated.labels)
    predicted = model.predict(features)
    return [mean_recall(labels, predicted), *recall_by_activity(labels, predicted).values()]


def make_parser() -> argparse.ArgumentParser:
    """Create the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.activity_ablation")
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--recordings", required=True, help="folder with a subfolder per activity")
    parser.add_argument("--simulated", required=True, help="I/Q file of the unchanged simulation")
    parser.add_argument(
        "--changed", nargs="*", default=[], help="I/Q files with a change, named after the change"
    )
    parser.add_argument("--copies", type=int, default=3, help="pictures per simulated clip")
    parser.add_argument("--seed", type=int, default=0, help="random seed of levels and noise")
    return parser


if __name__ == "__main__":
    main()
