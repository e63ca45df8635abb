"""Draw docs/walk.gif, the animation in the README: a person who walks, with points and maps.

python tools/draw_walk_video.py
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageSequence

from builders import draw

OUT = Path(__file__).parents[1] / "docs" / "walk.gif"
WIDTH_PX = 880  # width of the text on the page of a repository
COLOURS = 128


def main() -> int:
    """Draw the video with the command `draw`, and write a smaller copy."""
    with tempfile.TemporaryDirectory() as folder:
        video = str(Path(folder, "walk.gif"))
        placement = ["--seconds", "5", "--distance-m", "3.5"]
        status = draw.main(["walk_forward_and_turn_around", *placement, "--video", video])
        if status == 0:
            save_smaller(video, OUT)
            print(OUT)
    return status


def save_smaller(video: str, out: Path) -> None:
    """Write a copy of a GIF file that is `WIDTH_PX` wide and has one palette for all pictures."""
    with Image.open(video) as source:
        size = (WIDTH_PX, round(source.height * WIDTH_PX / source.width))
        duration_ms = source.info["duration"]
        pages = [
            page.convert("RGB").resize(size, Image.Resampling.LANCZOS)
            for page in ImageSequence.Iterator(source)
        ]
    # One palette keeps unchanged pixels equal, so that each picture stores only what moves.
    palette = pages[len(pages) // 2].quantize(COLOURS)
    first, *others = (page.quantize(palette=palette, dither=Image.Dither.NONE) for page in pages)
    first.save(out, save_all=True, append_images=others, duration=duration_ms, loop=0)


if __name__ == "__main__":
    sys.exit(main())
