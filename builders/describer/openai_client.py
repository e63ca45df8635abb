"""An OpenAI-compatible server, asked through the `openai` client.

The client repeats what a server or the way to it refuses for the moment (429, 5xx, broken or
silent connections) and waits as long as the server says. The key stays in the client: whatever
comes back from a server is freed of it before anybody sees it.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from builders.describer.answer_validation import SCHEMA
from builders.describer.prompt import ANSWER_TOKENS, Message, estimated_tokens
from radarsim.errors import InputError

FORMATS = ("json_schema", "json_object", "none")
_INSTALL = "pip install 'radarsim[llm]'"
_SHORTEST_SECRET = 6  # shorter keys are stand-ins such as "none", and words of ordinary answers

_LONGEST_ANSWER = 4000  # characters; it may be sent back with what is wrong with it


class Refused(Exception):
    """A server that will not answer this user or knows no such model."""


class Unanswered(Exception):
    """A request that came to nothing, and what it may have cost."""

    def __init__(self, reason: str, tokens: int):
        super().__init__(reason)
        self.tokens = tokens


@dataclass(frozen=True, kw_only=True)
class Server:
    """Whom to ask, and how.

    Attributes:
        model: the server's name for it.
        base_url: of the server; None: the client's default.
        key: what the server knows its user by; never printed.
        response_format: how strictly the server is held to the schema, one of `FORMATS`.
        temperature: of the answers; None: the server's default.
        timeout_s: silence after which an attempt is given up [s].
        retries: attempts after the first.
    """

    model: str
    base_url: str | None = field(default=None, repr=False)  # may hold a password
    key: str = field(default="", repr=False)
    response_format: str = "json_schema"
    temperature: float | None = None
    timeout_s: float = 60.0
    retries: int = 4

    @property
    def host(self) -> str:
        """Where it is, without what else a URL may tell."""
        parts = urlsplit(self.base_url or "https://api.openai.com")
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)

    def without_key(self, text: str) -> str:
        """The text with the key blotted out."""
        return text.replace(self.key, "***") if len(self.key) >= _SHORTEST_SECRET else text


def server_of(options) -> Server | None:
    """The server that options or the environment name; None: none.

    A model is what turns it on: a key alone, as many environments have one, costs nobody anything.

    Raises:
        InputError: something is missing that it needs.
    """
    given = options.base_url or options.api_key
    model = (options.model or os.environ.get("OPENAI_MODEL", "")).strip()
    if options.offline or not (model or given):
        return None
    if not model:
        raise InputError("options", "--model", "is missing", "name the model that shall answer")
    base_url = options.base_url or os.environ.get("OPENAI_BASE_URL") or None
    key = options.api_key or os.environ.get("OPENAI_API_KEY", "")
    if not (base_url or key):
        hint = "set it, or name another server by --base-url, or leave --model out"
        raise InputError("environment", "OPENAI_API_KEY", "is not set", hint)
    _check_url(base_url)
    if not (key.isascii() and key.strip().isprintable()):
        hint = "copy it again"
        raise InputError("key", "OPENAI_API_KEY", "holds what no key can", hint)
    return Server(
        model=model, base_url=base_url, key=key.strip(), response_format=options.response_format,
        temperature=options.temperature, timeout_s=options.timeout, retries=options.retries,
    )  # fmt: skip


def _check_url(base_url: str | None) -> None:
    try:
        parts = urlsplit(base_url or "https://host")
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        # Not repeated here: it may hold a password.
        hint = "give one such as http://localhost:8000/v1"
        raise InputError("options", "--base-url", "is no URL of a server", hint)


class Client:
    """A connection to a server; `async with` closes it.

    Raises:
        InputError: the `openai` client is not installed.
    """

    def __init__(self, server: Server):
        try:
            import openai  # late: 0.8 s, and an extra
        except ImportError:
            hint = f"{_INSTALL}, or leave --model out"
            raise InputError("openai", "package", "is not installed", hint) from None
        self._openai, self._server = openai, server
        self._client = openai.AsyncOpenAI(
            base_url=server.base_url,
            api_key=server.key or "none",  # servers at home ask for none, the client does
            timeout=server.timeout_s,
            max_retries=server.retries,
        )

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_) -> None:
        await self._client.close()

    async def ask(self, messages: Sequence[Message]) -> tuple[str, int]:
        """The answer, and the tokens it cost.

        Raises:
            Refused: no question of this run would be answered.
            Unanswered: this one was not.
        """
        spent = 0
        for _ in range(self._server.retries + 1):
            # The client takes any body of an answer for one: unreadable ones are repeated here.
            try:
                text, tokens = await self._reply(messages)
            except Unanswered as error:
                raise Unanswered(str(error), spent + error.tokens) from None
            spent += tokens
            if text:
                plain = text.encode("utf-8", "replace").decode()
                return self._server.without_key(plain)[:_LONGEST_ANSWER], spent
        raise Unanswered("the server's answers cannot be read", spent)

    async def _reply(self, messages: Sequence[Message]) -> tuple[str, int]:
        # A server that drips a byte now and then passes every timeout of the client's.
        patience_s = 3 * self._server.timeout_s * (self._server.retries + 1)
        tokens = estimated_tokens(messages)
        try:
            async with asyncio.timeout(patience_s):
                reply = await self._client.chat.completions.create(**self._request(messages))
        except (
            self._openai.AuthenticationError,
            self._openai.PermissionDeniedError,
            self._openai.NotFoundError,
        ) as error:
            raise Refused(self._told(error)) from None
        except (self._openai.APITimeoutError, TimeoutError) as error:
            # The server may have worked on every attempt, and nobody tells what for.
            raise Unanswered(self._told(error), tokens * (self._server.retries + 1)) from None
        except self._openai.OpenAIError as error:
            raise Unanswered(self._told(error), 0) from None
        except (ValueError, TypeError, RecursionError):  # a body that is no JSON
            return "", tokens
        return _text(reply), _tokens(reply, tokens)

    def _request(self, messages: Sequence[Message]) -> dict:
        request = {"model": self._server.model, "messages": list(messages)}
        if self._server.response_format == "json_schema":
            schema = {"name": "attributes", "strict": True, "schema": SCHEMA}
            request["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self._server.response_format == "json_object":
            request["response_format"] = {"type": "json_object"}
        if self._server.temperature is not None:
            request["temperature"] = self._server.temperature
        return request

    def _told(self, error: Exception) -> str:
        """One line, without the key."""
        words = " ".join(self._server.without_key(str(error)).split())
        return words[:200] or "Request timed out."


def _text(reply: object) -> str:
    """What was answered; "" where the reply is not built as it should be."""
    try:
        message = reply.choices[0].message
        text = message.content or message.refusal
    except (AttributeError, IndexError, TypeError):
        return ""
    return text if isinstance(text, str) else ""


def _tokens(reply: object, sent: int) -> int:
    """As the server counts them, or about as many where it tells nothing."""
    told = getattr(getattr(reply, "usage", None), "total_tokens", None)
    return told if isinstance(told, int) and told > 0 else sent + ANSWER_TOKENS
