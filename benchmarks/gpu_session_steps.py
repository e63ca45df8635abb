"""Steps of `benchmarks.gpu_session`; each reports its results as soon as it has them.

A step is a function with three arguments: the scale, the folder of the session, and a callback. The
step passes its results so far to the callback, as JSON values.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import jax

from benchmarks.kernel_times import most_expensive_kernels
from benchmarks.machine_info import commit, machine

THIRTY_HOURS_S = 30 * 3600
RANGE_M, SIGMA_RAD = 2.5, 0.35
# Motion and reflection of the scenes whose errors are measured, in order of importance.
SCENES = (("walk", "paper"), ("walk", "body"), ("jump", "paper"), ("lie down", "paper"))
# Training steps between two reports.
STEPS_PER_REPORT = 100


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Size of the work of a session.

    Attributes:
        radar: radar that is simulated.
        body: body model; None for the free body.
        clip_frames, num_clips: frames per clip, and clips per call, of the timed programs.
        num_scenes: number of `SCENES` whose errors are measured.
        seconds: minimum time for which a program is timed [s].
        motion_s: length of the motion from which 30 h are extrapolated [s].
        takes: numbers of built-in takes of 5 s in the datasets; the last dataset has an hour of
            motion.
        recipe: settings of the datasets as options of `builders.amass`.
        training: preset and overrides of the training settings.
        training_steps: number of training steps.
    """

    radar: object
    body: object = None
    clip_frames: int = 32
    num_clips: int = 8
    num_scenes: int = len(SCENES)
    seconds: float = 3.0
    motion_s: float = 300.0
    takes: tuple[int, ...] = (24, 720)
    recipe: tuple[str, ...] = ("--if-cubes", "off", "--subjects", "16")
    training: tuple[str, ...] = ("paper", "batch=16")
    training_steps: int = 2000


def full_scale() -> Scale:
    """The paper's radar and the free body."""
    from radarsim.radar.boards import BOARDS, DEFAULT_BOARD

    return Scale(radar=BOARDS[DEFAULT_BOARD])


def miniature_scale() -> Scale:
    """A small radar and few faces, frames and steps, for a trial of the session without a GPU."""
    from benchmarks.scenes import decimate_faces
    from radarsim.files import free_body

    board = full_scale().radar
    radar = replace(
        board,
        chirp=replace(board.chirp, num_samples=32),
        frame=replace(board.frame, num_chirps=64, tx_order=(0,)),
        array=board.array.with_tx((0,)),
    )
    small = ("size=16", "branch_width=16", "branch_heads=2", "learner_depth=1", "learner_heads=2")
    return Scale(
        radar=radar,
        body=decimate_faces(free_body(), 16),
        clip_frames=4,
        num_clips=1,
        num_scenes=1,
        seconds=0.0,
        motion_s=1.0,
        takes=(2,),
        recipe=("--if-cubes", "off", "--clip-seconds", "1", "--min-frames", "4"),
        training=("small", "batch=2", *small),
        training_steps=2,
    )


def measure_errors(scale: Scale, out: Path, report: Callable) -> None:
    """Errors with the array sizes of dataset builds, and errors of both modes for single clips."""
    from benchmarks.errors import METHODS, scene_errors

    found = {**_device(), "factory": factory_error(scale), "scenes": []}
    report(found)
    for motion, reflection in SCENES[: scale.num_scenes]:
        case = scene_errors(scale.radar, scale.body, motion, RANGE_M, reflection, SIGMA_RAD)
        row = {"scene": case["name"]}
        for method in METHODS:
            row |= {f"{method} [dB]": round(case[method]["error_db"], 1)}
            row |= {f"{method} bound [dB]": case[method]["bound_db"]}
        found["scenes"].append(row)
        report(found)


def factory_error(scale: Scale) -> dict:
    """Error of a walk in accurate mode, with the array sizes of builds on an accelerator."""
    import numpy as np

    from benchmarks.accuracy_checks import bound_db, checked_loops, error_db, reference_samples
    from benchmarks.scenes import BenchmarkScene, settings_for
    from radarsim.signal.face_selection import select_faces
    from radarsim.signal.standard_sizes import sizes_on_ladder, standard_sizes
    from radarsim.simulate import clip_echo

    scene = BenchmarkScene(scale.radar, 1, RANGE_M, SIGMA_RAD, body=scale.body)
    settings = settings_for("accurate")
    inputs = scene.reflection, scene.mesh(), scene.body.faces
    selection = select_faces(scale.radar, settings, *inputs)
    tried = standard_sizes(scale.radar, settings.error_budget, RANGE_M, SIGMA_RAD)
    required = scale.radar, settings.error_budget, selection.required, SIGMA_RAD
    sizes = sizes_on_ladder(*required, tried)
    echo = np.asarray(clip_echo(scale.radar, settings, sizes, *inputs, selection))
    samples = echo[0, list(checked_loops(scale.radar))]
    error = error_db(samples, reference_samples(scene, settings))
    bound = bound_db("accurate", RANGE_M)
    return {"error_db": error, "bound_db": bound, "standard_sizes": sizes == tried}


