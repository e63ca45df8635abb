"""Plan, execute and report the study."""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from mmclip.atomic_files import write_atomically
from mmclip.errors import MmclipError
from mmclip.prepared_data import open_corpus
from mmclip.presets import load_preset
from mmclip.protocol import activities, groups
from mmclip.study.absolute_paths import absolute, with_absolute_paths
from mmclip.study.arms import Arms
from mmclip.study.budget import Study, plan_lines, plan_study
from mmclip.study.code_version import code_version
from mmclip.study.corpora import licensed_corpus, make_domains, predicted_bytes
from mmclip.study.given_stores import check_stores
from mmclip.study.licensed import (
    check_describer,
    check_folders,
    licensed_commands,
    motion_frames,
)
from mmclip.study.node_queue import Failures
from mmclip.study.nodes import Node, result_path
from mmclip.study.page import page
from mmclip.study.report import make_report
from mmclip.study.scale import SCALES, Scale
from mmclip.study.scheduling import run_nodes, wait_for_lock

ROLES = ("grammar", "real", "scene-b", "scene-c")


def run_study(options: argparse.Namespace) -> None:
    """Plan and execute the study, and write the report; with --dry-run, only print the plan.

    The report is written even if a node fails; the error is raised afterwards.

    Raises:
        MmclipError: an option, a store or a node cannot be used.
    """
    # Without --amass, the other options of licensed data are rejected by make_arms.
    if options.amass:
        check_folders(options)
    options = with_absolute_paths(options)
    arms = make_arms(options)
    study = plan_study(arms, options.figures, options.budget_hours)
    _print_plan(options, arms, study)
    if options.dry_run:
        return

    def finish(failures: Failures) -> None:
        about = _about(options, arms.encoder)
        report = make_report(study, options.out, arms.domains, about, failures)
        _write_report(report, options.out)

    with wait_for_lock(options.out):
        _execute(options, arms, study, finish)


def _print_plan(options: argparse.Namespace, arms: Arms, study: Study) -> None:
    """Check the existing stores, and print the corpora, the nodes and the predicted hours.

    Raises:
        MmclipError: a store cannot be used.
    """
    root, corpora = options.out, [*arms.domains.corpora.values()]
    notes = check_stores(corpora, study.nodes, arms.scale, root)
    done = [node.id for node in study.nodes if result_path(root, node).exists()]
    for line in [*_corpus_lines(study), *notes, *plan_lines(study, options.budget_hours, done)]:
        print(line)


def _execute(
    options: argparse.Namespace, arms: Arms, study: Study, finish: Callable[[Failures], None]
) -> None:
    """Check the services, and execute all nodes.

    Raises:
        MmclipError: a service or a node cannot be used.
    """
    root = options.out
    unfinished = [node for node in study.nodes if not result_path(root, node).exists()]
    _check_services(options, arms, unfinished)
    run_nodes(
        study.nodes,
        root,
        workers=options.workers,
        scheduler=options.scheduler,
        report=partial(print, flush=True),
        finish=finish,
    )


def _write_report(report: Mapping, root: Path) -> None:
    write_atomically(root / "report.json", (json.dumps(report, indent=1) + "\n").encode())
    write_atomically(root / "report.html", page(report).encode())
    print(f"{root}: report.html and report.json")


def make_arms(options: argparse.Namespace) -> Arms:
    """Create the factory of nodes from the command-line options.

    Raises:
        MmclipError: an option or a store cannot be used.
    """
    scale = SCALES[options.preset]
    if options.seeds is not None:
        scale = replace(scale, seeds=_at_least_one(options.seeds))
    stores = _stores(options.stores)
    if len(options.real) > 3:
        problem = f"{len(options.real)} stores, at most 3"
        raise MmclipError("options", "--real", problem, "merge the stores of an environment")
    domains = make_domains(scale, stores, tuple(options.real), _licensed(options, scale))
    labels = _labels(options, scale, stores)
    names = options.groups or scale.groups
    chosen = {name: _group(name, labels) for name in names}
    return Arms(
        scale,
        domains,
        chosen,
        labels,
        f"clip:{options.clip}" if options.clip else options.encoder,
        options.scoring,
        options.hub_correction,
    )


