"""Made-up files in the published layouts of the data that `mmclip.study --amass ...` needs."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.amass_dataset import amass_arrays, write_amass_dataset
from tests.helpers.text_sets import babel_set, humanml3d_set, label, line, sequence
from tests.helpers.text_towers import write_clip

MODEL = "made-up-model"
# Labels of the recorded domain: activities of the protocol, of which two are unseen.
UNSEEN = ("bow", "kick")
LABELS = (*UNSEEN, "squat", "jump")
PEOPLE = 4
# One sentence of HumanML3D, and the actions of BABEL.
SENTENCE = "a person walks and turns"
ACTIONS = ("walk", "turn", "clap", "stand", "wave", "sit")


def write_licensed_data(root: Path) -> None:
    """Write `AMASS`, `models`, `babel`, `HumanML3D` and `clip` below a folder.

    There are four people, and the longest motion shows three actions in succession.
    """
    write_amass_dataset(root)
    np.savez(root / "AMASS/CMU/01/shape.npz", betas=np.zeros(16), gender=np.array("female"))
    walk = [label("walk", 0, 1.6), label("turn", 1.6, 3.2)]
    longest = [label("stand", 0, 1.6), label("wave", 1.6, 3.2), label("sit", 3.2, 6.4)]
    train = [
        sequence("CMU/CMU/01/01_01_poses.npz", walk, dur=3.2),
        sequence("CMU/CMU/02/02_01_poses.npz", [label("clap")], dur=3.2, kind="seq_ann"),
        sequence("KIT/KIT/3/walk_poses.npz", longest, dur=6.4),
    ]
    val = [sequence("SFU/SFU/0005/turn_poses.npz", [label("turn")], dur=3.2, kind="seq_ann")]
    babel_set(root / "babel", train=train, val=val)
    rows = [("./pose_data/CMU/01/01_01_poses.npy", 0, 60, "000001.npy")]
    humanml3d_set(root / "HumanML3D", rows, {"000001": [line(SENTENCE)]}, {"train": ["000001"]})
    (root / "clip").mkdir()
    write_clip(root / "clip")


def build_recorded_domain(root: Path) -> Path:
    """Build the store that takes the place of recordings: four activities by four people.

    The radar is that of the stand-in `twin-a`. The labels get the bundled sentences.

    Returns:
        The path of the store.
    """
    from builders import amass, attributes
    from builders.building import simulated_dataset

    sequences = []
    for person in range(PEOPLE):
        for number, activity in enumerate(LABELS):
            path = root / "recorded" / f"person{person}" / f"{activity}_poses.npz"
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(path, **amass_arrays(step_m=0.1 * number))
            feat_p = f"person{person}/{path.name}"
            sequences.append(sequence(feat_p, [label(activity)], dur=3.2, kind="seq_ann"))
    babel_set(root / "labels", train=sequences)
    store = root / "recorded.zarr"
    build = ["--out", store, "--preset", "twin-a", "--amass", root / "recorded"]
    build += ["--body-models", root / "models", "--babel", root / "labels", "--quiet"]
    build += ["--validation-share", "0.25", "--test-share", "0.25"]
    with pytest.MonkeyPatch.context() as patch:
        here = partial(_build_here, simulated_dataset.build)
        patch.setattr(simulated_dataset, "build", here)
        assert amass.main([str(word) for word in build]) == 0
    describe = [store, "--out", root / "labels.csv", "--attach", store, "--offline"]
    assert attributes.main([str(word) for word in describe]) == 0
    return store


def _build_here(build, *arguments, workers, scheduler, quiet):
    """Call `pipelines.run.build` without worker processes."""
    return build(*arguments, workers=0, quiet=quiet)


def licensed_arguments(root: Path, out: Path, server: str, *more) -> list[str]:
    """Arguments of `mmclip.study` for figure 5 from the licensed files, with a single seed."""
    words = ["--out", out, "--preset", "miniature", "--figures", "5", "--seeds", "1"]
    words += ["--groups", ",".join(UNSEEN)]
    words += ["--amass", root / "AMASS", "--body-models", root / "models"]
    words += ["--babel", root / "babel", "--humanml3d", root / "HumanML3D"]
    words += ["--clip", root / "clip", "--describer", server, "--describer-model", MODEL]
    return [str(word) for word in (*words, *more)]
