"""What is to be asked next about a caption, told from the answers so far and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass

from builders.describer.answer_cache import Key
from builders.describer.answer_validation import Wording, judged
from builders.describer.prompt import (
    ANSWER_TOKENS,
    Message,
    Template,
    estimated_tokens,
    objection,
    opening,
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """How far a caption has come.

    Attributes:
        wordings: that can be used.
        key: of the answer that is wanted next; None where nothing more is to be asked.
        messages: that ask for it.
        problem: of the last answer, where the caption was given up.
    """

    wordings: tuple[Wording, ...]
    key: Key | None = None
    messages: tuple[Message, ...] = ()
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Questions:
    """What shall be found out about each caption.

    Attributes:
        template: the task.
        variants: wordings wanted.
        asks: times that a wording may be asked for before the caption is given up.
    """

    template: Template
    variants: int
    asks: int

    def step(self, caption: str, answers: Mapping[Key, str]) -> Step:
        """Replay the answers that there are.

        Args:
            caption: what is described.
            answers: of any captions, by key.

        Returns:
            The usable wordings, and the next question if there is one.
        """
        said: list[Wording] = []
        for variant in range(self.variants):
            messages = opening(self.template, caption, said)
            for attempt in range(self.asks):
                key = caption, variant, attempt
                if key not in answers:
                    return Step(wordings=tuple(said), key=key, messages=tuple(messages))
                wording, problem = judged(answers[key], said)
                if not problem:
                    said.append(wording)
                    break
                messages += objection(answers[key], problem)
            else:
                return Step(wordings=tuple(said), problem=problem)
        return Step(wordings=tuple(said))

    def left(self, caption: str, answers: Mapping[Key, str]) -> tuple[int, int, int]:
        """Requests, tokens sent and tokens received that a caption still needs, about.

        Every answer is taken for a good one.
        """
        step = self.step(caption, answers)
        if step.key is None:
            return 0, 0, 0
        requests = self.variants - len(step.wordings)
        first = estimated_tokens(opening(self.template, caption))
        earlier = sum(range(len(step.wordings), self.variants)) * ANSWER_TOKENS
        return requests, requests * first + earlier, requests * ANSWER_TOKENS
