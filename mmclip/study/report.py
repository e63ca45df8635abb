"""Report of the study as JSON values, from which the HTML page is rendered."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mmclip.study.budget import Study
from mmclip.study.code_version import UNKNOWN
from mmclip.study.corpora import Domains
from mmclip.study.figure import Bar, Figure, Scoring
from mmclip.study.figures import FIGURES
from mmclip.study.node_queue import Failures
from mmclip.study.nodes import Node, read_result, result_path
from mmclip.study.verdicts import Run, paired_difference, summary, verdict

NOT_MEASURED = "not measured"
STAND_IN_NOTE = (
    "Simulated: the domain called real is a simulated stand-in for recordings, and the paper's "
    "values were measured on recordings. They are context, not a target."
)
# Keys of values that depend on the machine and its load; all other values are reproducible.
MEASURED_TIMES = ("step_seconds", "latency_s", "measured_hours")
# Keys of a node's result that are not shown in tables.
ABOUT_A_RESULT = ("title", "seconds", "code")


def make_report(
    study: Study,
    root: Path,
    domains: Domains,
    about: Mapping,
    failures: Failures = (),
) -> dict:
    """Collect the results of all figures in the order of the paper.

    Args:
        study: study to report.
        root: output folder with the results of the nodes.
        domains: corpora of the study, whose names are reported.
        about: further values that describe the study.
        failures: nodes that failed or were not executed, as in `NodeQueue.failures`.

    Returns:
        The report as JSON values. Figures that are not part of the study are listed without
        results, and bars without a finished scoring have the mean None.
    """
    figures = {each.name: _figure(each, root) for each in study.figures}
    names = sorted(FIGURES, key=lambda name: FIGURES[name].place)
    return {
        **about,
        "note": STAND_IN_NOTE if domains.stand_in else "",
        "failures": list(failures),
        "codes": _codes(study, root),
        "measured_hours": sum(_seconds(root, node) for node in study.nodes) / 3600,
        "domains": dict(domains.names),
        "cuts": list(study.extent.cuts),
        "figures": {
            name: figures.get(name, {"name": name, "state": NOT_MEASURED}) for name in names
        },
        "verdicts": verdict_counts(figures.values()),
    }


def verdict_counts(figures: Sequence[Mapping]) -> dict[str, int]:
    """Number of orderings with each verdict."""
    counts: dict[str, int] = {}
    for figure in figures:
        for ordering in figure.get("orderings", ()):
            counts[ordering["verdict"]] = counts.get(ordering["verdict"], 0) + 1
    return counts


def _figure(figure: Figure, root: Path) -> dict:
    results = {bar.name: _runs(bar.scorings, root) for bar in figure.bars}
    control = _runs(figure.controls, root)
    return {
        "name": figure.name,
        "title": figure.title,
        "section": figure.section,
        "x_label": figure.x_label,
        "bars": [_bar(bar, results[bar.name], root) for bar in figure.bars],
        "control": summary(control) if control else None,
        "orderings": [_ordering(each, results) for each in figure.orderings],
        "tables": {row: _result(root, node) for row, node in figure.tables.items()},
        "pictures": {row: _result(root, node) for row, node in figure.pictures.items()},
        "notes": [*figure.notes, *_text_notes(figure, root)],
    }


def _bar(bar: Bar, runs: Sequence[Run], root: Path) -> dict:
    training = {} if bar.model is None else _training(_result(root, bar.model))
    return {
        "name": bar.name,
        "series": bar.series,
        "x": bar.x,
        "paper": bar.paper,
        "nodes": [scoring.node.id for scoring in bar.scorings],
        **(summary(runs) if runs else {"mean": None}),
        **training,
    }


def _training(result: Mapping) -> dict:
    keys = ("trained_parameters", "parameters", "steps", "step_seconds")
    return {key: result[key] for key in keys if key in result}


def _ordering(ordering, results: Mapping[str, Sequence[Run]]) -> dict:
    better, worse = results[ordering.better], results[ordering.worse]
    difference = paired_difference(better, worse)
    found = {} if difference is None else difference._asdict()
    return {
        "better": ordering.better,
        "worse": ordering.worse,
        "kind": ordering.kind,
        "verdict": verdict(difference, ordering.kind) if better and worse else NOT_MEASURED,
        **found,
    }


def _runs(scorings: Sequence[Scoring], root: Path) -> list[Run]:
    return [
        Run(each.group, each.seed, read_result(root, each.node)["entries"][each.entry])
        for each in scorings
        if result_path(root, each.node).exists()
    ]


def _text_notes(figure: Figure, root: Path) -> list[str]:
    """Note on the scored labels that no sentence describes; no note if there are none."""
    scorings = [*(each for bar in figure.bars for each in bar.scorings), *figure.controls]
    results = [_result(root, each.node) for each in scorings]
    found = sorted({x for each in results for x in each.get("labels_without_sentences", ())})
    if not found:
        return []
    return [
        f"No sentences describe {', '.join(found)}: the names of these labels are their only "
        "texts. Sentences are added to a store with radarsim attributes."
    ]


def _result(root: Path, node: Node) -> dict:
    if not result_path(root, node).exists():
        return {}
    found = read_result(root, node)
    return {key: value for key, value in found.items() if key not in ABOUT_A_RESULT}


def _seconds(root: Path, node: Node) -> float:
    return read_result(root, node)["seconds"] if result_path(root, node).exists() else 0.0


def _codes(study: Study, root: Path) -> list[str]:
    """Versions of the code that computed the results, without duplicates."""
    finished = [node for node in study.nodes if result_path(root, node).exists()]
    return sorted({read_result(root, node).get("code", UNKNOWN) for node in finished})


def reproducible(report: Mapping) -> dict:
    """Return the report without times, which vary between executions of the same study."""

    def stripped(value):
        if isinstance(value, Mapping):
            return {k: stripped(v) for k, v in value.items() if k not in MEASURED_TIMES}
        return [stripped(each) for each in value] if isinstance(value, list) else value

    return stripped({key: value for key, value in report.items() if key != "machine"})
