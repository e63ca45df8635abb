"""Stores whose clips show their label: each moves to and fro at a rhythm and width of its own."""

import hashlib

import numpy as np

from pipelines.blueprint import Blueprint
from pipelines.plan import Clip, Plan, clip_seed, draw_placement, make_plan
from pipelines.recipe_toml import recipe_digest
from pipelines.run import build
from pipelines.schema import ATTRIBUTE_PARTS, FLOOR_DB, Layout, store_arrays
from pipelines.sources import Text
from tests.helpers.pipeline_fakes import FakeTake, small_recipe

LABELS = ("bow", "jump", "kick", "march", "squat", "wave")
COLUMNS, BINS, WINDOW = 40, 32, 32
RHYTHMS = dict(zip(LABELS, (2.0, 5.0, 11.0, 3.0, 7.0, 16.0)))
WIDTHS = dict(zip(LABELS, (4, 8, 2, 11, 6, 3)))


def sentences(label: str) -> tuple[tuple[str, str], ...]:
    """One sentence for each part, the label in each."""
    return tuple((part, f"The {part} goes as in a {label}.") for part in ATTRIBUTE_PARTS)


def labelled_takes(subjects: int = 5, repeats: int = 2, told: bool = True) -> dict[str, FakeTake]:
    """Everybody does everything, `repeats` times."""
    takes = {}
    for person in range(subjects):
        for number, label in enumerate(LABELS):
            for repeat in range(repeats):
                name = f"s{person}/{label}_{repeat}"
                said = Text(
                    caption=label,
                    source="made up",
                    licence="CC0-1.0",
                    kind="label",
                    sentences=sentences(label) if told else (),
                    provenance="made up" if told else "",
                )
                words = Text(caption=f"somebody does number {number}", source="made up")
                takes[name] = FakeTake(id=name, subject=f"s{person}", texts=(said, words))
    return takes


def build_labelled_store(path, range_step_m: float = 0.1, **how) -> str:
    """Build one; of five subjects three are in train, one in val, one in test."""
    recipe, takes = small_recipe(), labelled_takes(**how)
    plan = make_plan(recipe, [_clip(recipe, take) for take in takes.values()])
    blueprint = _blueprint(plan, range_step_m)
    build(plan, takes, str(path), blueprint, _drawn, workers=0, quiet=True)
    return str(path)


def _drawn(recipe, clip: Clip, take: FakeTake) -> dict[str, np.ndarray]:
    label = take.id.split("/")[1].split("_")[0]
    rng = np.random.default_rng(clip.seed)
    time = np.arange(COLUMNS)
    phase = 2 * np.pi * (time * RHYTHMS[label] / COLUMNS + rng.random())
    centres = {
        "time_range": BINS / 2 + WIDTHS[label] * np.sin(phase),
        "time_doppler": BINS / 2 + WIDTHS[label] * np.cos(phase),
        "time_angle": np.full(COLUMNS, BINS / 2 - WIDTHS[label]),
    }
    maps = {name: _map(rng, centre) for name, centre in centres.items()}
    return {**maps, "num_frames": np.int32(clip.num_frames), "num_columns": np.int32(COLUMNS)}


def _map(rng, centre) -> np.ndarray:
    echo_db = 30 * np.exp(-(((np.arange(BINS) - centre[:, None]) / 1.5) ** 2))
    return np.maximum(rng.normal(0, 2, (COLUMNS, BINS)) + echo_db, FLOOR_DB).astype(np.float16)


def _blueprint(plan: Plan, range_step_m: float) -> Blueprint:
    layout = Layout(
        num_clips=len(plan.clips),
        clips_per_shard=plan.clips_per_shard,
        num_frames=3,
        num_columns=COLUMNS,
        bins={"range": BINS, "speed": BINS, "angle": BINS},
    )
    coordinates = {
        "range": np.arange(BINS) * range_step_m,
        "speed": np.linspace(-4, 4, BINS),
        "angle": np.linspace(-1.5, 1.5, BINS),
        "time": np.arange(COLUMNS) / 80,
        "column_time": np.arange(COLUMNS) / 80,
    }
    identity = {"plan_digest": plan.digest, "recipe_digest": recipe_digest(plan.recipe)}
    return Blueprint(
        arrays=store_arrays(layout),
        coordinates=coordinates,
        attributes={},
        identity=identity,
        num_clips=len(plan.clips),
        clips_per_shard=plan.clips_per_shard,
    )


def _clip(recipe, take: FakeTake) -> Clip:
    return Clip(
        id=f"{take.id}@0.0",
        take=take.id,
        take_sha256=hashlib.sha256(take.id.encode()).hexdigest(),
        source=take.source,
        licence=take.licence,
        subject=take.subject,
        num_frames=3,
        seed=clip_seed(recipe, take.id),
        sigma_rad=0.5,
        **draw_placement(recipe, take.id),
    )
