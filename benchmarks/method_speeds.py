"""Interleaved timing of all methods on the same frames, with a check against the oracle."""

import jax
import numpy as np

from benchmarks.accuracy_checks import (
    HEATMAP_BOUND_DB,
    bound_db,
    check_errors,
    checked_loops,
    cube_error_db,
    error_db,
    heatmap_error_db,
    reference_samples,
)
from benchmarks.baseline_sums import (
    jax_direct,
    numpy_direct,
    pair_loop,
    torch_echo,
    visible_surface,
)
from benchmarks.interleaved_timing import show_progress, summary, time_interleaved
from benchmarks.scenes import BenchmarkScene, settings_for
from radarsim.signal.settings import SimulationSettings

# Method and non-default settings of each mode, keyed by the name of the mode.
MODES = {
    "body_to_if": ("accurate", {}),
    "body_to_if_unculled": ("accurate", {"cull": 0.0}),
    "body_to_if_fast": ("fast", {}),
    "body_to_if_fast_unculled": ("fast", {"cull": 0.0}),
}
SLOW = ("numpy_direct", "loop", "loop_torch", "jax_direct")
NOT_MEASURED = "not measured"


def measure_speeds(scene: BenchmarkScene, rounds: int) -> dict:
    """Measure the time per frame of every method, and the errors of the timed results.

    Args:
        scene: moving body and radar; slow methods compute some loops of its middle frame.
        rounds: number of timed calls to each method.

    Returns:
        Dictionary with `seconds_per_frame`, `checks` and `visible_faces`.

    Raises:
        WrongResult: a timed result differs too much from the oracle.
    """
    radar, middle = scene.radar, scene.num_frames // 2
    positions_m = scene.points_m()
    fast, units = fast_methods(scene, positions_m)
    slow, num_visible = slow_methods(scene, middle)
    seconds, results = time_interleaved({**fast, **slow}, rounds)
    show_progress("the oracle")
    truth = reference_samples(scene, settings_for("accurate"), middle)
    nearest_m = scene.span_m[0]
    errors = {
        name: (cube_error_db(radar, results[name], truth, middle), bound_db(method, nearest_m))
        for name, (method, _) in MODES.items()
    }
    errors |= {name: (error_db(results[name], truth), bound_db(name, nearest_m)) for name in slow}
    errors["peer_points"] = points_error(scene, positions_m, results["peer_points"], middle)
    errors["motion_to_heatmaps"] = (
        heatmap_error_db(
            radar,
            results["motion_to_heatmaps"],
            scene.motion_to_cube(heatmap_settings()),
        ),
        HEATMAP_BOUND_DB,
    )
    checks = check_errors(errors)
    # The work unit of a slow method is the fraction of the frame that is computed.
    units |= dict.fromkeys(slow, len(checked_loops(radar)) / radar.frame.num_chirps)
    runs = {name: summary(each, units[name]) for name, each in seconds.items()}
    runs |= dict.fromkeys([name for name in SLOW if name not in runs], None)
    return {"seconds_per_frame": runs, "checks": checks, "visible_faces": num_visible}


def fast_methods(scene, positions_m):
    """Functions that simulate all frames, and the number of frames of each, keyed by method."""
    methods = {
        name: lambda method=method, changes=changes: scene.body_to_if(
            settings_for(method, **changes)
        )
        for name, (method, changes) in MODES.items()
    }
    methods["motion_to_heatmaps"] = lambda: scene.motion_to_heatmaps(heatmap_settings())
    methods["peer_points"] = lambda: scene.points_to_if(positions_m, settings_for("accurate"))
    return methods, dict.fromkeys(methods, scene.num_frames)


def heatmap_settings() -> SimulationSettings:
    """Settings of a dataset build: accurate method, including receiver noise and ADC."""
    return SimulationSettings(method=settings_for("accurate").method)


def slow_methods(scene, frame_idx):
    """Functions that compute some loops of one frame, keyed by name, and the number of faces."""
    mesh = jax.tree.map(lambda part: part[frame_idx : frame_idx + 1], scene.mesh())
    radar, loops = scene.radar, checked_loops(scene.radar)
    settings = settings_for("accurate")
    surface = visible_surface(radar, settings, mesh, scene.body.faces, scene.reflection)
    methods = {
        "numpy_direct": lambda: numpy_direct(radar, surface, loops),
        "loop": lambda: pair_loop(radar, surface, loops),
        "jax_direct": lambda: jax_direct(radar, surface, loops),
    }
    if _has_torch():
        methods["loop_torch"] = lambda: pair_loop(radar, surface, loops, torch_echo)
    return methods, surface.corners_m.shape[1]


def _has_torch() -> bool:
    from importlib.util import find_spec

    return find_spec("torch") is not None


def points_error(scene, positions_m, cube_v, frame_idx) -> tuple[float, float]:
    """Error and bound [dB] of the IF cube of moving points, over a whole frame."""
    one_m = positions_m[frame_idx : frame_idx + 1]
    truth = np.asarray(scene.points_to_if(one_m, settings_for("exact")), np.complex128)
    found = np.asarray(cube_v[frame_idx : frame_idx + 1])
    return error_db(found, truth), bound_db("peer_points", scene.span_m[0])


def errors_by_range(radar, num_frames, ranges_m, sigma_rad, body=None) -> dict:
    """Error [dB] of each mode on the middle frame of a walk, keyed by mode and range.

    Raises:
        WrongResult: an error exceeds the bound of its method.
    """
    found, bounds = {name: {} for name in MODES}, {}
    for range_m in ranges_m:
        show_progress(f"error at {range_m:g} m")
        # Check the same number of frames that is timed, so that the checked program is the timed
        # one.
        scene = BenchmarkScene(radar, num_frames, range_m, sigma_rad, body=body)
        truth = reference_samples(scene, settings_for("accurate"), num_frames // 2)
        for name, (method, changes) in MODES.items():
            cube_v = scene.body_to_if(settings_for(method, **changes))
            error = cube_error_db(radar, cube_v, truth, num_frames // 2)
            found[name][f"{range_m:g}"] = error
            bounds[f"{name} at {range_m:g} m"] = (error, bound_db(method, range_m))
    check_errors(bounds)
    names = ("accurate", "accurate_unculled", "fast", "fast_unculled")
    return dict(zip(names, found.values(), strict=True))
