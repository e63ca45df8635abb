"""The HTML page of `validate`: one file, pictures inside."""

import base64
import html
import importlib.util
import io
from typing import Any

from radarsim.validation.report_text import Report, capture_lines, target_lines

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 1100px; margin: 2em auto;
       padding: 0 1em; }
h1 { font-size: 1.5em; margin-bottom: .2em } h2 { font-size: 1.15em; margin-top: 2em }
pre { background: #f6f6f4; padding: .8em 1em; overflow-x: auto; font-size: 13px }
table { border-collapse: collapse; font-size: 14px } td, th { padding: .25em .8em .25em 0;
       text-align: left; border-bottom: 1px solid #e4e4e0 } td.n { text-align: right }
img { max-width: 100%; } .grid { display: grid; grid-template-columns: 1fr 1fr; gap: 12px }
.pass { color: #137333 } .fail { color: #b3261e } .cannot { color: #8a6d00 }
"""
_CAPTIONS = {
    "range_profile": "What stands still and what changes, against the noise of one chirp.",
    "range_doppler": "The burst in which the first target is clearest; still echoes removed.",
    "range_angle": "The same burst by direction.",
    "range_time": "Tracked targets over the time-range map.",
    "micro_doppler": "Time-Doppler map.",
    "time_angle": "Time-angle map.",
    "breathing": "Slow-time phase as displacement, quadratic trend removed.",
}


def as_page(report: Report) -> str:
    """The report as one HTML document.

    Args:
        report: to be shown.

    Returns:
        HTML text; without pictures, and saying so, where matplotlib is not installed.
    """
    kind = {"pass": "pass", "fail": "fail"}.get(report.verdict, "cannot")
    parts = [
        f"<h1>{_safe(report.name)}</h1>",
        f'<p>Is the simulator like this radar? <b class="{kind}">{_safe(report.verdict)}</b></p>',
        "<h2>The capture alone</h2>",
        _pre(capture_lines(report)),
        _pre(target_lines(report)),
        _capture_pictures(report),
        "<h2>Beside its simulation</h2>",
        _simulation(report),
    ]
    if report.fit is not None:
        parts += ["<h2>Fit</h2>", _pre(report.fit.lines())]
    if report.untold:
        parts += ["<h2>What cannot be told</h2>", _pre(report.untold)]
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{_safe(report.name)}</title><style>{_STYLE}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def _safe(words: str) -> str:
    return html.escape(str(words))


def _pre(lines) -> str:
    return f"<pre>{_safe(chr(10).join(lines))}</pre>"


def can_draw() -> bool:
    """Whether matplotlib is there."""
    return importlib.util.find_spec("matplotlib") is not None


def _capture_pictures(report: Report) -> str:
    if not can_draw():
        return "<p>No pictures: matplotlib is not installed (extra viz).</p>"
    from radarsim.validation.figures import capture_figures

    figures = capture_figures(report.looked)
    cells = [
        f"<figure>{png(figure)}<figcaption>{_CAPTIONS[name]}</figcaption></figure>"
        for name, figure in figures.items()
    ]
    return f'<div class="grid">{"".join(cells)}</div>'


def png(figure: Any) -> str:
    """A figure as an image element that needs no file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="" src="data:image/png;base64,{data}">'


def _simulation(report: Report) -> str:
    if report.rehearsed is None:
        return f"<p>None: {_safe(report.not_simulated)}</p>"
    what = _safe(f"{report.rehearsed.words}, {report.rehearsed.num_frames} frames")
    room = "Clutter, leakage and noise are the capture's; the echo is brought to its level."
    parts = [f"<p>{what}. {room}</p>"]
    if can_draw():
        from radarsim.validation.figures import side_by_side

        parts.append(png(side_by_side(report.rehearsed.compared, "simulation")))
    return "\n".join([*parts, _table(report)])


def _table(report: Report) -> str:
    rows = []
    for figure in report.figures:
        kind, state = {
            True: ("pass", "within"), False: ("fail", "outside"), None: ("cannot", "not judged"),
        }[figure.passes]  # fmt: skip
        line = f"{figure.relation} {figure.limit:.3g} {figure.unit}"
        rows.append(
            f'<tr><td>{_safe(figure.title)}</td><td class="n">{figure.value:.3g}</td>'
            f'<td>{_safe(line)}</td><td class="{kind}">{state}</td>'
            f"<td>{_safe(figure.unjudged or figure.source)}</td></tr>"
        )
    head = "<tr><th>figure</th><th>value</th><th>pass line</th><th></th><th>from</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"