def measure_speed(scale: Scale, out: Path, report: Callable) -> None:
    """Frames per second of the program for many clips, and the peak rates of the device."""
    from benchmarks.device import copy_bytes_per_s, gemm_flops

    size = (1 << 28, 8192) if scale.seconds else (1 << 10, 64)
    found = {**_device(), "copy_gb_per_s": copy_bytes_per_s(size[0]) / 1e9}
    found["float32_gemm_tflop_per_s"] = gemm_flops(size[1]) / 1e12
    report(found)
    for name, method in _timed_methods(scale).items():
        found["frames_per_call"] = scale.clip_frames * scale.num_clips
        found[f"{name}_frames_per_s"] = _frames_per_s(method, scale)
        report(found | _memory())


def profile_heatmaps(scale: Scale, out: Path, report: Callable) -> None:
    """Time of each kernel in three calls of the program from poses to heatmaps."""
    method = _timed_methods(scale)["motion_to_heatmaps"]
    jax.block_until_ready(method())
    folder, calls = out / "profile", 3
    with jax.profiler.trace(str(folder)):
        for _ in range(calls):
            result = method()
        jax.block_until_ready(result)
    frames = calls * scale.clip_frames * scale.num_clips
    report({**_device(), "trace": folder.name, **most_expensive_kernels(folder, frames)})


def extrapolate_motion(scale: Scale, out: Path, report: Callable) -> None:
    """Frames per second of dataset builds over minutes of motion, without encoding."""
    from pipelines.clip_maker import ClipMaker
    from pipelines.device_clips import MOST_FRAMES_PER_CALL, ClipBatches, clips_per_call
    from pipelines.posed_clips import posed_rows

    recipe, clips, takes = _built_in_clips(scale)
    _, batch_frames = ClipMaker().device(recipe)
    per_call = min(clips_per_call(recipe, batch_frames or MOST_FRAMES_PER_CALL), len(clips))
    start_s = time.perf_counter()
    rows = list(posed_rows(recipe, clips, takes))
    found = {**_device(), "prepare_clips_per_s": len(rows) / (time.perf_counter() - start_s)}
    report(found)
    batches = ClipBatches(recipe, per_call, False, batch_frames)
    list(batches.run(rows))  # compiles the programs for all array sizes
    simulated_again = batches.num_again
    start_s = time.perf_counter()
    made = list(batches.run(rows))
    rate = len(made) * recipe.num_frames / (time.perf_counter() - start_s)
    found |= {"clips": len(made), "clips_per_call": per_call, "frames_per_batch": batch_frames}
    found |= {"simulated_again": simulated_again}
    found |= {"motion_s": len(made) * recipe.clips.length_s, "frames_per_s": rate}
    found["thirty_hours_min"] = THIRTY_HOURS_S / recipe.radar.frame.period_s / rate / 60
    report(found | _memory())


def build_dataset(scale: Scale, out: Path, report: Callable) -> None:
    """Wall time of `builders.amass`, first for a small dataset, which includes compilation."""
    from builders.amass import main as amass
    from radarsim.radar.toml import dump_radar

    radar = out / "radar.toml"
    radar.write_text(dump_radar(scale.radar))
    found = {"commit": commit(), "datasets": []}
    for takes in scale.takes:
        store, start_s = out / f"takes-{takes}.zarr", time.perf_counter()
        options = ["--radar", str(radar), "--takes", str(takes), "--quiet", *scale.recipe]
        status = amass(["--out", str(store), *options])
        row = {"takes": takes, "exit status": status, "store": store.name}
        row |= {"seconds": round(time.perf_counter() - start_s, 1)}
        found["datasets"].append(row | _length_of(store))
        report(found)


