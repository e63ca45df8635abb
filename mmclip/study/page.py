"""The report of the study as one HTML page without external files."""

from collections.abc import Mapping, Sequence
from html import escape

from mmclip.evaluation_metrics import too_few_people
from mmclip.study.charts import chart
from mmclip.study.node_queue import Failures

STYLE = """
body { font-family: sans-serif; max-width: 60em; margin: 2em auto; line-height: 1.4; color: #222; }
table { border-collapse: collapse; margin: 1em 0; font-size: 0.9em; }
td, th { border-bottom: 1px solid #ccc; padding: 0.2em 0.6em; text-align: left; }
.note { background: #fff3d6; padding: 0.6em 1em; }
"""
BAR_COLUMNS = (
    "bar",
    "accuracy",
    "over classes",
    "over people",
    "over runs",
    "n",
    "chance",
    "paper",
)
KINDS = {"greater": ">", "similar": "is similar to", "not much less": "is not much less than"}


def page(report: Mapping) -> str:
    """Render the HTML page of a report from `report.make_report`."""
    parts = [f"<h1>{escape(report['title'])}</h1>"]
    if report["note"]:
        parts.append(f'<p class="note">{escape(report["note"])}</p>')
    parts += [_failures(report.get("failures", ())), _facts(report)]
    parts += [_figure(each) for each in report["figures"].values()]
    body = "\n".join(parts)
    head = f'<meta charset="utf-8"><title>{escape(report["title"])}</title>'
    return f"<!doctype html>\n<html><head>{head}<style>{STYLE}</style></head>\n{body}\n</html>\n"


def percent(value: float | None) -> str:
    """Format a fraction in percent; a missing value gives a dash."""
    return "-" if value is None else f"{100 * value:.1f} %"


def interval(found: Mapping | None) -> str:
    """Format the limits of an interval in percent; a missing interval gives a dash."""
    return f"{percent(found['low'])} to {percent(found['high'])}" if found else "-"


def _failures(failures: Failures) -> str:
    """Table of the nodes that failed, and the number of nodes that need them; "" if none failed."""
    rows = [(each["title"], each["problem"]) for each in failures if each["problem"]]
    if not rows:
        return ""
    text = f"{len(rows)} of the corpora, trainings and scorings failed"
    if blocked := len(failures) - len(rows):
        text += f", and {blocked} that need them were not executed"
    hint = "All values below are computed without them. The same command tries them again."
    return f'<p class="note">{text}. {hint}</p>\n{_table(rows, ("failed", "error"))}'


def _facts(report: Mapping) -> str:
    keys = ("commit", "machine", "preset", "encoder", "scoring", "hub_correction")
    keys += ("budget_hours", "measured_hours")
    rows = [(key, str(report[key])) for key in keys if report.get(key)]
    rows += [(f"domain {role}", name) for role, name in report["domains"].items()]
    codes = report.get("codes", [])
    if codes and codes != [report.get("commit")]:
        rows.append(("commits of the results", ", ".join(codes)))
    rows += [("cut to the budget", "; ".join(report["cuts"]) or "nothing")]
    verdicts = ", ".join(f"{number} {name}" for name, number in report["verdicts"].items())
    return _table([*rows, ("orderings", verdicts or "-")])


def _figure(figure: Mapping) -> str:
    name = figure["name"]
    if "bars" not in figure:
        return f"<h2>{escape(name)}</h2><p>{escape(figure['state'])}</p>"
    parts = [f"<h2>{escape(name)}: {escape(figure['title'])} ({escape(figure['section'])})</h2>"]
    if figure["bars"]:
        parts += [chart(figure), _bars(figure), _orderings(figure["orderings"])]
    if figure["tables"]:
        parts.append(_results(figure["tables"]))
    parts += [_pictures(*each) for each in figure.get("pictures", {}).items()]
    parts += [f"<p>{escape(note)}</p>" for note in figure["notes"]]
    return "\n".join(parts)


def _bars(figure: Mapping) -> str:
    rows = [_bar_row(bar) for bar in figure["bars"]]
    if figure["control"]:
        rows.append(_bar_row({"name": "permutation control", "paper": None, **figure["control"]}))
    text = _table(rows, BAR_COLUMNS)
    trained = [
        (bar["name"], f"{bar['trained_parameters']:,}", _seconds(bar))
        for bar in figure["bars"]
        if "trained_parameters" in bar
    ]
    columns = ("bar", "trained parameters", "time of all training steps")
    return text + (_table(trained, columns) if trained else "")


def _seconds(bar: Mapping) -> str:
    if not bar.get("step_seconds"):
        return "-"
    return f"{bar['steps'] * bar['step_seconds']:.0f} s ({bar['steps']} steps)"


def _bar_row(bar: Mapping) -> tuple[str, ...]:
    if bar["mean"] is None:
        return (bar["name"], "not measured", *["-"] * 5, percent(bar["paper"]))
    size = f"{bar['windows']} windows, {bar['classes']} classes, {bar['runs']} runs"
    return (
        bar["name"],
        percent(bar["mean"]),
        interval(bar),
        _interval_over_people(bar),
        interval(bar["over_runs"]),
        f"{size}, {bar['seeds']} seeds",
        percent(bar["chance"]),
        percent(bar["paper"]),
    )


def _interval_over_people(bar: Mapping) -> str:
    """Format the interval over people, or a dash and the reason why there is no interval."""
    reason = too_few_people(bar.get("people"))
    return f"- ({reason})" if reason else interval(bar["over_people"])


def _orderings(orderings: Sequence[Mapping]) -> str:
    rows = []
    for each in orderings:
        statement = f"{each['better']} {KINDS[each['kind']]} {each['worse']}"
        if "mean" not in each:
            rows.append((statement, each["verdict"], "-", "-", "-"))
            continue
        unit = f"{each['n']} {each['unit']}"
        smallest = percent(each["smallest"])
        rows.append((statement, each["verdict"], percent(each["mean"]), interval(each), smallest))
        rows[-1] = (*rows[-1][:3], f"{rows[-1][3]} over {unit}", smallest)
    columns = (
        "the paper's ordering",
        "verdict",
        "paired difference",
        "95 % interval",
        "smallest difference with 80 % power",
    )
    return _table(rows, columns) if rows else ""


def _results(tables: Mapping[str, Mapping]) -> str:
    if not any(tables.values()):
        return "<p>not measured</p>"
    keys = list(dict.fromkeys(key for each in tables.values() for key in each))
    rows = [(row, *(_value(each.get(key)) for key in keys)) for row, each in tables.items()]
    return _table(rows, ("", *keys))


def _pictures(title: str, result: Mapping) -> str:
    """Rows of pictures, with one row per activity and domain."""
    lines = [f"<h3>{escape(title)}</h3>"]
    if not result:
        lines.append("<p>not measured</p>")
    for row in result.get("rows", ()):
        name = f"{row['label']}, {('real domain', 'default radar')[row['store']]}"
        images = "".join(_image(f"{name}, {kind}", x) for kind, x in row["pictures"].items())
        lines.append(f"<p>{escape(name)}<br>{images}</p>")
    return "\n".join(lines)


def _image(text: str, data: str) -> str:
    return f'<img alt="{escape(text)}" height="160" src="data:image/png;base64,{data}">'


def _value(value) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _table(rows: Sequence[Sequence[str]], columns: Sequence[str] = ()) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in columns)
    lines = ["".join(f"<td>{escape(each)}</td>" for each in row) for row in rows]
    body = "".join(f"<tr>{line}</tr>\n" for line in lines)
    return f"<table>\n{f'<tr>{head}</tr>' if head else ''}{body}</table>"
