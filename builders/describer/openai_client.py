"""Requests to an OpenAI-compatible server through the `openai` client.

The client retries after temporary failures (429, 5xx, broken or silent connections) and respects
the waiting time requested by the server. The API key is removed from all text that the server
returns.
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
# Minimum length of a key that is removed from texts; shorter keys are placeholders such as "none",
# which also occur in ordinary answers.
_MIN_SECRET_CHARACTERS = 6
_MAX_ANSWER_CHARACTERS = 4000  # limits the cost of sending an invalid answer back


class ServerRefused(Exception):
    """The server rejects the user or does not provide the model, so every request would fail."""


class RequestFailed(Exception):
    """A single request failed.

    Attributes:
        tokens: number of tokens that the request may have used.
    """

    def __init__(self, reason: str, tokens: int):
        super().__init__(reason)
        self.tokens = tokens


class RequestRejected(RequestFailed):
    """The server rejects the content of a request, for example by a content filter (400 or 422)."""


@dataclass(frozen=True, kw_only=True)
class ModelServer:
    """Address, model and request settings of a server.

    Attributes:
        model: name of the model on the server.
        base_url: URL of the server; None for the client's default.
        key: API key; never printed.
        response_format: structured output mode, one of `FORMATS`.
        temperature: sampling temperature; None for the server's default.
        timeout_s: timeout of one attempt [s].
        retries: number of attempts after the first attempt.
    """

    model: str
    base_url: str | None = field(default=None, repr=False)  # the URL may contain a password
    key: str = field(default="", repr=False)
    response_format: str = "json_schema"
    temperature: float | None = None
    timeout_s: float = 60.0
    retries: int = 4

    @property
    def host(self) -> str:
        """Host name and port, without any credentials in the URL."""
        parts = urlsplit(self.base_url or "https://api.openai.com")
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)

    def without_key(self, text: str) -> str:
        """Return the text with the API key replaced by asterisks."""
        return text.replace(self.key, "***") if len(self.key) >= _MIN_SECRET_CHARACTERS else text


def server_from_options(options) -> ModelServer | None:
    """Return the server that flags or environment variables specify; None if no model is named.

    Paid requests require an explicit model name; an API key in the environment is not sufficient.

    Raises:
        InputError: a required setting is missing or invalid.
    """
    given = options.base_url or options.api_key
    model = (options.model or os.environ.get("OPENAI_MODEL", "")).strip()
    if options.offline or not (model or given):
        return None
    if not model:
        raise InputError("options", "--model", "is missing", "give the name of the model")
    base_url = options.base_url or os.environ.get("OPENAI_BASE_URL") or None
    key = options.api_key or os.environ.get("OPENAI_API_KEY", "")
    # A dry run sends no requests and therefore needs no API key.
    if not (base_url or key or options.dry_run):
        hint = "set it, or give another server with --base-url, or omit --model"
        raise InputError("environment", "OPENAI_API_KEY", "is not set", hint)
    _check_url(base_url)
    if not (key.isascii() and key.strip().isprintable()):
        problem = "contains characters that cannot occur in a key"
        raise InputError("key", "OPENAI_API_KEY", problem, "copy it again")
    return ModelServer(
        model=model,
        base_url=base_url,
        key=key.strip(),
        response_format=options.response_format,
        temperature=options.temperature,
        timeout_s=options.timeout,
        retries=options.retries,
    )


def _check_url(base_url: str | None) -> None:
    try:
        parts = urlsplit(base_url or "https://host")
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        # The URL is not printed, because it may contain a password.
        hint = "give a URL such as http://localhost:8000/v1"
        raise InputError("options", "--base-url", "is not the URL of a server", hint)


class ModelClient:
    """Client of a server; at the end of `async with`, the connections are closed.

    Raises:
        InputError: the `openai` client is not installed.
    """

    def __init__(self, server: ModelServer):
        try:
            import openai  # imported late: an optional package that takes 0.8 s to load
        except ImportError:
            hint = f"{_INSTALL}, or omit --model"
            raise InputError("openai", "package", "is not installed", hint) from None
        self._openai, self._server = openai, server
        self._client = openai.AsyncOpenAI(
            base_url=server.base_url,
            # The client requires a key; local servers ignore the key.
            api_key=server.key or "none",
            timeout=server.timeout_s,
            max_retries=server.retries,
        )

    async def __aenter__(self) -> "ModelClient":
        return self

    async def __aexit__(self, *_) -> None:
        await self._client.close()

    async def request_answer(self, messages: Sequence[Message]) -> tuple[str, int]:
        """Send messages and return the answer and the number of tokens used.

        Raises:
            ServerRefused: the server rejects the user or does not provide the model.
            RequestRejected: the server rejects the content of the request.
            RequestFailed: the request failed for another reason, or the responses are malformed.
        """
        spent = 0
        for _ in range(self._server.retries + 1):
            # The client accepts any response body, so malformed responses are retried here.
            try:
                text, tokens = await self._reply(messages)
            except RequestFailed as error:
                raise type(error)(str(error), spent + error.tokens) from None
            spent += tokens
            if text:
                plain = text.encode("utf-8", "replace").decode()
                return self._server.without_key(plain)[:_MAX_ANSWER_CHARACTERS], spent
        raise RequestFailed("the responses of the server are malformed", spent)

    async def _reply(self, messages: Sequence[Message]) -> tuple[str, int]:
        # The client's timeouts never expire if the server occasionally sends a byte.
        limit_s = 3 * self._server.timeout_s * (self._server.retries + 1)
        tokens = estimated_tokens(messages)
        try:
            async with asyncio.timeout(limit_s):
                reply = await self._client.chat.completions.create(**self._request(messages))
        except (
            self._openai.AuthenticationError,
            self._openai.PermissionDeniedError,
            self._openai.NotFoundError,
        ) as error:
            raise ServerRefused(self._message(error)) from None
        except (self._openai.BadRequestError, self._openai.UnprocessableEntityError) as error:
            raise RequestRejected(self._message(error), 0) from None
        except (self._openai.APITimeoutError, TimeoutError) as error:
            # The server may have processed every attempt, but did not report the tokens used.
            raise RequestFailed(self._message(error), tokens * (self._server.retries + 1)) from None
        except self._openai.OpenAIError as error:
            raise RequestFailed(self._message(error), 0) from None
        except (ValueError, TypeError, RecursionError):  # the response body is not JSON
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

    def _message(self, error: Exception) -> str:
        """Error message on one line, without the API key."""
        text = " ".join(self._server.without_key(str(error)).split())
        return text[:200] or "Request timed out."


def _text(reply: object) -> str:
    """Text of the answer; "" if the response is malformed."""
    try:
        message = reply.choices[0].message
        text = message.content or message.refusal
    except (AttributeError, IndexError, TypeError):
        return ""
    return text if isinstance(text, str) else ""


def _tokens(reply: object, sent: int) -> int:
    """Number of tokens reported by the server, or an estimate if the server reports none."""
    total = getattr(getattr(reply, "usage", None), "total_tokens", None)
    return total if isinstance(total, int) and total > 0 else sent + ANSWER_TOKENS
