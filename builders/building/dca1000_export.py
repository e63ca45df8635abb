"""A store's clips as captures of the board, with its configuration and their labels."""

import csv
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pipelines.plan import Clip
from pipelines.store_reader import Store
from radarsim.errors import InputError
from radarsim.files import write_capture
from radarsim.radar.capture_format import CaptureFormat, format_of_board
from radarsim.radar.ti.studio_export import dump_studio_json
from radarsim.radar.toml import dump_setup

LABEL_COLUMNS = ("file", "label", "caption", "start_s", "end_s", "subject", "split", "licence")


def write_clips(
    path: str, out: str, wanted: Iterable[str] = ("all",), iq_order: str = "i_first"
) -> int:
    """Write clips of a store as board files.

    Args:
        path: the store.
        out: folder to write to, made where it is missing.
        wanted: rows, ids or ranges, see `Store.rows`.
        iq_order: "i_first" or "q_first".

    Returns:
        How many captures were written.

    Raises:
        InputError: the store holds no IF samples or no such clip, or the folder cannot be written.
    """
    store, folder = Store(path), Path(out)
    if not (store.has("if_cube") and store.recipe.simulation.quantise):
        hint = "build it with --if-cubes on, and without --no-quantise"
        raise InputError(path, "if_cube", "the store holds no ADC codes", hint)
    radar = store.recipe.radar
    layout = replace(format_of_board(radar.board), iq_order=iq_order)
    rows = dict.fromkeys(row for each in wanted for row in store.rows(each))
    clips = [store.clips[row] for row in rows if store.clips[row].num_frames]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_configuration(folder, radar, layout, clips)
        _write_labels(folder, store, clips)
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(out, "folder", problem, "choose another place") from None
    for clip in clips:
        codes = store.rows_of("if_cube", clip.row)[: clip.num_frames]
        write_capture(folder / file_name(clip), codes, radar, capture_format=layout)
    return len(clips)


def keep_codes(table: dict) -> None:
    """Make a recipe's table keep the ADC codes that board files are written from.

    Raises:
        InputError: it lists several radars, which make a store each.
    """
    radars = table.get("radar")
    if isinstance(radars, list) and len(radars) > 1:
        hint = "write each store with builders.dca1000"
        raise InputError("options", "--dca1000", "goes with one radar only", hint)
    table["keep"] = {"if_cubes": "on", **table.get("keep", {})}


def file_name(clip: Clip) -> str:
    """Of a clip's capture: its id, with what file systems dislike replaced."""
    return re.sub(r"[^A-Za-z0-9@.,=+-]+", "_", clip.id) + ".bin"


def _write_configuration(folder: Path, radar, layout: CaptureFormat, clips: list[Clip]) -> None:
    lengths = {clip.num_frames for clip in clips}
    layout = replace(layout, num_frames=lengths.pop() if len(lengths) == 1 else 0)
    (folder / "radar.toml").write_text(dump_setup(radar, layout), "utf-8")
    (folder / "radar.mmwave.json").write_text(dump_studio_json(radar, layout), "utf-8")


def _write_labels(folder: Path, store: Store, clips: list[Clip]) -> None:
    texts = {row["id"]: row["text"] for row in store.table("captions")}
    files = {clip.row: clip for clip in clips}
    with open(folder / "labels.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, LABEL_COLUMNS, restval="")
        table.writeheader()
        for segment in store.table("segments"):
            clip = files.get(segment["row"])
            if clip is None or segment["kind"] == "action":
                continue
            words = texts[segment["caption"]]
            table.writerow(
                {
                    "file": file_name(clip),
                    "label" if segment["kind"] == "label" else "caption": words,
                    "start_s": f"{segment['start_s']:g}",
                    "end_s": f"{segment['end_s']:g}",
                    "subject": clip.subject,
                    "split": clip.split,
                    "licence": clip.licence,
                }
            )
