"""An animation of a motion, through matplotlib."""

from pathlib import Path

import numpy as np

from radarsim.errors import InputError
from radarsim.scene.motion import Motion

FRAMES_PER_S = 25.0
WRITERS = {".gif": "pillow", ".mp4": "ffmpeg"}


def film(motion: Motion, path: str | Path, view_deg: float = 35.0) -> None:
    """Write the body performing.

    Args:
        motion: of the free body.
        path: .gif, or .mp4 where ffmpeg is installed.
        view_deg: as in `strip.draw_strip`.

    Raises:
        InputError: another kind of file, or what writes it is missing.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in WRITERS:
        raise InputError(path, "--video", f"'{suffix}' is no kind of film", "give .gif or .mp4")
    try:
        from matplotlib import animation
        from matplotlib.figure import Figure
    except ImportError:
        hint = "install this package with the extra viz"
        raise InputError(path, "matplotlib", "is not installed", hint) from None
    if not animation.writers.is_available(WRITERS[suffix]):
        hint = "install it, or give .gif"
        raise InputError(path, "--video", f"{WRITERS[suffix]} is not installed", hint)
    from builders.activities.strip import pictures

    which = np.arange(0, motion.num_poses, motion.rate_hz / FRAMES_PER_S).astype(int)
    shown = pictures(motion, which, view_deg)
    height_px, width_px, _ = shown[0].shape
    figure = Figure(figsize=(width_px / 100, height_px / 100), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    image = axes.imshow(shown[0])
    clip = animation.FuncAnimation(figure, lambda frame: image.set_data(shown[frame]), len(shown))
    clip.save(path, writer=WRITERS[suffix], fps=FRAMES_PER_S)
