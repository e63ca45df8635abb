"""Contact sheets for the documentation: `python tools/draw_activities.py`.

The sheets docs/activities/*.png show one cycle of each built-in activity (six seconds of a walk),
ten activities per sheet, with a small colour palette. Inspect every sheet before you commit it.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from builders.activities import ACTIVITIES, perform_annotated
from builders.activities.contact_sheet import render_poses
from builders.activities.movement import Gait
from builders.activities.performers import draw_style, make_performer
from builders.activities.variation import generator

PER_SHEET, NUM_POSES = 10, 8
HEIGHT_PX, WIDTH_PX = 120, 92
NUM_COLOURS = 24
PERFORMER = 1  # a right-handed performer of average height


def main() -> None:
    folder = Path(__file__).resolve().parents[1] / "docs" / "activities"
    folder.mkdir(parents=True, exist_ok=True)
    names = list(ACTIVITIES)
    for first in range(0, len(names), PER_SHEET):
        rows = [_row(ACTIVITIES[name]) for name in names[first : first + PER_SHEET]]
        sheet = Image.fromarray(np.concatenate(rows, axis=0))
        path = folder / f"sheet{first // PER_SHEET + 1}.png"
        sheet.quantize(NUM_COLOURS, method=Image.Quantize.MEDIANCUT).save(path, optimize=True)
        print(path.name, path.stat().st_size, file=sys.stderr)


def _row(activity):
    take = perform_annotated(activity, PERFORMER, duration_s=13.0)
    pose_idx = _one_cycle(activity, take.phase)
    pictures = render_poses(take.motion, pose_idx, 40.0, HEIGHT_PX, WIDTH_PX)
    picture = Image.fromarray(np.concatenate(pictures, axis=1))
    ImageDraw.Draw(picture).text((3, 1), f"{activity.id} {activity.label}", fill=(0, 0, 0))
    return np.asarray(picture)


def _one_cycle(activity, phase):
    """Indices of poses spread over one cycle, or over six seconds of a walk."""
    style = draw_style(make_performer(PERFORMER), generator("sheet"))
    walks = isinstance(activity.build(style).base, Gait) and "place" not in activity.name
    first = np.ceil(phase[0])
    if walks and activity.id != 37:
        ends = 0, min(len(phase) - 1, 720)
    else:
        ends = np.searchsorted(phase, [first, first + 1 - 1 / NUM_POSES])
    return np.linspace(*ends, NUM_POSES).round().astype(int)


if __name__ == "__main__":
    main()
