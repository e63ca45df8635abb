"""Dialogue with a model about one caption, replayed from the cached answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from builders.describer.answer_cache import AnswerKey
from builders.describer.answer_validation import Wording, validate_answer
from builders.describer.prompt import (
    ANSWER_TOKENS,
    Message,
    Template,
    correction_request,
    estimated_tokens,
    first_request,
)


@dataclass(frozen=True, kw_only=True)
class DialogueState:
    """State of the dialogue about a caption.

    Attributes:
        wordings: valid wordings so far.
        next_key: key of the next answer to request; None if the dialogue is over.
        messages: messages of the next request.
        problem: problem of the last answer if the attempts are exhausted; "" otherwise.
    """

    wordings: tuple[Wording, ...]
    next_key: AnswerKey | None = None
    messages: tuple[Message, ...] = ()
    problem: str = ""


class RequestCost(NamedTuple):
    """Estimated numbers of requests, tokens sent and tokens received."""

    requests: int
    tokens_sent: int
    tokens_received: int


@dataclass(frozen=True, kw_only=True)
class DialogueRules:
    """Prompt, number of variants and number of attempts for every dialogue.

    Attributes:
        template: prompt template.
        variants: number of wordings per caption.
        attempts: maximum number of answers requested for one wording.
    """

    template: Template
    variants: int
    attempts: int

    def replay(self, caption: str, answers: Mapping[AnswerKey, str]) -> DialogueState:
        """Replay the cached answers about a caption.

        Args:
            caption: caption to describe.
            answers: cached answers; answers about other captions are ignored.

        Returns:
            The valid wordings and, if the dialogue is not over, the next request.
        """
        wordings: list[Wording] = []
        for variant in range(self.variants):
            messages = first_request(self.template, caption, wordings)
            for attempt in range(self.attempts):
                key = AnswerKey(caption, variant, attempt)
                if key not in answers:
                    return DialogueState(
                        wordings=tuple(wordings), next_key=key, messages=tuple(messages)
                    )
                wording, problem = validate_answer(answers[key], wordings)
                if not problem:
                    wordings.append(wording)
                    break
                messages += correction_request(answers[key], problem)
            else:
                return DialogueState(wordings=tuple(wordings), problem=problem)
        return DialogueState(wordings=tuple(wordings))

    def remaining_cost(self, caption: str, answers: Mapping[AnswerKey, str]) -> RequestCost:
        """Estimate the cost of the remaining requests, assuming that every answer is valid."""
        state = self.replay(caption, answers)
        if state.next_key is None:
            return RequestCost(0, 0, 0)
        requests = self.variants - len(state.wordings)
        first = estimated_tokens(first_request(self.template, caption))
        earlier = sum(range(len(state.wordings), self.variants)) * ANSWER_TOKENS
        return RequestCost(requests, requests * first + earlier, requests * ANSWER_TOKENS)
