"""The part of `builders.attributes` that makes sentences: options to a file, told in lines."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from builders.describer.answer_cache import AnswerCache, cache_folder
from builders.describer.builtin_sentences import known_sentences
from builders.describer.caption_dialogue import Questions
from builders.describer.caption_input import read_captions
from builders.describer.generation import BUDGET, FAILED, STOPPED, Budget, Progress, Run, described
from builders.describer.openai_client import Server, server_of
from builders.describer.prompt import read_template
from pipelines.attribute_files import FALLBACK, write_sentences
from pipelines.table_files import suffix_of
from radarsim.errors import InputError

# Exit status by what ended a run.
STATUS = {"": 0, FAILED: 1, BUDGET: 3, STOPPED: 130}
SOME_LEFT, NOTHING = 1, 2


def describe(options: Namespace) -> tuple[int, bool]:
    """Make the file that the options ask for.

    Returns:
        The exit status, and whether a file was written.

    Raises:
        InputError: an option, the captions or the template cannot be used.
    """
    suffix_of(options.out, "attribute")
    if Path(options.out).exists() and Path(options.file).resolve() == Path(options.out).resolve():
        raise InputError(options.out, "--out", "holds the captions", "write to another file")
    server = server_of(options)
    captions = read_captions(options.file, server.model if server else FALLBACK)
    if not captions:
        print(f"{options.file}: all captions have sentences; nothing to do")
        return 0, False
    return _by_model(options, server, captions) if server else _offline(options, captions)


def _offline(options: Namespace, captions: Sequence[str]) -> tuple[int, bool]:
    sentences = list(known_sentences(captions, options.variants))
    plain = len({each.caption for each in sentences if each.provenance == FALLBACK})
    print("no model is asked (--model names one)")
    print(f"captions that name a built-in activity: {len(captions) - plain}")
    print(f"captions with a {FALLBACK}: {plain}")
    if options.dry_run:
        return 0, False
    write_sentences(options.out, sentences)
    print(f"{options.out}: {len(sentences)} sentences written")
    return 0, True


def _by_model(options: Namespace, server: Server, captions: Sequence[str]) -> tuple[int, bool]:
    template = read_template(options.template)
    questions = Questions(template=template, variants=options.variants, asks=options.asks)
    cache = AnswerCache(options.cache or cache_folder(), server.model, template)
    if options.dry_run:
        _tell_estimate(server, captions, questions, cache)
        return 0, False
    with cache:
        run = Run(server, questions, cache, Budget(options.budget_tokens))
        _ask(run, captions, options.concurrency, options.quiet)
        return _written(run, captions, options.out)


def _tell_estimate(
    server: Server, captions: Sequence[str], questions: Questions, cache: AnswerCache
) -> None:
    costs = [questions.left(caption, cache.answers) for caption in captions]
    requests, sent, received = map(sum, zip(*costs))
    done = sum(cost[0] == 0 for cost in costs)
    print(f"{server.model} at {server.host} would be asked")
    print(f"captions: {len(captions)}, of which {done} need no request")
    print(f"requests: {requests}, more where answers break the rules")
    print(f"tokens: about {sent + received}, of which {sent} sent and {received} received")


def _ask(run: Run, captions: Sequence[str], concurrency: int, quiet: bool) -> None:
    """Ask what is to be asked, behind a progress bar."""
    left = run.left(captions)
    if not left:
        return
    who = f"{run.server.model} at {run.server.host}"
    print(f"asking {who} about {len(left)} captions", file=sys.stderr)
    hidden = True if quiet else None  # None: shown on a terminal alone
    with tqdm(desc="describing", total=len(left), unit="caption", disable=hidden) as bar:

        def tick() -> None:
            bar.set_postfix(tokens=run.budget.spent, refresh=False)
            bar.update()

        run.ask(left, concurrency, tick)


def _written(run: Run, captions: Sequence[str], out: str) -> tuple[int, bool]:
    """Write what there is, and tell what is not there and why."""
    progress, found = run.progress, described(captions, run.questions, run.cache)
    if found.sentences:
        write_sentences(out, found.sentences)
        by = run.cache.model
        print(f"{out}: {found.variants} variants of {found.captions} captions by {by}")
    print(f"requests: {progress.requests}, tokens: {run.budget.spent}")
    for what, why in (
        ("captions given up, their answers break the rules", found.given_up),
        ("captions whose request was not answered", progress.unanswered),
    ):
        if why:
            caption, reason = next(iter(why.items()))
            print(f"{what}: {len(why)} ({caption[:60]}: {reason})", file=sys.stderr)
    if found.left:
        print(_why_left(len(found.left), progress, run.budget), file=sys.stderr)
    status = STATUS[progress.ended] or (SOME_LEFT if found.left or found.given_up else 0)
    return (status if found.sentences or status > SOME_LEFT else NOTHING), bool(found.sentences)


def _why_left(num: int, progress: Progress, budget: Budget) -> str:
    again = "the same command goes on from here"
    why = {
        BUDGET: f"the next would go beyond the budget of {budget.limit} tokens",
        FAILED: f"the server gives no answers ({progress.reason})",
        STOPPED: "stopped",
    }.get(progress.ended, "not answered")
    return f"captions left: {num}, {why}; {again}"
