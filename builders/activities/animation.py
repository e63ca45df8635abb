"""Animate a motion as .gif or .mp4 with matplotlib."""

from pathlib import Path

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.motion import Motion

FRAMES_PER_S = 25.0
WRITERS = {".gif": "pillow", ".mp4": "ffmpeg"}


def write_animation(motion: Motion, path: str | Path, view_deg: float = 35.0) -> None:
    """Write a motion to a file as an animation of the body.

    Args:
        motion: motion of the free body.
        path: output file: .gif, or .mp4 if ffmpeg is installed.
        view_deg: direction of the viewer as seen from the performer; 0 is straight ahead, positive
            to the left.

    Raises:
        InputError: the file type is unknown, or the writer for this type is not installed.
    """
    writer = checked_writer(path)
    from matplotlib import animation
    from matplotlib.figure import Figure

    from builders.activities.contact_sheet import render_poses

    pose_idx = np.arange(0, motion.num_poses, motion.rate_hz / FRAMES_PER_S).astype(int)
    frames = render_poses(motion, pose_idx, view_deg)
    height_px, width_px, _ = frames[0].shape
    figure = Figure(figsize=(width_px / 100, height_px / 100), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    image = axes.imshow(frames[0])
    clip = animation.FuncAnimation(figure, lambda idx: image.set_data(frames[idx]), len(frames))
    clip.save(path, writer=writer, fps=FRAMES_PER_S)


def checked_writer(path: str | Path) -> str:
    """Name of the matplotlib writer for a video file.

    Raises:
        InputError: the file type is unknown, its folder does not exist, or the writer for this type
            is not installed.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        raise InputError(path, "--video", f"'{suffix}' is not a video format", "give .gif or .mp4")
    if not path.parent.is_dir():
        problem = f"folder {path.parent} does not exist"
        raise InputError(path, "--video", problem, "give a file name in an existing folder")
    try:
        from matplotlib import animation
    except ImportError:
        hint = "install the package with the extra viz"
        raise InputError(path, "matplotlib", "is not installed", hint) from None
    if not animation.writers.is_available(WRITERS[suffix]):
        hint = "install it, or give .gif"
        raise InputError(path, "--video", f"{WRITERS[suffix]} is not installed", hint)
    return WRITERS[suffix]
