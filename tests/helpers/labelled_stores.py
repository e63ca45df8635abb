"""Synthetic stores in which each label is an oscillation of a different frequency and amplitude."""

import hashlib
from dataclasses import replace
from functools import partial

import numpy as np

from pipelines.plan import Clip, Person, Plan, clip_seed, draw_placement, make_plan
from pipelines.recipe_toml import recipe_digest
from pipelines.run import build
from pipelines.schema import ATTRIBUTE_PARTS, FLOOR_DB, Layout, store_arrays
from pipelines.sources import Text
from pipelines.store_spec import StoreSpec
from tests.helpers.pipeline_fakes import FakeTake, small_recipe
from tests.helpers.shared_folders import copy_shared

LABELS = ("bow", "jump", "kick", "march", "squat", "wave")
COLUMNS, BINS, WINDOW = 40, 32, 32
# The number of oscillations per clip, and their amplitude in bins.
CYCLES = dict(zip(LABELS, (2.0, 5.0, 11.0, 3.0, 7.0, 16.0)))
AMPLITUDES = dict(zip(LABELS, (4, 8, 2, 11, 6, 3)))

# Labels of two words, one for the speed and one for the width, as in a motion grammar.
SPEEDS = {"slow": 2.0, "steady": 5.0, "quick": 9.0, "rapid": 14.0}
WIDTHS = {"narrow": 2, "medium": 5, "broad": 8, "wide": 11}
COMBINATIONS = tuple(f"{speed} {width}" for speed in SPEEDS for width in WIDTHS)
CYCLES |= {label: SPEEDS[label.split()[0]] for label in COMBINATIONS}
AMPLITUDES |= {label: WIDTHS[label.split()[1]] for label in COMBINATIONS}


def sentences(label: str) -> tuple[tuple[str, str], ...]:
    """Return one sentence for each attribute, which contains the label.

    If the label is one of `COMBINATIONS`, the torso sentence contains only the word for the speed,
    and the arms sentence contains only the word for the width.
    """
    words = {"torso": label.split()[0], "arms": label.split()[-1]}
    words = words if label in COMBINATIONS else {}
    return tuple(
        (part, f"Motion of the {part} in a {words.get(part, label)}.") for part in ATTRIBUTE_PARTS
    )


def labelled_takes(
    subjects: int = 5,
    repeats: int = 2,
    described: bool = True,
    first_subject: int = 0,
    labels: tuple[str, ...] = LABELS,
) -> dict[str, FakeTake]:
    """Return takes of every label by every subject, `repeats` times each.

    Args:
        subjects: number of subjects.
        repeats: number of takes of each label by each subject.
        described: whether the labels have sentences.
        first_subject: number of the first subject.
        labels: labels that the subjects perform.
    """
    takes = {}
    for subject in range(first_subject, first_subject + subjects):
        for index, label in enumerate(labels):
            for repeat in range(repeats):
                name = f"s{subject}/{label}_{repeat}"
                label_text = Text(
                    caption=label,
                    source="synthetic",
                    licence="CC0-1.0",
                    kind="label",
                    sentences=sentences(label) if described else (),
                    provenance="synthetic" if described else "",
                )
                caption = Text(caption=f"a person does activity {index}", source="synthetic")
                takes[name] = FakeTake(id=name, subject=f"s{subject}", texts=(label_text, caption))
    return takes


def build_labelled_store(path, range_step_m: float = 0.1, **options) -> str:
    """Write a store; the splits train, val and test contain three, one and one of five subjects.

    Each combination of arguments is built once in a test run, and then copied.

    Args:
        path: path of the new store.
        range_step_m: width of a range bin [m].
        options: arguments of `labelled_takes`, and `further`: take of a further person in the clip
            of each take, keyed by take; this person has no echo.

    Returns:
        The path of the store.
    """
    arguments = repr((range_step_m, sorted(options.items())))
    name = f"labelled-store-{hashlib.sha256(arguments.encode()).hexdigest()[:12]}"
    copy_shared(name, path, partial(_build, range_step_m=range_step_m, options=options))
    return str(path)


def _build(path, range_step_m: float, options: dict) -> None:
    further = options.get("further", {})
    options = {name: each for name, each in options.items() if name != "further"}
    recipe, takes = small_recipe(), labelled_takes(**options)
    clips = {name: _clip(recipe, take) for name, take in takes.items()}
    people = {name: (_person(clips[other]),) for name, other in further.items()}
    clips = [replace(clip, others=people.get(name, ())) for name, clip in clips.items()]
    plan = make_plan(recipe, clips)
    store_spec = _store_spec(plan, range_step_m)
    build(plan, takes, str(path), store_spec, _heatmaps, workers=0, quiet=True)


def _heatmaps(recipe, clip: Clip, take: FakeTake) -> dict[str, np.ndarray]:
    """Return the arrays of a clip with an echo that oscillates around the central bin."""
    label = take.id.split("/")[1].split("_")[0]
    rng = np.random.default_rng(clip.seed)
    time = np.arange(COLUMNS)
    phase = 2 * np.pi * (time * CYCLES[label] / COLUMNS + rng.random())
    centres = {
        "time_range": BINS / 2 + AMPLITUDES[label] * np.sin(phase),
        "time_doppler": BINS / 2 + AMPLITUDES[label] * np.cos(phase),
        "time_angle": np.full(COLUMNS, BINS / 2 - AMPLITUDES[label]),
    }
    maps = {name: _map(rng, centre) for name, centre in centres.items()}
    return {**maps, "num_frames": np.int32(clip.num_frames), "num_columns": np.int32(COLUMNS)}


def _map(rng, centre) -> np.ndarray:
    echo_db = 30 * np.exp(-(((np.arange(BINS) - centre[:, None]) / 1.5) ** 2))
    return np.maximum(rng.normal(0, 2, (COLUMNS, BINS)) + echo_db, FLOOR_DB).astype(np.float16)


def _store_spec(plan: Plan, range_step_m: float) -> StoreSpec:
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
    return StoreSpec(
        arrays=store_arrays(layout),
        coordinates=coordinates,
        attributes={},
        identity=identity,
        num_clips=len(plan.clips),
        clips_per_shard=plan.clips_per_shard,
    )


def _person(clip: Clip) -> Person:
    """Return a further person who performs the take of another clip."""
    names = ("take", "source", "licence", "subject", "take_sha256")
    return Person(**{name: getattr(clip, name) for name in names}, start_s=0.0)


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
