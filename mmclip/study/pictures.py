"""Heatmaps of the same motion in two domains, as pictures (figure 12)."""

import base64
import struct
import zlib
from pathlib import Path

import numpy as np

from mmclip.settings_rules import HEATMAPS
from mmclip.study.node_runs import store_of
from mmclip.study.nodes import Node

# Dynamic range of a picture below its maximum [dB].
DEPTH_DB = 40.0


def draw_heatmaps(node: Node, root: Path) -> dict:
    """Draw the heatmaps of the first take of each label that both stores contain.

    Args:
        node: node with the setting labels, which needs two nodes with the role store: the real
            domain and the simulation of the same motion.
        root: output folder of the study.

    Returns:
        One row per label and store: label, number of the store, take, and base64-encoded PNG
        pictures keyed by heatmap. A label has no rows unless both stores contain a clip of the same
        take.
    """
    from mmclip.presets import load_preset

    settings = load_preset(node.values["preset"], node.values["overrides"])
    corpora = [_open(store_of(root, each), settings) for each in node.need("store")]
    rows = []
    for label in node.values["labels"]:
        for number, clip in enumerate(_same_take(corpora, label)):
            arrays = corpora[number].stores[0]
            maps = {name: _map(arrays, name, clip) for name in HEATMAPS}
            pictures = {name: base64.b64encode(png(each)).decode() for name, each in maps.items()}
            rows.append({"label": label, "store": number, "take": clip.take, "pictures": pictures})
    return {"rows": rows}


def png(map_db: np.ndarray) -> bytes:
    """Encode a heatmap [column, bin] as a grey PNG: time to the right, first bin at the bottom.

    The maximum is white, and levels of `DEPTH_DB` or more below the maximum are black.
    """
    level = np.clip(1 + (map_db - map_db.max()) / DEPTH_DB, 0, 1)
    pixels = np.round(255 * level).astype(np.uint8).T[::-1]
    height, width = pixels.shape
    # In PNG, each line begins with the number of a filter; zero is the filter "none".
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels], axis=1).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _open(path: str, settings):
    from mmclip.prepared_data import open_corpus

    return open_corpus([path], settings, verify=False, report=lambda line: None)


def _same_take(corpora, label: str) -> tuple:
    """The first clip with a label whose motion occurs in both corpora, from either corpus."""
    found = [_clips(corpus, label) for corpus in corpora]
    common = [take for take in found[0] if take in found[1]]
    return tuple(clips[common[0]] for clips in found) if common else ()


def _clips(corpus, label: str) -> dict:
    """The first clip of each take whose first window has the label, keyed by the take's digest."""
    clips: dict = {}
    for clip in corpus.clips:
        if corpus.labels[clip.labels[0]] == label:
            clips.setdefault(clip.take_digest or clip.take, clip)
    return clips


def _map(store, name: str, clip) -> np.ndarray:
    values = store.open_array(name)[clip.row, : clip.columns].read().result()
    return np.asarray(values, np.float32)
