"""Captions described by a model: ask what is not known yet, then read everything from the cache.

    captions -> questions -> answers (on disk) -> sentences

Requests run side by side, and each answer is on disk before the next is asked for. Whatever ends a
run (the budget, a server that is gone, Ctrl-C, a kill), the answers so far are kept, and the same
command goes on from there.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from builders.describer.answer_cache import AnswerCache
from builders.describer.builtin_sentences import sentences_of
from builders.describer.caption_dialogue import Questions
from builders.describer.openai_client import Client, Refused, Server, Unanswered
from builders.describer.prompt import ANSWER_TOKENS, estimated_tokens
from pipelines.attribute_files import Sentence

# So many requests in a row that come to nothing, each retried by the client: the server is gone.
MOST_UNANSWERED = 5

BUDGET, FAILED, STOPPED = "budget", "failed", "stopped"


class Budget:
    """Tokens that may be spent; what is asked and not yet answered is set aside.

    Args:
        limit: tokens of this run; None: any number.
    """

    def __init__(self, limit: int | None):
        self.limit, self.spent, self.largest = limit, 0, 0
        self._set_aside = 0

    def take(self, tokens: int) -> int | None:
        """Set tokens aside for a request; None where the budget has not so many.

        No request is expected to cost less than the dearest so far: models that think aloud
        cost a multiple of what their answers' length tells.
        """
        tokens = max(tokens, self.largest)
        if self.limit is not None and self.spent + self._set_aside + tokens > self.limit:
            return None
        self._set_aside += tokens
        return tokens

    def settle(self, set_aside: int, used: int) -> None:
        """Book what a request cost in truth."""
        self._set_aside -= set_aside
        self.spent += used
        self.largest = max(self.largest, used)


@dataclass
class Progress:
    """What a run did, told while it goes on.

    Attributes:
        requests: that were answered.
        ended: why it ended early, one of `BUDGET`, `FAILED` and `STOPPED`, else "".
        reason: in words, for `FAILED`.
        unanswered: captions whose request came to nothing, and why.
    """

    requests: int = 0
    ended: str = ""
    reason: str = ""
    unanswered: dict[str, str] = field(default_factory=dict)


class Run:
    """One run over captions.

    Args:
        server: whom to ask.
        questions: what.
        cache: where answers are, open for writing.
        budget: of tokens.

    Attributes:
        progress: what it did so far.
    """

    def __init__(
        self,
        server: Server,
        questions: Questions,
        cache: AnswerCache,
        budget: Budget,
    ):
        self.server, self.questions, self.cache, self.budget = server, questions, cache, budget
        self.progress = Progress()
        self._in_vain = 0

    def left(self, captions: Sequence[str]) -> list[str]:
        """Captions about which something is still to be asked."""
        return [each for each in captions if self.questions.step(each, self.cache.answers).key]

    def ask(self, captions: Sequence[str], concurrency: int, tick: Callable[[], None]) -> None:
        """Ask whatever is still to be asked about the captions.

        Args:
            captions: different ones.
            concurrency: requests at a time.
            tick: called after every caption that is done.

        Raises:
            InputError: there is no client, or answers cannot be kept.
        """
        try:
            asyncio.run(self._all(captions, concurrency, tick))
        except BaseExceptionGroup as group:  # such as a full disk: one cause is enough
            raise group.exceptions[0] from None
        except KeyboardInterrupt:
            self.progress.ended = STOPPED

    async def _all(self, captions: Sequence[str], concurrency: int, tick) -> None:
        left = iter(captions)
        async with Client(self.server) as client, asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, len(captions))):
                group.create_task(self._some(client, left, tick))

    async def _some(self, client: Client, left: Iterator[str], tick) -> None:
        """Captions one after the other, as long as nothing ends the run."""
        for caption in left:
            if await self._describe(client, caption):
                tick()
            if self.progress.ended:
                return

    async def _describe(self, client: Client, caption: str) -> bool:
        """Ask until a caption has its wordings or is given up; False where it is left for later."""
        while not self.progress.ended:
            step = self.questions.step(caption, self.cache.answers)
            if step.key is None:
                return True
            aside = self.budget.take(estimated_tokens(step.messages) + ANSWER_TOKENS)
            if aside is None:
                self.progress.ended = BUDGET
                return False
            used = 0
            try:
                answer, used = await client.ask(step.messages)
                self.cache.put(step.key, answer, used)
                self.progress.requests, self._in_vain = self.progress.requests + 1, 0
            except Refused as error:
                self.progress.ended, self.progress.reason = FAILED, str(error)
            except Unanswered as error:
                used = error.tokens
                self._note(caption, str(error))
                return False
            finally:
                self.budget.settle(aside, used)
        return False

    def _note(self, caption: str, reason: str) -> None:
        self.progress.unanswered[caption] = reason
        self._in_vain += 1
        if self._in_vain >= MOST_UNANSWERED and not self.progress.ended:
            self.progress.ended, self.progress.reason = FAILED, reason


@dataclass(frozen=True, kw_only=True)
class Described:
    """What the answers so far say.

    Attributes:
        sentences: in the order of the captions.
        variants: usable wordings.
        captions: that have any.
        given_up: what was wrong with the last answer, by caption.
        left: captions that are not done.
    """

    sentences: tuple[Sentence, ...]
    variants: int
    captions: int
    given_up: dict[str, str]
    left: tuple[str, ...]


def described(captions: Sequence[str], questions: Questions, cache: AnswerCache) -> Described:
    """Read sentences from the answers that are there; the same answers give the same sentences."""
    steps = {caption: questions.step(caption, cache.answers) for caption in captions}
    sentences = [
        sentence
        for caption, step in steps.items()
        for number, wording in enumerate(step.wordings)
        for sentence in sentences_of(caption, number, wording, cache.model)
    ]
    return Described(
        sentences=tuple(sentences),
        variants=sum(len(step.wordings) for step in steps.values()),
        captions=sum(bool(step.wordings) for step in steps.values()),
        given_up={caption: step.problem for caption, step in steps.items() if step.problem},
        left=tuple(caption for caption, step in steps.items() if step.key),
    )
