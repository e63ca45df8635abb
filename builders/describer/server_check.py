"""A single request to a language model, which shows whether server and model can be used."""

import asyncio
from argparse import Namespace
from collections.abc import Sequence

from builders.describer.answer_validation import validate_answer
from builders.describer.openai_client import (
    ModelClient,
    ModelServer,
    RequestFailed,
    ServerRefused,
    server_from_options,
)
from builders.describer.prompt import Message, first_request, read_template
from radarsim.errors import InputError

EXAMPLE = "walk forward"


def check_server(options: Namespace) -> str:
    """Ask the model for the sentences of one caption; the answer is not kept.

    Args:
        options: parsed flags of `builders.attributes`.

    Returns:
        A line that names model and server, and states whether the answer satisfies the rules.

    Raises:
        InputError: no model is named, the server does not answer, or the server refuses the user or
            the model.
    """
    server = server_from_options(options)
    if server is None:
        raise InputError("options", "--model", "is missing", "give the name of the model")
    messages = first_request(read_template(options.template), EXAMPLE)
    try:
        answer, _ = asyncio.run(_request(server, messages))
    except ServerRefused as error:
        problem = f"{server.model} is refused ({error})"
        hint = "check --model and OPENAI_API_KEY"
        raise InputError(server.host, "model", problem, hint) from None
    except RequestFailed as error:
        problem = f"does not answer ({error})"
        hint = "start the server, or check --base-url"
        raise InputError(server.host, "server", problem, hint) from None
    _, rule = validate_answer(answer)
    result = f"the answer breaks a rule: {rule}" if rule else "the answer is valid"
    return f"{server.model} at {server.host}: {result}"


async def _request(server: ModelServer, messages: Sequence[Message]) -> tuple[str, int]:
    async with ModelClient(server) as client:
        return await client.request_answer(messages)