def train(scale: Scale, out: Path, report: Callable) -> None:
    """Steps per second on the largest finished dataset; texts are random vectors."""
    from benchmarks.mmclip_steps import training
    from mmclip.presets import load_preset

    preset, *overrides = scale.training
    run, state = training(str(_largest_store(scale, out)), load_preset(preset, overrides))
    state = jax.block_until_ready(run(state, 0, 2))
    start_s, done, total = time.perf_counter(), 0, scale.training_steps
    while done < total:
        count = min(STEPS_PER_REPORT, total - done)
        state = jax.block_until_ready(run(state, 2 + done, count))
        done += count
        rate = done / (time.perf_counter() - start_s)
        found = {"settings": " ".join(scale.training), "steps": done, "steps_per_s": rate}
        report({**_device(), **found, **_memory()})


def measure_inference(scale: Scale, out: Path, report: Callable) -> None:
    """Latency of the embedding of one window and of many windows [ms]."""
    from benchmarks.mmclip import inference
    from benchmarks.mmclip_steps import TEXT_WIDTH, open_training
    from mmclip.model import make_model
    from mmclip.presets import load_preset

    preset, *overrides = scale.training
    settings = load_preset(preset, overrides)
    reader, sampler, _ = open_training(str(_largest_store(scale, out)), settings)
    maps, _ = next(reader.read(iter([sampler.batch(0)])))
    model = make_model(settings.model, TEXT_WIDTH, 0)
    report({**_device(), **inference(model, settings.model.size, maps)})


FUNCTIONS = {
    "errors": measure_errors,
    "speed": measure_speed,
    "profile": profile_heatmaps,
    "motion": extrapolate_motion,
    "dataset": build_dataset,
    "training": train,
    "inference": measure_inference,
}


def _timed_methods(scale: Scale) -> dict[str, Callable]:
    from benchmarks.method_speeds import heatmap_settings
    from benchmarks.scenes import BenchmarkScene, settings_for
    from radarsim.batch import BatchSimulator
    from radarsim.heatmaps.settings import PAPER_MAPS
    from radarsim.posed_clip import stack_clips

    scene = BenchmarkScene(scale.radar, scale.clip_frames, RANGE_M, SIGMA_RAD, body=scale.body)
    clips = jax.device_put(stack_clips([scene.clip()] * scale.num_clips))
    cubes = BatchSimulator(scale.radar, (scene.body,), settings_for("accurate"), None)
    maps = BatchSimulator(scale.radar, (scene.body,), heatmap_settings(), PAPER_MAPS)
    return {"body_to_if": lambda: cubes(clips), "motion_to_heatmaps": lambda: maps(clips)}


def _frames_per_s(method: Callable, scale: Scale) -> float:
    """Rate over at least `scale.seconds`, after a call that compiles."""
    jax.block_until_ready(method())
    start_s, calls = time.perf_counter(), 0
    while calls < 2 or time.perf_counter() - start_s < scale.seconds:
        jax.block_until_ready(method())
        calls += 1
    return calls * scale.clip_frames * scale.num_clips / (time.perf_counter() - start_s)


def _built_in_clips(scale: Scale) -> tuple:
    """Recipe, clips and takes of built-in activities with a total duration of `scale.motion_s`."""
    from builders.sources.takes import built_in_takes
    from pipelines.clip_selection import select_clips
    from pipelines.recipe import Clips, Recipe

    clips = Clips()
    if scale.motion_s < clips.length_s:
        length_s = scale.clip_frames * scale.radar.frame.period_s
        clips = Clips(length_s=length_s, stride_s=length_s, min_frames=1)
    recipe = Recipe(radar=scale.radar, clips=clips)
    takes = built_in_takes(max(1, round(scale.motion_s / clips.length_s)), 16, 0, clips.length_s)
    found = [clip for take in takes for clip in select_clips(recipe, take).clips[:1]]
    return recipe, found, {take.id: take for take in takes}


def _largest_store(scale: Scale, out: Path) -> Path:
    stores = [out / f"takes-{takes}.zarr" for takes in scale.takes]
    finished = [store for store in stores if (store / "checksums.json").exists()]
    if not finished:
        raise FileNotFoundError("the step dataset has finished no store, so there are no windows")
    return finished[-1]


def _length_of(store: Path) -> dict:
    from pipelines.store_reader import Store

    if not (store / "checksums.json").exists():
        return {"state": "unfinished"}
    clips = Store(store).clips
    frames = sum(clip.num_frames for clip in clips.values())
    return {"clips": len(clips), "frames": frames}


def _device() -> dict:
    return {"commit": commit(), **machine(jax.devices()[0])}


def _memory() -> dict:
    """Peak memory of the device; nothing if the device does not report it."""
    peak = (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use")
    return {} if peak is None else {"peak_device_memory_gb": peak / 1e9}
