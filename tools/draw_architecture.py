"""Draw docs/architecture.svg, the path of the data through the packages.

python tools/draw_architecture.py
"""

from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from radarsim.plots.style import STYLE

OUT = Path(__file__).parents[1] / "docs" / "architecture.svg"
SIMULATOR, DATASETS, TRAINER, OUTSIDE = "#dbe9f6", "#e2f0d9", "#fde9d2", "#f2f2f2"
# Keyed by name: column and row of the box, its package (colour), its title and its second line.
BOXES = {
    "motion": (0, 2, OUTSIDE, "motion", "files, activities, grammar"),
    "scene": (1, 2, SIMULATOR, "radarsim.scene", "body, subject, scene, room"),
    "scattering": (2, 2, SIMULATOR, "radarsim.scattering", "visibility, reflection"),
    "signal": (3, 2, SIMULATOR, "radarsim.signal", "IF sum, noise, ADC"),
    "heatmaps": (4, 2, SIMULATOR, "radarsim.heatmaps", "and radarsim.detection"),
    "multipath": (2, 1, SIMULATOR, "radarsim.multipath", "passes, static echoes"),
    "radar": (3, 1, SIMULATOR, "radarsim.radar", "boards, chirps, antennas"),
    "validation": (3, 3, SIMULATOR, "radarsim.validation", "capture against simulation"),
    "captures": (4, 3, SIMULATOR, "radarsim.captures", "recordings of radars"),
    "pipelines": (4, 1, DATASETS, "pipelines, builders", "recipe, plan, shards"),
    "store": (4, 0, OUTSIDE, "Zarr store", "heatmaps, labels, captions"),
    "mmclip": (3, 0, TRAINER, "mmclip", "train, evaluate, predict"),
}
ARROWS = (
    ("motion", "scene"),
    ("scene", "scattering"),
    ("scattering", "signal"),
    ("signal", "heatmaps"),
    ("scene", "multipath"),
    ("multipath", "signal"),
    ("radar", "signal"),
    ("captures", "validation"),
    ("captures", "heatmaps"),
    ("signal", "validation"),
    ("heatmaps", "pipelines"),
    ("pipelines", "store"),
    ("store", "mmclip"),
)
WIDTH, HEIGHT = 0.84, 0.56


def main() -> None:
    """Draw all boxes and arrows, and write the picture."""
    # Without the salt and the date, every run would write different bytes.
    with rc_context({**STYLE, "svg.hashsalt": "architecture"}):
        page = Figure(figsize=(10.5, 4.6))
        panel = page.add_axes((0, 0, 1, 1))
        panel.set(xlim=(-0.5, 4.5), ylim=(-0.45, 3.45))
        panel.axis("off")
        for column, row, colour, title, text in BOXES.values():
            draw_box(panel, column, row, colour, title, text)
        for start, end in ARROWS:
            draw_arrow(panel, BOXES[start][:2], BOXES[end][:2])
        page.savefig(OUT, metadata={"Date": None}, facecolor="white")
    print(OUT)


def draw_box(panel, column: int, row: int, colour: str, title: str, text: str) -> None:
    """Draw a rounded box with two lines of text."""
    corner = (column - WIDTH / 2, row - HEIGHT / 2)
    shape = {"boxstyle": "round,pad=0,rounding_size=0.06", "mutation_aspect": 1.4}
    panel.add_patch(FancyBboxPatch(corner, WIDTH, HEIGHT, fc=colour, ec="0.4", lw=0.9, **shape))
    panel.text(column, row + 0.1, title, ha="center", va="center", fontweight="bold", fontsize=9.5)
    panel.text(column, row - 0.12, text, ha="center", va="center", fontsize=8)


def draw_arrow(panel, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Draw an arrow between two adjacent boxes, from edge to edge."""
    across, up = end[0] - start[0], end[1] - start[1]
    tail = (start[0] + across * WIDTH / 2, start[1] + up * HEIGHT / 2)
    head = (end[0] - across * WIDTH / 2, end[1] - up * HEIGHT / 2)
    style = {"arrowstyle": "-|>", "color": "0.3", "shrinkA": 0, "shrinkB": 0, "mutation_scale": 12}
    panel.annotate("", head, tail, arrowprops=style)


if __name__ == "__main__":
    main()
