"""Figure of a skeleton fit: fitted body, observed points, and the speeds of both."""

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from radarsim.plots.mesh import Camera, Triangles, paint, shaded
from radarsim.plots.notebook_figure import NotebookFigure
from radarsim.plots.style import DPI, STYLE
from radarsim.scene.body import BodyModel, skin
from radarsim.scene.skeletons.fit import SkeletonFit
from radarsim.scene.skeletons.rotation_vectors import to_matrices
from radarsim.scene.skeletons.sequence import JointSequence

_MOMENTS, _SPACING_M = 6, 1.3
# Angle between the front of the body and the camera [rad], and height of the camera [m].
_SIDEWAYS_RAD, _EYE_M = 0.6, 0.4
_BODY, _POINTS = (0.45, 0.60, 0.78), (0.80, 0.13, 0.16)
# Landmarks whose speeds are drawn, in order of preference, and the colours of their curves.
_LIMBS = ("left_wrist", "right_wrist", "left_ankle", "right_ankle", "LWRA", "RWRA", "LANK", "RANK")
_COLOURS = ("tab:blue", "tab:cyan", "tab:green", "tab:olive")
_LONGEST_S = 20.0


def skeleton_fit_page(sequence: JointSequence, fit: SkeletonFit, body: BodyModel) -> Figure:
    """Draw the fitted body at well-observed moments, and the speeds of wrists and ankles.

    Args:
        sequence: observed landmarks.
        fit: fit of a body to the sequence.
        body: body model used by the fit.

    Returns:
        The figure. Speeds are drawn for the first 20 s.
    """
    with rc_context(STYLE):
        page = NotebookFigure(figsize=(12, 7), dpi=DPI, layout="constrained")
        page.suptitle(_title(sequence, fit), fontsize=12, fontweight="bold", parse_math=False)
        upper, lower = page.subplots(2, 1, height_ratios=(1.5, 1))
        _draw_bodies(upper, sequence, fit, body)
        _draw_speeds(lower, sequence, fit)
    return page


def _title(sequence: JointSequence, fit: SkeletonFit) -> str:
    residual_cm = 100 * float(np.nanmean(fit.residuals_m))
    size = f"stature {fit.motion.stature_m:.2f} m, mean residual {residual_cm:.1f} cm"
    return f"{sequence.name}: {size}"


def _moments(sequence: JointSequence, fit: SkeletonFit) -> np.ndarray:
    """Return the indices of well-observed poses, spread over the first 20 s."""
    seen = np.where(fit.valid, (sequence.confidence > 0).mean(axis=1), 0.0)
    seen = seen[: round(_LONGEST_S * sequence.rate_hz)]
    spans = np.array_split(np.arange(len(seen)), _MOMENTS)
    return np.array(
        [span[len(span) // 2 :][seen[span[len(span) // 2 :]].argmax()] for span in spans]
    )


def _draw_bodies(axes: Axes, sequence, fit, body) -> None:
    chosen, motion = _moments(sequence, fit), fit.motion
    vertices_m = np.asarray(
        skin(body, motion.betas, motion.poses_rad[chosen], motion.transl_m[chosen], fit.scale)
    )
    parts = []
    for place, pose in enumerate(chosen):
        camera, shift = _camera(motion, pose), np.array([place * _SPACING_M, 0.0])
        mesh = shaded(camera, vertices_m[place], np.asarray(body.faces), np.array(_BODY))
        parts.append(Triangles(mesh.corners + shift, mesh.rgb, mesh.depth_m))
        observed = camera.project(sequence.points_m[pose])[0] + shift
        fitted = camera.project(fit.points_m[pose])[0] + shift
        axes.plot(*np.stack([observed, fitted], axis=1).T, color=_POINTS, lw=0.8, zorder=3)
        axes.scatter(*observed.T, s=9, color=[_POINTS], zorder=4)
        _write_time(axes, mesh.corners[..., 1].min(), shift[0], pose / motion.rate_hz)
    paint(axes, parts)
    axes.set_title("observed points (red) on the fitted body", loc="left", fontsize=9)
    axes.set_aspect("equal")
    axes.autoscale_view()
    axes.set_axis_off()


def _write_time(axes: Axes, lowest_m: float, right_m: float, time_s: float) -> None:
    axes.text(right_m, lowest_m - 0.08, f"{time_s:.1f} s", ha="center", va="top")


def _camera(motion, pose: int) -> Camera:
    """Return a camera in front of the body and to the left of the body."""
    front = to_matrices(motion.poses_rad[pose, 0])[:2, 2]
    bearing_rad = np.arctan2(front[1], front[0]) + _SIDEWAYS_RAD
    target_m = motion.pelvis_m[pose]
    away_m = np.array([4 * np.cos(bearing_rad), 4 * np.sin(bearing_rad), _EYE_M])
    return Camera(eye_m=tuple(target_m + away_m), target_m=tuple(target_m), parallel=True)


def _draw_speeds(axes: Axes, sequence: JointSequence, fit: SkeletonFit) -> None:
    count = min(round(_LONGEST_S * sequence.rate_hz), sequence.num_poses)
    times_s = np.arange(count) / sequence.rate_hz
    limbs = [name for name in _LIMBS if name in sequence.landmarks][: len(_COLOURS)]
    for name, colour in zip(limbs, _COLOURS, strict=False):
        place = sequence.landmarks.index(name)
        for points_m, style in (
            (sequence.points_m, {"lw": 0.6, "alpha": 0.45}),
            (fit.points_m, {}),
        ):
            speed_mps = _speeds_mps(points_m[:count, place], sequence.rate_hz)
            label = None if style else name.replace("_", " ")
            axes.plot(times_s, speed_mps, color=colour, label=label, **style)
    invalid = ~fit.valid[:count]
    axes.fill_between(
        times_s, 0, 1, where=invalid, transform=axes.get_xaxis_transform(), color="0.9"
    )
    axes.set(xlabel="time [s]", ylabel="speed [m/s]", xlim=(0, times_s[-1]), ylim=(0, None))
    axes.set_title("speeds of the observed points (thin) and of the body", loc="left", fontsize=9)
    axes.legend(loc="upper right", ncols=len(limbs), frameon=False)


def _speeds_mps(points_m: np.ndarray, rate_hz: float) -> np.ndarray:
    return np.linalg.norm(np.gradient(points_m, axis=0) * rate_hz, axis=-1)
