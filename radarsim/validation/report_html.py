"""Format the validation report as one HTML file (report.html) with embedded figures."""

import base64
import html
import importlib.util
import io
import math
from typing import Any

from radarsim.validation.limits_text import LIMITS
from radarsim.validation.report import ValidationReport
from radarsim.validation.report_text import (
    capture_lines,
    limit_text,
    target_lines,
    verdict_text,
)

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 1100px; margin: 2em auto;
       padding: 0 1em; }
h1 { font-size: 1.5em; margin-bottom: .2em } h2 { font-size: 1.15em; margin-top: 2em }
pre { background: #f6f6f4; padding: .8em 1em; overflow-x: auto; font-size: 13px }
table { border-collapse: collapse; font-size: 14px } td, th { padding: .25em .8em .25em 0;
       text-align: left; border-bottom: 1px solid #e4e4e0 } td.n { text-align: right }
img { max-width: 100%; } .grid { display: grid; grid-template-columns: 1fr 1fr; gap: 12px }
.pass { color: #137333 } .fail { color: #b3261e } .undecided { color: #8a6d00 }
"""
_STATES = {
    True: ("pass", "pass"),
    False: ("fail", "fail"),
    None: ("undecided", "not checked"),
}
_CAPTIONS = {
    "range_profile": "Static and changing echoes over range, with the noise of one chirp.",
    "range_doppler": "Burst with the best signal-to-noise ratio of the first target; static echoes "
    "removed.",
    "range_angle": "The same burst over range and azimuth.",
    "range_time": "Time-range heatmap with the tracks of the targets.",
    "micro_doppler": "Time-Doppler heatmap.",
    "time_angle": "Time-angle heatmap.",
    "breathing": "Displacement from the slow-time phase; quadratic trend removed.",
}


def as_html(report: ValidationReport) -> str:
    """Format the report as one HTML document.

    Args:
        report: results of the validation.

    Returns:
        HTML text. Without matplotlib, the document contains a note instead of the figures.
    """
    kind = {"pass": "pass", "fail": "fail"}.get(report.verdict, "undecided")
    verdict = _escaped(verdict_text(report))
    parts = [
        f"<h1>{_escaped(report.name)}</h1>",
        f'<p>Does the simulation match this radar? Verdict: <b class="{kind}">{verdict}</b></p>',
        "<h2>Capture</h2>",
        _pre(capture_lines(report)),
        "<h2>Targets</h2>",
        _pre(target_lines(report)),
        _capture_figures(report),
        "<h2>Capture and simulation</h2>",
        _simulation(report),
        "<h2>Checks</h2>",
        _table(report),
    ]
    if report.fit is not None:
        parts += ["<h2>Fit</h2>", _pre(report.fit.summary())]
    if report.limitations:
        parts += ["<h2>Limitations</h2>", _pre(report.limitations)]
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{_escaped(report.name)}</title><style>{_STYLE}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def _escaped(text: str) -> str:
    return html.escape(str(text))


def _pre(lines) -> str:
    return f"<pre>{_escaped(chr(10).join(lines))}</pre>"


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def _capture_figures(report: ValidationReport) -> str:
    if not can_draw():
        return "<p>No figures: matplotlib is not installed (pip extra viz).</p>"
    from radarsim.validation.figures import capture_figures

    figures = capture_figures(report.analysis)
    cells = [
        f"<figure>{png(figure)}<figcaption>{_CAPTIONS[name]}</figcaption></figure>"
        for name, figure in figures.items()
    ]
    return f'<div class="grid">{"".join(cells)}</div>'


def png(figure: Any) -> str:
    """Convert a matplotlib figure to an HTML image element with embedded PNG data."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="" src="data:image/png;base64,{data}">'


def _simulation(report: ValidationReport) -> str:
    if report.simulation is None:
        return f"<p>Not simulated: {_escaped(report.not_simulated)}</p>"
    simulation = report.simulation
    head = _escaped(f"{simulation.description}, {simulation.num_frames} frames")
    method = "Static clutter, leakage and noise are taken from the capture, and the simulated echo "
    method += "is scaled to the level of the captured one."
    parts = [f"<p>{head}. {method}</p>"]
    if can_draw():
        from radarsim.validation.figures import side_by_side

        parts.append(png(side_by_side(simulation.comparison, "simulation")))
    return "\n".join(parts)


def _table(report: ValidationReport) -> str:
    rows = []
    for metric in report.metrics:
        kind, state = _STATES[metric.passes]
        if metric.limit is None and not metric.not_checked:
            state = "reported only"
        rows.append(
            f'<tr><td>{_escaped(metric.title)}</td><td class="n">{_number(metric.value)}</td>'
            f'<td>{_escaped(limit_text(metric))}</td><td class="{kind}">{state}</td>'
            f"<td>{_escaped(metric.not_checked or metric.source)}</td></tr>"
        )
    head = (
        "<tr><th>metric</th><th>value</th><th>threshold</th><th>result</th>"
        "<th>source of the threshold, or reason</th></tr>"
    )
    return f"<p>{LIMITS}</p><table>{head}{''.join(rows)}</table>"


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "-"
