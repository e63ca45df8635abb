"""Every method on the same frames, in turns; nothing is told unless all agree with the oracle."""

import jax
import numpy as np

from benchmarks.accuracy_checks import (
    HEATMAP_BOUND_DB,
    bound_db,
    check,
    cube_error_db,
    error_db,
    heatmap_error_db,
    loops_of,
    truth_of,
)
from benchmarks.baseline_sums import jax_direct, numpy_direct, pair_loop, surface_of, torch_echo
from benchmarks.interleaved_timing import interleaved, summary, tell
from benchmarks.scenes import BenchmarkScene, settings_for
from radarsim.signal.settings import Settings

# By name: method, and what is changed in its settings.
MODES = {
    "body_to_if": ("accurate", {}),
    "body_to_if_unculled": ("accurate", {"cull": 0.0}),
    "body_to_if_fast": ("fast", {}),
    "body_to_if_fast_unculled": ("fast", {"cull": 0.0}),
}
SLOW = ("numpy_direct", "loop", "loop_torch", "jax_direct")
NOT_MEASURED = "not measured"


def speeds(performer: BenchmarkScene, rounds: int) -> dict:
    """Seconds per frame of every method, and the errors of what was timed.

    Args:
        performer: the scene; the slow methods compute some loops of its middle frame.
        rounds: how often each is timed.

    Returns:
        `seconds_per_frame`, `checks` and `visible_faces`.

    Raises:
        WrongResult: a timed result is off the oracle.
    """
    radar, middle = performer.radar, performer.num_frames // 2
    positions_m = performer.points_m()
    fast, units = fast_methods(performer, positions_m)
    slow, num_visible = slow_methods(performer, middle)
    seconds, results = interleaved({**fast, **slow}, rounds)
    tell("the oracle")
    truth = truth_of(performer, settings_for("accurate"), middle)
    nearest_m = performer.span_m[0]
    errors = {
        name: (cube_error_db(radar, results[name], truth, middle), bound_db(method, nearest_m))
        for name, (method, _) in MODES.items()
    }
    errors |= {name: (error_db(results[name], truth), bound_db(name, nearest_m)) for name in slow}
    errors["peer_points"] = points_error(performer, positions_m, results["peer_points"], middle)
    errors["motion_to_heatmaps"] = (
        heatmap_error_db(
            radar,
            results["motion_to_heatmaps"],
            performer.motion_to_cube(heatmap_settings()),
        ),
        HEATMAP_BOUND_DB,
    )
    checks = check(errors)
    # A slow method computed that part of a frame.
    units |= dict.fromkeys(slow, len(loops_of(radar)) / radar.frame.num_chirps)
    told = {name: summary(each, units[name]) for name, each in seconds.items()}
    told |= dict.fromkeys([name for name in SLOW if name not in told], None)
    return {"seconds_per_frame": told, "checks": checks, "visible_faces": num_visible}


def fast_methods(performer, positions_m):
    """Functions that simulate all frames, by name, and how many frames that is."""
    methods = {
        name: lambda method=method, changes=changes: performer.body_to_if(
            settings_for(method, **changes)
        )
        for name, (method, changes) in MODES.items()
    }
    methods["motion_to_heatmaps"] = lambda: performer.motion_to_heatmaps(heatmap_settings())
    methods["peer_points"] = lambda: performer.points_to_if(positions_m, settings_for("accurate"))
    return methods, dict.fromkeys(methods, performer.num_frames)


def heatmap_settings() -> Settings:
    """As a dataset is made, receiver noise and ADC included."""
    return Settings(method=settings_for("accurate").method)


def slow_methods(performer, frame_idx):
    """Functions that compute some loops of one frame, by name, and how many faces they sum."""
    burst = jax.tree.map(lambda part: part[frame_idx : frame_idx + 1], performer.burst())
    radar, loops = performer.radar, loops_of(performer.radar)
    faces, sigma_rad = performer.body.faces, performer.sigma_rad
    surface = surface_of(radar, settings_for("accurate"), burst, faces, sigma_rad)
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


def points_error(performer, positions_m, cube_v, frame_idx) -> tuple[float, float]:
    """Error and bound of the points' cube, on a whole frame."""
    one_m = positions_m[frame_idx : frame_idx + 1]
    truth = np.asarray(performer.points_to_if(one_m, settings_for("plain")), np.complex128)
    found = np.asarray(cube_v[frame_idx : frame_idx + 1])
    return error_db(found, truth), bound_db("peer_points", performer.span_m[0])


def errors_by_range(radar, num_frames, ranges_m, sigma_rad, body=None) -> dict:
    """Error of each mode on the middle frame of a walk at each range, by method and range [dB].

    Raises:
        WrongResult: one exceeds its method's bound.
    """
    found, bounds = {name: {} for name in MODES}, {}
    for range_m in ranges_m:
        tell(f"error at {range_m:g} m")
        # As many frames as are timed, so that it is the same compiled program where sizes agree.
        performer = BenchmarkScene(radar, num_frames, range_m, sigma_rad, body=body)
        truth = truth_of(performer, settings_for("accurate"), num_frames // 2)
        for name, (method, changes) in MODES.items():
            cube_v = performer.body_to_if(settings_for(method, **changes))
            error = cube_error_db(radar, cube_v, truth, num_frames // 2)
            found[name][f"{range_m:g}"] = error
            bounds[f"{name} at {range_m:g} m"] = (error, bound_db(method, range_m))
    check(bounds)
    names = ("accurate", "accurate_unculled", "fast", "fast_unculled")
    return dict(zip(names, found.values(), strict=True))
