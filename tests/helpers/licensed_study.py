"""Made-up files in the published layouts of the data that `mmclip.study --amass ...` needs."""

from functools import partial
from pathlib import Path

import numpy as np

from builders.amass import make_parser
from builders.building.recipe_loading import load_recipe_table
from pipelines.plan import Clip, clip_seed, draw_placement, make_plan
from pipelines.recipe import Recipe
from pipelines.recipe_toml import recipe_from_table
from pipelines.run import build
from pipelines.schema import HEATMAPS
from pipelines.store_spec import StoreSpec, make_store_spec
from tests.helpers.amass_dataset import write_amass_dataset
from tests.helpers.labelled_stores import labelled_takes
from tests.helpers.pipeline_fakes import FakeTake
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

    There are four people. The longest motion shows three actions, the second of which is so short
    that a window of 0.39 s can show the first two or the last two actions.
    """
    write_amass_dataset(root)
    np.savez(root / "AMASS/CMU/01/shape.npz", betas=np.zeros(16), gender=np.array("female"))
    walk = [label("walk", 0, 1.6), label("turn", 1.6, 3.2)]
    longest = [label("stand", 0, 1.6), label("wave", 1.6, 1.84), label("sit", 1.84, 6.4)]
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


def build_recorded_domain(path: Path) -> Path:
    """Build the store that takes the place of recordings: noise as four activities of four people.

    The recipe and the axes are those of the stand-in `twin-a`, as the study builds it.

    Returns:
        The path of the store.
    """
    recipe = load_recipe("twin-a")
    takes = labelled_takes(subjects=PEOPLE, repeats=1, labels=LABELS)
    plan = make_plan(recipe, [_clip(recipe, take) for take in takes.values()])
    spec = make_store_spec(plan, takes)
    build(plan, takes, str(path), spec, partial(_noise, spec), workers=0, quiet=True)
    return path


def load_recipe(preset: str) -> Recipe:
    """Return the recipe of a bundled preset with the default radar and the free body."""
    options = make_parser().parse_args(["--preset", preset])
    table, origin = load_recipe_table(options)
    return recipe_from_table(table, origin)


def _clip(recipe: Recipe, take: FakeTake) -> Clip:
    return Clip(
        id=f"{take.id}@0.0",
        take=take.id,
        take_sha256=take.sha256(),
        source=take.source,
        licence=take.licence,
        subject=take.subject,
        num_frames=recipe.num_frames,
        seed=clip_seed(recipe, take.id),
        sigma_rad=0.5,
        **draw_placement(recipe, take.id),
    )


def _noise(spec: StoreSpec, recipe: Recipe, clip: Clip, take: FakeTake) -> dict[str, np.ndarray]:
    """Return heatmaps of noise [dB] for a clip."""
    rng = np.random.default_rng(clip.seed)
    shapes = {each.name: each.shape[1:] for each in spec.arrays if each.name in HEATMAPS}
    maps = {name: rng.normal(0, 2, shape).astype(np.float16) for name, shape in shapes.items()}
    columns = shapes["time_range"][0]
    return {**maps, "num_frames": np.int32(clip.num_frames), "num_columns": np.int32(columns)}


def licensed_arguments(root: Path, out: Path, server: str, *more) -> list[str]:
    """Arguments of `mmclip.study` for figure 5 from the licensed files, with a single seed."""
    words = ["--out", out, "--preset", "miniature", "--figures", "5", "--seeds", "1"]
    words += ["--groups", ",".join(UNSEEN)]
    words += ["--amass", root / "AMASS", "--body-models", root / "models"]
    words += ["--babel", root / "babel", "--humanml3d", root / "HumanML3D"]
    words += ["--clip", root / "clip", "--describer", server, "--describer-model", MODEL]
    return [str(word) for word in (*words, *more)]
