"""Sentence generation of `builders.attributes`: flags, sentence file and console output."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from builders.describer.answer_cache import AnswerCache, cache_folder
from builders.describer.builtin_sentences import builtin_sentences
from builders.describer.caption_dialogue import DialogueRules, RequestCost
from builders.describer.caption_input import read_captions
from builders.describer.generation import (
    BUDGET,
    FAILED,
    INTERRUPTED,
    CollectedSentences,
    GenerationRun,
    RunStatus,
    TokenBudget,
    collect_sentences,
)
from builders.describer.openai_client import ModelServer, server_from_options
from builders.describer.prompt import read_template
from pipelines.attribute_files import FALLBACK, write_sentences
from pipelines.table_files import suffix_of
from radarsim.errors import InputError

# Exit status for each cause that can end a run early.
STATUS = {"": 0, FAILED: 1, BUDGET: 3, INTERRUPTED: 130}
INCOMPLETE, NOTHING_WRITTEN = 1, 2


def describe(options: Namespace) -> tuple[int, bool]:
    """Generate the sentences of all captions and write them to a file.

    Returns:
        The exit status, and whether the file was written.

    Raises:
        InputError: a flag, a caption or the template is invalid.
    """
    suffix_of(options.out, "attribute")
    if Path(options.out).exists() and Path(options.file).resolve() == Path(options.out).resolve():
        raise InputError(options.out, "--out", "is the file of captions", "write to another file")
    server = server_from_options(options)
    captions = read_captions(options.file, server.model if server else FALLBACK)
    if not captions:
        print(f"{options.file}: all captions already have sentences")
        return 0, False
    if server:
        return _describe_with_model(options, server, captions)
    return _describe_without_model(options, captions)


def _describe_without_model(options: Namespace, captions: Sequence[str]) -> tuple[int, bool]:
    sentences = list(builtin_sentences(captions, options.variants))
    num_fallback = len({each.caption for each in sentences if each.provenance == FALLBACK})
    print("no language model selected (--model selects one)")
    print(f"captions that name a built-in activity: {len(captions) - num_fallback}")
    print(f"captions with a {FALLBACK}: {num_fallback}")
    if options.dry_run:
        return 0, False
    write_sentences(options.out, sentences)
    print(f"{options.out}: {len(sentences)} sentences written")
    return 0, True


def _describe_with_model(
    options: Namespace, server: ModelServer, captions: Sequence[str]
) -> tuple[int, bool]:
    template = read_template(options.template)
    rules = DialogueRules(template=template, variants=options.variants, attempts=options.asks)
    cache = AnswerCache(options.cache or cache_folder(), server.model, template)
    if options.dry_run:
        costs = [rules.remaining_cost(caption, cache.answers) for caption in captions]
        _print_estimate(server, costs)
        return 0, False
    with cache:
        run = GenerationRun(server, rules, cache, TokenBudget(options.budget_tokens))
        _request_all(run, captions, options.concurrency, options.quiet)
        return _write_and_report(run, captions, options)


def _print_estimate(server: ModelServer, costs: Sequence[RequestCost]) -> None:
    requests, sent, received = map(sum, zip(*costs))
    complete = sum(cost.requests == 0 for cost in costs)
    print(f"model: {server.model} at {server.host}")
    print(f"captions: {len(costs)}, of which {complete} need no request")
    print(f"requests: {requests}, plus repetitions after invalid answers")
    print(f"tokens: about {sent + received}, of which {sent} sent and {received} received")


def _request_all(
    run: GenerationRun, captions: Sequence[str], concurrency: int, quiet: bool
) -> None:
    """Send the missing requests and show a progress bar."""
    unfinished = run.unfinished(captions)
    if not unfinished:
        return
    model = f"{run.server.model} at {run.server.host}"
    print(f"requesting sentences for {len(unfinished)} captions from {model}", file=sys.stderr)
    hidden = True if quiet else None  # with None, tqdm shows the bar only on a terminal
    with tqdm(desc="describing", total=len(unfinished), unit="caption", disable=hidden) as bar:

        def on_progress() -> None:
            bar.set_postfix(tokens=run.budget.spent, refresh=False)
            bar.update()

        run.request_all(unfinished, concurrency, on_progress)


def _write_and_report(
    run: GenerationRun, captions: Sequence[str], options: Namespace
) -> tuple[int, bool]:
    """Write the sentences, and print which captions have no sentences and why."""
    rejected = run.status.rejected if options.max_rejected else set()
    found = collect_sentences(captions, run.rules, run.cache, rejected)
    without_answer = {*found.rejected, *rejected}
    replaced = _accepted(found, without_answer, len(captions), options.max_rejected)
    sentences = [*found.sentences, *builtin_sentences(replaced or (), options.variants)]
    if sentences:
        write_sentences(options.out, sentences)
        by = f"{found.variants} variants of {found.captions} captions by {run.cache.model}"
        print(f"{options.out}: {by}")
    accepted = rejected if replaced is not None else ()
    unfinished = [caption for caption in found.unfinished if caption not in accepted]
    _print_causes(run, found, len(unfinished))
    if replaced:
        print(f"captions with bundled or fallback sentences instead: {len(replaced)}")
    if found.missing:
        print(f"further wordings that are missing: {found.missing}")
    ended = STATUS[run.status.ended]
    incomplete = unfinished or (found.rejected and replaced is None)
    code = ended or (INCOMPLETE if incomplete else 0)
    written = bool(sentences)
    return (code if written or code > INCOMPLETE else NOTHING_WRITTEN), written


def _accepted(
    found: CollectedSentences, without_answer: set[str], num_captions: int, max_rejected: float
) -> list[str] | None:
    """Captions without any valid answer, if their share is accepted; None if it is not.

    Args:
        found: collected sentences.
        without_answer: captions with a wording that has no valid answer after all attempts, or
            whose request the server rejects because of its content.
        num_captions: number of all captions.
        max_rejected: accepted share.

    With a maximum of 0, rejected wordings are never accepted. With a higher maximum, any number of
    rejected further wordings is accepted.
    """
    described = {each.caption for each in found.sentences}
    rejected = sorted(without_answer - described)
    return rejected if max_rejected and len(rejected) <= max_rejected * num_captions else None


def _print_causes(run: GenerationRun, found: CollectedSentences, num_unfinished: int) -> None:
    """Print the numbers of requests and tokens, and why captions lack sentences."""
    print(f"requests: {run.status.requests}, tokens: {run.budget.spent}")
    for message, reasons in (
        ("captions without a valid answer", found.rejected),
        ("captions whose request failed", run.status.failures),
    ):
        if reasons:
            caption, reason = next(iter(reasons.items()))
            print(f"{message}: {len(reasons)} ({caption[:60]}: {reason})", file=sys.stderr)
    if num_unfinished:
        text = _unfinished_text(num_unfinished, run.status, run.budget)
        print(text, file=sys.stderr)


def _unfinished_text(num_captions: int, status: RunStatus, budget: TokenBudget) -> str:
    reason = {
        BUDGET: f"the next request would exceed the budget of {budget.limit} tokens",
        FAILED: f"the server does not answer: {status.reason}",
        INTERRUPTED: "interrupted",
    }.get(status.ended, "the request failed")
    return f"unfinished captions: {num_captions} ({reason}); run the same command again to resume"
