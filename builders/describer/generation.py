"""Generate sentences with a model: request missing answers, then read all answers from the cache.

    captions -> requests -> answers (on disk) -> sentences

Requests run concurrently, and each answer is on disk before the next request for the same caption.
If a run ends early (token budget, unreachable server, Ctrl-C, kill), the answers received so far
are kept, and the same command resumes the run.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from builders.describer.answer_cache import AnswerCache
from builders.describer.builtin_sentences import sentences_of
from builders.describer.caption_dialogue import DialogueRules
from builders.describer.openai_client import (
    ModelClient,
    ModelServer,
    RequestFailed,
    RequestRejected,
    ServerRefused,
)
from builders.describer.prompt import ANSWER_TOKENS, estimated_tokens
from pipelines.attribute_files import Sentence

# Number of consecutive failed requests, each retried by the client, after which the server counts
# as unreachable.
MAX_CONSECUTIVE_FAILURES = 5

BUDGET, FAILED, INTERRUPTED = "budget", "failed", "interrupted"


class TokenBudget:
    """Token limit of a run, which includes the tokens reserved for pending requests.

    Args:
        limit: maximum number of tokens in this run; None for no limit.
    """

    def __init__(self, limit: int | None):
        self.limit, self.spent, self.largest = limit, 0, 0
        self._reserved = 0

    def reserve(self, tokens: int) -> int | None:
        """Reserve tokens for a request and return their number; None if the budget is too small.

        At least the cost of the most expensive request so far is reserved, because reasoning models
        use several times as many tokens as their visible answers contain.
        """
        tokens = max(tokens, self.largest)
        if self.limit is not None and self.spent + self._reserved + tokens > self.limit:
            return None
        self._reserved += tokens
        return tokens

    def settle(self, reserved: int, used: int) -> None:
        """Replace a reservation with the number of tokens actually used."""
        self._reserved -= reserved
        self.spent += used
        self.largest = max(self.largest, used)


@dataclass
class RunStatus:
    """Status of a run, updated while it is in progress.

    Attributes:
        requests: number of answered requests.
        ended: `BUDGET`, `FAILED` or `INTERRUPTED` if the run ended early; "" otherwise.
        reason: error message if `ended` is `FAILED`.
        failures: error message for each caption whose request failed.
        rejected: captions of `failures` whose request the server rejects because of its content.
    """

    requests: int = 0
    ended: str = ""
    reason: str = ""
    failures: dict[str, str] = field(default_factory=dict)
    rejected: set[str] = field(default_factory=set)


class GenerationRun:
    """A run that requests sentences for captions from a language model.

    Args:
        server: server and model to use.
        rules: prompt, number of variants and number of attempts.
        cache: answer cache, open for writing.
        budget: token budget.

    Attributes:
        status: status of the run so far.
    """

    def __init__(
        self,
        server: ModelServer,
        rules: DialogueRules,
        cache: AnswerCache,
        budget: TokenBudget,
    ):
        self.server, self.rules, self.cache, self.budget = server, rules, cache, budget
        self.status = RunStatus()
        self._consecutive_failures = 0

    def unfinished(self, captions: Sequence[str]) -> list[str]:
        """Return the captions that need further requests."""
        return [each for each in captions if self.rules.replay(each, self.cache.answers).next_key]

    def request_all(
        self, captions: Sequence[str], concurrency: int, on_progress: Callable[[], None]
    ) -> None:
        """Send all remaining requests about the captions.

        Args:
            captions: distinct captions.
            concurrency: maximum number of concurrent requests.
            on_progress: called after each completed caption.

        Raises:
            InputError: the client is not installed, or answers cannot be written.
        """
        try:
            asyncio.run(self._request_all(captions, concurrency, on_progress))
        except BaseExceptionGroup as group:  # one cause, e.g. a full disk, is enough for the report
            raise group.exceptions[0] from None
        except KeyboardInterrupt:
            self.status.ended = INTERRUPTED

    async def _request_all(self, captions: Sequence[str], concurrency: int, on_progress) -> None:
        queue = iter(captions)
        async with ModelClient(self.server) as client, asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, len(captions))):
                group.create_task(self._work(client, queue, on_progress))

    async def _work(self, client: ModelClient, queue: Iterator[str], on_progress) -> None:
        """Take captions from the shared queue until it is empty or the run ends."""
        for caption in queue:
            if await self._complete(client, caption):
                on_progress()
            if self.status.ended:
                return

    async def _complete(self, client: ModelClient, caption: str) -> bool:
        """Send requests about a caption; return whether the dialogue about the caption is over."""
        while not self.status.ended:
            state = self.rules.replay(caption, self.cache.answers)
            if state.next_key is None:
                return True
            reserved = self.budget.reserve(estimated_tokens(state.messages) + ANSWER_TOKENS)
            if reserved is None:
                self.status.ended = BUDGET
                return False
            used = 0
            try:
                answer, used = await client.request_answer(state.messages)
                self.cache.put(state.next_key, answer, used)
                self.status.requests += 1
                self._consecutive_failures = 0
            except ServerRefused as error:
                self.status.ended, self.status.reason = FAILED, str(error)
            except RequestFailed as error:
                used = error.tokens
                self._record_failure(caption, error)
                return False
            finally:
                self.budget.settle(reserved, used)
        return False

    def _record_failure(self, caption: str, error: RequestFailed) -> None:
        self.status.failures[caption] = str(error)
        if isinstance(error, RequestRejected):
            self.status.rejected.add(caption)
            # Without any answer in this run, the server probably rejects every request, for example
            # because it does not support the response format.
            if self.status.requests:
                return
        self._consecutive_failures += 1
        if self._consecutive_failures >= MAX_CONSECUTIVE_FAILURES and not self.status.ended:
            self.status.ended, self.status.reason = FAILED, str(error)


@dataclass(frozen=True, kw_only=True)
class CollectedSentences:
    """Sentences in the cache, and the captions without sentences.

    Attributes:
        sentences: all sentences, in the order of the captions.
        variants: number of valid wordings.
        captions: number of captions with a valid wording.
        rejected: problem of the last answer, for each caption without a valid answer after all
            attempts.
        missing: number of further wordings without a valid answer after all attempts, or whose
            request the server rejects, of captions that have a valid wording.
        unfinished: captions that need further requests.
    """

    sentences: tuple[Sentence, ...]
    variants: int
    captions: int
    rejected: dict[str, str]
    missing: int
    unfinished: tuple[str, ...]


def collect_sentences(
    captions: Sequence[str],
    rules: DialogueRules,
    cache: AnswerCache,
    rejected: Collection[str] = (),
) -> CollectedSentences:
    """Collect the sentences from cached answers.

    The same captions and answers always give the same sentences.

    Args:
        captions: distinct captions.
        rules: prompt, number of variants and number of attempts.
        cache: answers.
        rejected: captions whose further requests the server rejects because of their content.
    """
    states = {caption: rules.replay(caption, cache.answers) for caption in captions}
    sentences = [
        sentence
        for caption, state in states.items()
        for number, wording in enumerate(state.wordings)
        for sentence in sentences_of(caption, number, wording, cache.model)
    ]
    return CollectedSentences(
        sentences=tuple(sentences),
        variants=sum(len(state.wordings) for state in states.values()),
        captions=sum(bool(state.wordings) for state in states.values()),
        rejected={caption: state.problem for caption, state in states.items() if state.problem},
        missing=sum(
            rules.variants - len(state.wordings)
            for caption, state in states.items()
            if state.wordings and (state.problem or caption in rejected)
        ),
        unfinished=tuple(caption for caption, state in states.items() if state.next_key),
    )
