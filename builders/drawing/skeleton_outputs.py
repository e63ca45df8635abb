"""Figure and video of `builders.skeletons`; drawing modules are imported when they are needed."""

from pathlib import Path

from radarsim.errors import InputError


def check_video(path: Path, layout: str | None, num_inputs: int) -> None:
    """Check that the video of a fit can be drawn and written, before the fit starts.

    Args:
        path: path of the video.
        layout: layout of the joints or markers; None for motion files.
        num_inputs: number of input files.

    Raises:
        InputError: the input is not one file of joints or markers, or the video cannot be written.
    """
    from builders.activities.animation import checked_writer

    if not layout:
        hint = "give --layout, or python -m builders.draw FILE --video for a motion file"
        raise InputError(path, "--video", "shows a fit to joints or markers", hint)
    if num_inputs > 1:
        raise InputError(path, "--video", f"shows one recording, not {num_inputs}", "give one file")
    checked_writer(path)


def draw_fit(path: Path, sequence, fit, body) -> None:
    """Write the figure of a fit, and create its folder.

    Args:
        path: path of the figure.
        sequence: observed landmarks.
        fit: fit of a body to the sequence.
        body: body model used by the fit.
    """
    from builders.drawing.skeleton_fit import skeleton_fit_page

    path.parent.mkdir(parents=True, exist_ok=True)
    skeleton_fit_page(sequence, fit, body).savefig(path)


def write_video(path: Path, sequence, fit, body) -> None:
    """Write the video of a fit, and print its path.

    Args:
        path: path of the video.
        sequence: observed landmarks.
        fit: fit of a body to the sequence.
        body: body model used by the fit.

    Raises:
        InputError: the file cannot be written.
    """
    from builders.drawing.skeleton_video import write_skeleton_video

    write_skeleton_video(sequence, fit, body, path)
    print(path)
