"""Stores of time-Doppler pictures, with which mmCLIP can be trained and evaluated."""

import csv
from pathlib import Path

import numpy as np

from benchmarks.activity_pictures import COLUMN_S, NUM_COLUMNS, Pictures, level_db
from benchmarks.activity_simulation import five_recipe
from pipelines.store_reader import Store
from radarsim.radar.toml import dump_radar

WIDTH_HZ = 1000.0
_RADAR, _LABELS = "radar.toml", "labels.csv"


def write_store(path: Path, pictures: Pictures) -> None:
    """Write a store whose only heatmap is the level of each picture.

    Args:
        path: folder of the store; the folder `path` with the suffix `.maps` gets one array per
            picture. A finished store is kept.
        pictures: pictures, whose labels become the labels of the clips.
    """
    from builders.recordings import main

    if (path / "checksums.json").is_file():
        return
    folder = path.with_suffix(".maps")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _RADAR).write_text(dump_radar(five_recipe().radar))
    (folder / "recording.toml").write_text(_description())
    with open(folder / _LABELS, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("file", "label", "subject"))
        for number, (label, person) in enumerate(zip(pictures.labels, pictures.people)):
            table.writerow((f"{number:05d}.npy", label, person))
    for number, levels_db in enumerate(level_db(pictures.values)):
        # Higher bins are receding speeds in a store, but approaching speeds in a picture.
        np.save(folder / f"{number:05d}.npy", levels_db[::-1].T.astype(np.float32))
    command = ["--captures", str(folder), "--labels", str(folder / _LABELS), "--out", str(path)]
    command += ["--radar", str(folder / _RADAR), "--workers", "1", "--quiet"]
    length = f"{COLUMN_S * NUM_COLUMNS:g}"
    if main([*command, "--clip-seconds", length, "--stride-seconds", length]):
        raise SystemExit(f"{path}: no store was written")


def picture_rows(path: Path) -> np.ndarray:
    """Row of each picture in a store that `write_store` has written."""
    rows = {clip.take.split("/")[1]: row for row, clip in Store(str(path)).clips.items()}
    return np.array([rows[name] for name in sorted(rows)])


def _description() -> str:
    """Description of the arrays: levels in dB above the noise, receding speeds in higher bins.

    The middle bin of a picture is zero frequency, and the order of the bins is reversed.
    """
    step_hz = WIDTH_HZ / 128
    return (
        f'radar = "{_RADAR}"\naxes = ["time", "speed"]\n'
        f"[time]\nperiod_s = {COLUMN_S}\n"
        f"[speed]\nfirst_hz = {-WIDTH_HZ / 2 + step_hz}\nlast_hz = {WIDTH_HZ / 2}\n"
        '[map]\nvalues = "dB"\nnoise_db = 0.0\n'
    )
