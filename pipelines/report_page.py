"""The HTML report of a store: text, tables and embedded figures."""

import base64
import io
from collections import Counter
from collections.abc import Iterable
from html import escape

from matplotlib.figure import Figure

from pipelines import report_figures as figures
from pipelines.data_card import duration
from pipelines.report_frames import frame_figures
from pipelines.report_sample import Sample, evenly, take_sample
from pipelines.storage import open_folder
from pipelines.store_checks import check_splits
from pipelines.store_reader import Store
from pipelines.store_statistics import StoreStatistics, compute_statistics
from radarsim.errors import InputError

# Maximum number of rows of a table.
_MOST_ROWS = 25
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: 0.5em 0 1em; }
td, th { border-bottom: 1px solid #ccc; padding: 0.15em 0.9em 0.15em 0; text-align: left; }
td.number { text-align: right; }
img { max-width: 100%; }
.problem { color: #a00; font-weight: bold; }
.note { color: #555; }
"""


def report_page(store: Store, num_drawn: int = 8) -> str:
    """Return the report as self-contained HTML.

    Args:
        store: an open store; if the store is unfinished, the report covers only the clips made so
            far.
        num_drawn: number of clips to draw.

    Returns:
        HTML.

    Raises:
        InputError: the store has no clips, or is damaged.
    """
    statistics = compute_statistics(open_folder(store.path))
    if not statistics.made.clips:
        raise InputError(store.path, "clips", "all are empty or missing", "build the store first")
    name = escape(store.name)
    parts = [
        f"<h1>{name}</h1>",
        _overview(store, statistics),
        *_subjects_section(store, statistics),
        *_texts_section(store, statistics),
        *_heatmaps_section(store, num_drawn),
    ]
    head = f"<meta charset='utf-8'><title>{name}</title><style>{_STYLE}</style>"
    return f"<!doctype html><html><head>{head}</head><body>{''.join(parts)}</body></html>\n"


def _overview(store: Store, statistics: StoreStatistics) -> str:
    finished = "finished" if store.checksums else "not finished"
    kind = "recorded" if statistics.is_recorded else "simulated"
    radar = store.recipe.radar.name
    rows = [
        ("state", f"{finished}, {kind}"),
        ("clips", f"{statistics.made.clips}, {duration(statistics.made.seconds)}"),
        ("failed clips", statistics.failed),
        ("subjects", len(statistics.subjects)),
        *_people_rows(statistics),
        ("labels", len(statistics.labels)),
        ("captions", len(statistics.captions)),
        ("radar, body", f"{radar}, {store.recipe.body}"),
        ("window, clutter removed", f"{store.recipe.maps.window}, {store.recipe.maps.clutter}"),
        ("IF cubes, poses", f"{_kept(store, 'if_cube')}, {_kept(store, 'poses')}"),
        (
            "points, frame maps, joints",
            ", ".join(_kept(store, name) for name in ("points", "range_doppler", "joints_m")),
        ),
        ("recipe digest", store.attributes.get("recipe_digest", "")[:16]),
    ]
    note = "Checksums were not compared: use <code>radarsim check</code>."
    return _table(None, rows) + f"<p class='note'>{note}</p>"


def _people_rows(statistics: StoreStatistics) -> list[tuple[str, str]]:
    """Number of people per clip, if any clip has several people."""
    counts = {count: clips for count, clips in sorted(statistics.people.items()) if clips}
    if max(counts, default=1) == 1:
        return []
    listed = ", ".join(f"{count} in {clips} clips" for count, clips in counts.items())
    return [("people per clip", f"{listed}; captions describe the main person")]


def _subjects_section(store: Store, statistics: StoreStatistics) -> Iterable[str]:
    """Return the report section on splits, subjects, sources and placements."""
    clips = [clip for clip in store.clips.values() if clip.num_frames]
    yield "<h2>People and splits</h2>"
    yield _table(
        ("split", "subjects", "clips", "duration"),
        [
            (split, statistics.subjects_in(split), total.clips, duration(total.seconds))
            for split, total in ((name, statistics.splits[name]) for name in statistics.split_names)
        ],
    )
    leaks = [*check_splits(store)]
    yield "<p>No person and no motion is in two splits.</p>" if not leaks else _lines(leaks)
    yield _image(figures.people_figure(clips))
    official = {name: total for name, total in sorted(statistics.official.items()) if name}
    if official:
        yield "<p>Official splits of the text sets:</p>"
        rows = [(name, total.clips) for name, total in official.items()]
        yield _table(("official split", "clips"), rows)
    yield "<h2>Motions and their licences</h2>"
    yield _table(
        ("source", "licence", "clips", "duration"),
        [
            (source, licence, total.clips, duration(total.seconds))
            for (source, licence), total in sorted(statistics.motions.items())
        ],
    )
    yield "<h2>Placements</h2>"
    placements = figures.placements_figure(clips)
    yield _image(placements) if placements else "<p>The same for all clips.</p>"


def _texts_section(store: Store, statistics: StoreStatistics) -> Iterable[str]:
    """Return the report section on labels, captions and attribute sentences."""
    yield "<h2>Labels</h2>"
    labels = {label: total.clips for label, total in statistics.totals_by_label.items()}
    yield _image(figures.labels_figure(labels)) if labels else "<p>None.</p>"
    if len(labels) > figures.MOST_LABELS:
        yield f"<p class='note'>The most frequent of {len(labels)}.</p>"
    yield "<h2>Captions and their licences</h2>"
    yield _table(
        ("source", "licence", "captions", "segments"),
        [
            (source, licence, count, statistics.segments[source])
            for (source, licence), count in sorted(statistics.caption_counts.items())
        ],
    )
    captions = [caption.text for caption in statistics.captions.values()]
    lengths = [len(caption.split()) for caption in captions]
    vocabulary = {token for caption in captions for token in _tokens(caption)}
    sentences = Counter(row["provenance"] for row in store.table("attributes"))
    yield _table(
        None,
        [
            ("different words", len(vocabulary)),
            ("words per caption, mean", f"{sum(lengths) / max(len(lengths), 1):.1f}"),
            ("clips without text", statistics.without_text),
            *((f"attribute sentences, {by}", count) for by, count in sorted(sentences.items())),
        ],
    )
    texts_per_clip = Counter(segment["row"] for segment in store.table("segments"))
    rows = [row for row, clip in store.clips.items() if clip.num_frames]
    counts = [texts_per_clip[row] for row in rows]
    yield _image(figures.texts_figure(statistics, lengths, counts))


def _heatmaps_section(store: Store, num_drawn: int) -> Iterable[str]:
    """Return the report section with heatmap statistics and the heatmaps of some clips."""
    sample = take_sample(store)
    yield "<h2>Levels, speeds, ranges, angles</h2>"
    is_complete = len(sample.rows) == sum(clip.num_frames > 0 for clip in store.clips.values())
    part = f"{len(sample.rows)} clips, spread evenly over the store"
    clips = "all clips" if is_complete else part
    yield f"<p class='note'>Of {clips}; power above the noise, equal weight for each clip.</p>"
    yield _image(figures.levels_figure(sample))
    yield _image(figures.shares_figure(store, sample))
    yield from _frames_section(store, sample)
    if num_drawn > 0:
        yield "<h2>Some clips</h2>"
        yield _image(figures.clips_figure(store, evenly(list(sample.rows), num_drawn)))


def _frames_section(store: Store, sample: Sample) -> Iterable[str]:
    """Return the report section on points, frame maps and joints, if the store keeps them."""
    for number, (text, figure) in enumerate(frame_figures(store, sample.rows)):
        yield "" if number else "<h2>Points and maps of single frames</h2>"
        yield f"<p class='note'>{escape(text)}</p>"
        yield _image(figure)


def _kept(store: Store, name: str) -> str:
    return "kept" if store.has(name) else "not kept"


def _tokens(text: str) -> list[str]:
    return [word.strip(".,;:!?\"'()").casefold() for word in text.split()]


def _table(head: Iterable[str] | None, rows: list[tuple]) -> str:
    """HTML table of the first `_MOST_ROWS` rows, with the number of omitted rows."""
    lines = "".join(
        "<tr>" + "".join(_cell(cell) for cell in row) + "</tr>" for row in rows[:_MOST_ROWS]
    )
    titles = "".join(f"<th>{escape(title)}</th>" for title in head or ())
    more = f"<p>... and {len(rows) - _MOST_ROWS} more</p>" if len(rows) > _MOST_ROWS else ""
    return f"<table>{f'<tr>{titles}</tr>' if titles else ''}{lines}</table>{more}"


def _cell(value: object) -> str:
    kind = " class='number'" if isinstance(value, int) else ""
    return f"<td{kind}>{escape(str(value))}</td>"


def _lines(lines: list[str]) -> str:
    shown = "".join(f"<li>{escape(line)}</li>" for line in lines[:_MOST_ROWS])
    return f"<p class='problem'>{len(lines)} found in two splits</p><ul>{shown}</ul>"


def _image(figure: Figure) -> str:
    data = io.BytesIO()
    figure.savefig(data, format="png", metadata={"Software": None})
    return f"<p><img src='data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}'></p>"
