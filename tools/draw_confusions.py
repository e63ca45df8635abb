"""Draw clips of pairs of activities that a model confuses, with the three heatmaps of each clip.

    python tools/draw_confusions.py recognition-test.zarr docs/confusions.png \
        --pair "standing forward bend" "sit on a chair and stand up"
"""

import argparse
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from mmclip.store import open_store

AXES = {"time_range": "range", "time_doppler": "speed", "time_angle": "angle"}
UNITS = {"range": "range [m]", "speed": "radial speed [m/s]", "angle": "angle [rad]"}
# Limits of the drawn axes: people stand 2.5 to 3.5 m ahead of the radar.
LIMITS = {"time_range": (1.5, 5.0), "time_doppler": (-3.0, 3.0), "time_angle": (-0.8, 0.8)}
RANGE_DB = 40.0


def main() -> int:
    """Draw the pairs of the command line."""
    options = _parser().parse_args()
    store = open_store(options.store)
    labels = [name for pair in options.pair for name in pair]
    clips = [_first_clip(store, label) for label in labels]
    figure, panels = plt.subplots(
        len(labels), 3, figsize=(10, 2.1 * len(labels)), layout="constrained", squeeze=False
    )
    for row, label, clip in zip(panels, labels, clips):
        for panel, name in zip(row, AXES):
            _draw(panel, store, name, clip)
        row[0].set_title(label, loc="left")
    for panel in panels[-1]:
        panel.set_xlabel("time [s]")
    figure.savefig(options.out, dpi=70)
    print(f"{options.out}: clips {', '.join(map(str, clips))} of {options.store}")
    return 0


def _draw(panel, store, name: str, clip: int) -> None:
    heatmap = np.asarray(store.read_array(name)[clip], np.float32)
    count = len(heatmap)
    time_s, axis = store.axes["column_time"][:count], store.axes[AXES[name]]
    high = np.nanmax(heatmap)
    panel.pcolormesh(time_s, axis, heatmap.T, vmin=high - RANGE_DB, vmax=high, rasterized=True)
    panel.set(ylabel=UNITS[AXES[name]], ylim=LIMITS[name])


def _first_clip(store, label: str) -> int:
    """Row of the first clip with a label."""
    captions = {row["id"] for row in store.read_table("captions") if row["text"] == label}
    labels = [row for row in store.read_table("segments") if row["kind"] == "label"]
    rows = [row["row"] for row in labels if row["caption"] in captions]
    if not rows:
        sys.exit(f"{store.path}: no clip has the label {label!r}; give labels of the store")
    return rows[0]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("store", help="store with labels")
    parser.add_argument("out", help="PNG file")
    parser.add_argument(
        "--pair", nargs=2, action="append", required=True, metavar="LABEL", help="two labels"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