def _licensed(options: argparse.Namespace, scale: Scale) -> Node | None:
    """Define the corpus of licensed motion; None without --amass.

    Raises:
        MmclipError: an option is missing, or the motion folder contains no motion.
    """
    commands = licensed_commands(options)
    if not commands:
        return None
    return licensed_corpus(scale, commands, motion_frames(options.amass), options.describer)


def _check_services(options: argparse.Namespace, arms: Arms, unfinished: Sequence[Node]) -> None:
    """Check the text encoder and the language model before the first node, which may take hours.

    The describer of a study on a running cluster is not checked, because the workers may be in
    another network than this process.

    Raises:
        MmclipError: the encoder cannot be loaded, or the language model does not answer.
    """
    from mmclip.text_encoders import load_encoder

    if unfinished:
        load_encoder(arms.encoder)
    corpus = arms.domains.corpora["grammar"]
    if corpus.kind == "corpus" and corpus in unfinished and not options.scheduler:
        check_describer(options)


def _at_least_one(seeds: int) -> int:
    if seeds < 1:
        raise MmclipError("options", "--seeds", f"is {seeds}, less than 1", "give 1 or more")
    return seeds


def _stores(given: list[str]) -> dict[str, str]:
    """Parse arguments of the form ROLE=STORE to stores keyed by role."""
    found = {}
    for text in given:
        role, equals, path = text.partition("=")
        if not equals or role not in ROLES:
            hint = f"write ROLE=STORE with one of the roles {', '.join(ROLES)}"
            raise MmclipError("options", "--stores", f"{text!r} has no known role", hint)
        found[role] = absolute(path)
    return found


def _labels(options: argparse.Namespace, scale, stores: dict[str, str]) -> tuple[str, ...]:
    """Labels of the real domain, from the given store or else from the protocol."""
    path = options.real[0] if options.real else stores.get("real")
    if path is None:
        return tuple(sorted(activities().values()))
    settings = load_preset(scale.preset, scale.base)
    return open_corpus([path], settings, verify=False, report=lambda line: None).labels


def _group(name: str, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Labels of a group that occur in the real domain; at least two are required.

    Labels that the user lists must all occur, and only once. A group of the protocol is reduced to
    the labels that occur.
    """
    members = tuple(groups().get(name, tuple(name.split(","))))
    found = tuple(label for label in members if label in labels)
    problem = ""
    if len(found) < 2:
        problem = f"{name}: {len(found)} of its {len(members)} labels occur in the real domain"
    elif unknown := [each for each in members if each not in labels and name not in groups()]:
        problem = f"{name}: {unknown[0]!r} does not occur in the real domain"
    elif repeated := [each for each in members if members.count(each) > 1]:
        problem = f"{name}: {repeated[0]!r} occurs more than once"
    if problem:
        hint = "give --groups with at least two labels of the store, separated by commas"
        raise MmclipError("options", "--groups", problem, hint)
    return found


def _corpus_lines(study: Study) -> list[str]:
    """Text lines that describe the corpora to build."""
    return [
        f"{node.title}: {_amount(node.seconds / 3600)} h, "
        f"{_amount(predicted_bytes(node) / 1e9)} GB predicted"
        for node in study.nodes
        if node.kind == "corpus"
    ]


def _amount(value: float) -> str:
    """Format with two decimals, or with two significant digits if the value is small."""
    return f"{value:.2f}" if value >= 0.01 else f"{value:.2g}"


def _about(options: argparse.Namespace, encoder: str) -> dict:
    import jax

    return {
        "title": "The mmCLIP study",
        "commit": code_version(),
        "machine": f"{jax.devices()[0].device_kind}, jax {jax.__version__}",
        "preset": options.preset,
        "encoder": encoder,
        "scoring": options.scoring or "class",
        "hub_correction": options.hub_correction or "off",
        "budget_hours": options.budget_hours,
    }
