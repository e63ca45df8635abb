"""HTML page of a session on a GPU, without scripts and without external files."""

from html import escape

TITLES = {
    "errors": "Errors against the float64 sum, on the device",
    "speed": "Speed from poses to IF cubes and to heatmaps",
    "profile": "Kernels that take the most time",
    "motion": "30 h of motion, extrapolated",
    "dataset": "A dataset of one hour, built by builders.amass",
    "training": "Training steps of mmCLIP",
    "inference": "Latency of inference",
}
_STYLE = """
body { font: 15px/1.4 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: .5em 0; }
td, th { border: 1px solid #ccc; padding: .2em .6em; text-align: left; vertical-align: top; }
pre { background: #f6f6f6; padding: .6em; overflow-x: auto; font-size: 12px; }
"""


def page(record: dict) -> str:
    """Return the page.

    Args:
        record: `gpu_session.Session.record`.
    """
    parts = [_introduction(record), _overview(record["steps"])]
    if record["plans"]:
        parts.append(f"<h2>Plans (not measured)</h2>{_rows(record['plans'])}")
    parts += [_step(name, step) for name, step in record["steps"].items() if len(step) > 1]
    head = f"<meta charset='utf-8'><title>GPU session</title><style>{_STYLE}</style>"
    body = "\n".join(["<h1>GPU session</h1>", *parts])
    return f"<!doctype html>\n<html lang='en'><head>{head}</head>\n<body>{body}</body></html>\n"


def _introduction(record: dict) -> str:
    lines = [f"Started {record['started']}, {record['minutes']:g} minutes."]
    devices = {
        str(step["result"]["device"])
        for step in record["steps"].values()
        if "device" in step.get("result", {})
    }
    lines += [f"Device: {device}." for device in sorted(devices)]
    if any(device.startswith("cpu") for device in devices):
        lines.append("The device is a processor, so the figures say nothing about a GPU.")
    if record["miniature"]:
        lines.append("Miniature: the figures only show that the steps run.")
    lines.append("All radar data are simulated.")
    return f"<p>{escape(' '.join(lines))}</p>"


def _overview(steps: dict) -> str:
    rows = [
        {"step": TITLES[name], "status": step["status"], "seconds": step.get("seconds")}
        for name, step in steps.items()
    ]
    return _rows(rows)


def _step(name: str, step: dict) -> str:
    parts = [f"<h2>{escape(TITLES[name])}</h2><p>{escape(step['status'])}</p>"]
    if step.get("result"):
        parts.append(_value(step["result"]))
    if step.get("error"):
        parts.append(f"<pre>{escape(step['error'])}</pre>")
    return "\n".join(parts)


def _value(value: object) -> str:
    """Nested tables of a JSON value."""
    if value is None:
        return ""
    if isinstance(value, dict):
        rows = "".join(
            f"<tr><th>{escape(str(k))}</th><td>{_value(v)}</td></tr>" for k, v in value.items()
        )
        return f"<table>{rows}</table>"
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return _rows(value)
    if isinstance(value, float):
        return escape(f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}")
    return escape(str(value))


def _rows(rows: list[dict]) -> str:
    """A table with one row for each dictionary; the keys of the first row are the columns."""
    head = "".join(f"<th>{escape(str(name))}</th>" for name in rows[0])
    lines = (("".join(f"<td>{_value(each.get(name))}</td>" for name in rows[0])) for each in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><tr>{head}</tr>{body}</table>"
