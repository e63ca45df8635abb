"""Predict the time of a dataset build on a GPU from the planned speed and from measured rates.

A worker with a GPU overlaps four stages: processes prepare clips, the GPU simulates them, one
thread encodes, and the disk writes. The slowest stage bounds the build, apart from its start. The
speed of the GPU comes from a plan (`benchmarks.gpu_plan`) or from the user; the other rates are
measured on one core of this machine. The result is a prediction, not a measurement.
"""

import json
import tempfile
import time
from pathlib import Path

from benchmarks.timed_folder import TimedFolder
from radarsim.errors import InputError

# Assumed ratio of the actual speed on a GPU to the highest speed that the plan allows.
SHARE_OF_FLOOR = 0.5
# Share of the clips that need larger sizes than the standard sizes and are simulated twice: 13 of
# 59 clips of different activities (preset zeroshot).
SHARE_AGAIN = 13 / 59
# Number of cores that do not prepare clips: one core drives the GPU, and one core encodes.
OTHER_CORES = 2
DATASETS = {"30 h of motion": (21_600, 5.0), "a million clips": (1_000_000, 5.0)}
# Number of clips whose preparation is timed, and number of copies of a clip that are encoded and
# written for the timing.
TIMED_CLIPS, TIMED_COPIES = 8, 32


def planned_frames_per_s(path: Path, card: str | None = None) -> tuple[str, float]:
    """Name of the card, and planned frames per second to heatmaps for the best batch size in a
    file.

    Args:
        path: JSON of `benchmarks.gpu_plan`.
        card: name of the card, or part of the name; None for any card.

    Raises:
        InputError: the file is not the JSON of plans, or contains no plan of heatmaps.
    """
    try:
        plans = json.loads(path.read_text())["plans"]
        found = [
            (plan["most_items_per_s"], plan["card"])
            for plan in plans
            if plan["item"] == "frame" and "heatmaps" in plan["program"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "write it with python -m benchmarks.gpu_plan --json FILE"
        raise InputError(path, "--plan", f"is not a file of plans ({error})", hint) from None
    found = [each for each in found if card is None or card.lower() in each[1].lower()]
    if not found:
        hint = "plan the program heatmaps with benchmarks.gpu_plan"
        raise InputError(path, "--plan", "contains no plan of heatmaps for this card", hint)
    rate, name = max(found)
    return name, SHARE_OF_FLOOR * rate


def measure_rates(planned, num_clips: int = TIMED_CLIPS, copies: int = TIMED_COPIES) -> dict:
    """Frames per second that one core prepares and encodes, and that the disk writes.

    Preparation and encoding are divided by processor time, so that other load on the machine does
    not change them; writing is divided by wall time.

    Args:
        planned: plan, takes and specification of a store (`factory.plan_build`).
        num_clips: number of clips whose preparation is timed.
        copies: number of times that the arrays of one clip are encoded and written.
    """
    recipe = planned.plan.recipe
    prepare_s = _preparation_s(planned, num_clips)
    encode_s, write_s, num_bytes = _storage_s(planned, copies)
    return {
        "prepare_frames_per_s_core": recipe.num_frames / prepare_s,
        "encode_frames_per_s_core": recipe.num_frames / encode_s,
        "write_frames_per_s": recipe.num_frames / write_s,
        "bytes_per_clip": num_bytes,
    }


def _preparation_s(planned, num_clips: int) -> float:
    """Processor time [s] of preparing a clip, without the compilation for the first clip."""
    from pipelines.posed_clips import pose_row

    recipe, takes = planned.plan.recipe, planned.takes
    first, *clips = planned.plan.clips[: num_clips + 1]
    pose_row(recipe, first, takes[first.take])
    start_s = time.process_time()
    for clip in clips:
        pose_row(recipe, clip, takes[clip.take])
    return (time.process_time() - start_s) / len(clips)


def _storage_s(planned, copies: int) -> tuple[float, float, float]:
    """Processor time for encoding, wall time for writing, and bytes per clip."""
    from dataclasses import replace

    from pipelines.clip_simulation import make_clip
    from pipelines.plan import make_plan
    from pipelines.storage import LocalFolder
    from pipelines.store_spec import make_store_spec
    from pipelines.store_writer import ShardWriter, prepare

    first = planned.plan.clips[0]
    arrays = make_clip(planned.plan.recipe, first, planned.takes[first.take])
    plan = make_plan(planned.plan.recipe, [replace(first, id=str(i)) for i in range(copies)])
    plan = replace(plan, clips_per_shard=copies)
    store_spec = make_store_spec(plan, planned.takes)
    with tempfile.TemporaryDirectory() as place:
        folder = TimedFolder(LocalFolder(place))
        prepare(folder, store_spec)
        folder.spent_s, folder.spent_cpu_s = 0.0, 0.0
        start_s = time.process_time()
        writer = ShardWriter(folder, store_spec, 0)
        for row in range(copies):
            writer.add(row, str(row), arrays)
        writer.finish({}, {})
        encode_s = time.process_time() - start_s - folder.spent_cpu_s
        return encode_s / copies, folder.spent_s / copies, writer.num_bytes / copies


def predict(rates: dict, device_frames_per_s: float, cores: int, period_s: float) -> dict:
    """Predict the time of whole datasets for one GPU with a number of cores.

    Args:
        rates: result of `measure_rates`.
        device_frames_per_s: speed of the GPU from poses to heatmaps.
        cores: processor cores of the GPU's worker.
        period_s: frame period of the radar [s].

    Returns:
        Frames per second of each stage, the slowest stage, and hours and size of each dataset.
    """
    stages = {
        "prepare": max(1, cores - OTHER_CORES) * rates["prepare_frames_per_s_core"],
        "simulate": device_frames_per_s / (1 + SHARE_AGAIN),
        "encode": rates["encode_frames_per_s_core"],
        "write": rates["write_frames_per_s"],
    }
    bound = min(stages, key=stages.get)
    datasets = {
        name: {
            "clips": clips,
            "hours": clips * length_s / period_s / stages[bound] / 3600,
            "gigabytes": clips * rates["bytes_per_clip"] / 1e9,
        }
        for name, (clips, length_s) in DATASETS.items()
    }
    enough = stages["simulate"] / rates["prepare_frames_per_s_core"] + OTHER_CORES
    return {
        "kind": "prediction, not a measurement",
        "cores": cores,
        "frames_per_s": stages,
        "bound_by": bound,
        "cores_for_full_speed": round(enough),
        "datasets": datasets,
    }


def prediction_text(card: str, found: dict) -> str:
    """Lines for the terminal."""
    rates = ", ".join(f"{name} {rate:,.0f}" for name, rate in found["frames_per_s"].items())
    lines = [
        f"prediction for {card} with {found['cores']} cores (nothing was measured on a GPU):",
        f"  frames/s of each stage: {rates}",
        f"  bound by: {found['bound_by']}; {found['cores_for_full_speed']} cores would prepare "
        "clips as fast as the GPU simulates them",
    ]
    for name, each in found["datasets"].items():
        lines.append(f"  {name}: {_duration(each['hours'])}, {each['gigabytes']:,.0f} GB")
    return "\n".join(lines)


def _duration(hours: float) -> str:
    return f"{60 * hours:.1f} min" if hours < 1 else f"{hours:.1f} h"
