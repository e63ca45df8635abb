"""Export stored clips as DCA1000 captures, with the radar configuration and a label table."""

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


def export_clips(
    path: str, out: str, clips: Iterable[str] = ("all",), iq_order: str = "i_first"
) -> int:
    """Write clips of a store as DCA1000 .bin captures and return the number of captures.

    Args:
        path: path of the store.
        out: output folder; created if missing.
        clips: rows, ids or ranges, in the notation of `Store.rows`.
        iq_order: "i_first" or "q_first".

    Returns:
        Number of captures written.

    Raises:
        InputError: the store lacks ADC codes or a requested clip, or the folder is not writable.
    """
    store, folder = Store(path), Path(out)
    if not (store.has("if_cube") and store.recipe.simulation.quantise):
        hint = "build it with --if-cubes on and without --no-quantise"
        raise InputError(path, "if_cube", "the store has no ADC codes", hint)
    radar = store.recipe.radar
    layout = replace(format_of_board(radar.board), iq_order=iq_order)
    rows = dict.fromkeys(row for clip in clips for row in store.rows(clip))
    chosen = [store.clips[row] for row in rows if store.clips[row].num_frames]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_configuration(folder, radar, layout, chosen)
        _write_labels(folder, store, chosen)
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError(out, "folder", problem, "choose another folder") from None
    for clip in chosen:
        codes = store.rows_of("if_cube", clip.row)[: clip.num_frames]
        write_capture(folder / capture_file_name(clip), codes, radar, capture_format=layout)
    return len(chosen)


def require_adc_codes(table: dict) -> None:
    """Change a recipe table so that the ADC codes needed for DCA1000 captures are stored.

    Raises:
        InputError: the table lists several radars, which would give several stores.
    """
    radars = table.get("radar")
    if isinstance(radars, list) and len(radars) > 1:
        hint = "export each store with radarsim dca1000"
        raise InputError("options", "--dca1000", "needs exactly one radar", hint)
    table["keep"] = {"if_cubes": "on", **table.get("keep", {})}


def capture_file_name(clip: Clip) -> str:
    """File name of a clip's capture: row and end of the id, with underscores for other characters.

    Different ids can differ in such characters only; the row makes the name unique.
    """
    name = re.sub(r"[^\w@.,=+-]+", "_", clip.id)[-80:]
    return f"{clip.row:06d}_{name}.bin"


def _write_configuration(folder: Path, radar, layout: CaptureFormat, clips: list[Clip]) -> None:
    lengths = {clip.num_frames for clip in clips}
    layout = replace(layout, num_frames=lengths.pop() if len(lengths) == 1 else 0)
    (folder / "radar.toml").write_text(dump_setup(radar, layout), "utf-8")
    (folder / "radar.mmwave.json").write_text(dump_studio_json(radar, layout), "utf-8")


def _write_labels(folder: Path, store: Store, clips: list[Clip]) -> None:
    texts = {row["id"]: row["text"] for row in store.table("captions")}
    exported = {clip.row: clip for clip in clips}
    with open(folder / "labels.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, LABEL_COLUMNS, restval="")
        table.writeheader()
        for segment in store.table("segments"):
            clip = exported.get(segment["row"])
            if clip is None or segment["kind"] == "action":
                continue
            table.writerow(
                {
                    "file": capture_file_name(clip),
                    "label" if segment["kind"] == "label" else "caption": texts[segment["caption"]],
                    "start_s": f"{segment['start_s']:g}",
                    "end_s": f"{segment['end_s']:g}",
                    "subject": clip.subject,
                    "split": clip.split,
                    "licence": clip.licence,
                }
            )
