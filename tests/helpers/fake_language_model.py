"""An OpenAI-compatible server on loopback that answers, or misbehaves, as a test wants it to."""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKENS = 700  # what every answer is said to have cost


def sentences(caption: str, wording: int) -> dict[str, str]:
    """Five sentences that keep all rules, other ones for each wording."""
    return {
        "general": f"A person does way {wording} of {caption}.",
        "torso": f"The torso bends in way {wording} of {caption}.",
        "arms": f"Both arms swing in way {wording} of {caption}.",
        "legs": f"The legs step in way {wording} of {caption}.",
        "location": f"The body stays in place in way {wording} of {caption}.",
    }


class Asked:
    """A request as it came.

    Attributes:
        caption: that it is about.
        wording: how many answers it shows as given before.
        again: what it says was wrong with the last answer, "" in the first request.
        body: its JSON.
        headers: of the request, whatever their case.
        at_s: when [s].
    """

    def __init__(self, body: dict, headers):
        self.body, self.headers, self.at_s = body, headers, time.monotonic()
        first = body["messages"][0]["content"]
        self.caption = re.findall(r"^Activity: (.*)$", first, re.MULTILINE)[-1]
        self.wording = first.partition("Answers so far")[2].count('"general"')
        last = body["messages"][-1]["content"]
        self.again = last if len(body["messages"]) > 1 else ""


class FakeModel(ThreadingHTTPServer):
    """A server; `with` starts and ends it.

    Args:
        replies: each is called with the handler and what was asked, the first for the first
            request; when they are used up, every request gets a good answer.
    """

    daemon_threads = True

    def __init__(self, *replies):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.replies, self.asked = list(replies), []
        self.at_once, self.most_at_once = 0, 0
        self.guard, self.ended = threading.Lock(), threading.Event()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A client that hung up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server, asked = self.server, Asked(body, self.headers)
        with server.guard:
            server.asked.append(asked)
            reply = server.replies.pop(0) if server.replies else good
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        try:
            reply(self, asked)
        finally:
            with server.guard:
                server.at_once -= 1

    def log_message(self, *_):
        """Nothing: the tests look at what was asked."""


def send(handler, body: bytes, code: int = 200, kind: str = "application/json", **headers):
    """An answer of HTTP."""
    handler.send_response(code)
    headers = {"Content-Type": kind, "Content-Length": len(body), **headers}
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()
    handler.wfile.write(body)


def completion(text: str | None) -> bytes:
    """A chat completion that says this."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": TOKENS - 100, "completion_tokens": 100, "total_tokens": TOKENS}
    about = {"id": "x", "object": "chat.completion", "created": 0, "model": "fake"}
    return json.dumps({**about, "choices": [choice], "usage": usage}).encode()


def good(handler, asked: Asked):
    """Five good sentences."""
    send(handler, completion(json.dumps(sentences(asked.caption, asked.wording))))


def slow(handler, asked: Asked):
    """Good ones after a moment, so that requests overlap."""
    time.sleep(0.1)
    good(handler, asked)


def says(text: str | None):
    """These words, whatever was asked."""
    return lambda handler, asked: send(handler, completion(text))


def with_part(**changed):
    """Good sentences, but for some; None leaves a part out."""

    def reply(handler, asked):
        told = {**sentences(asked.caption, asked.wording), **changed}
        told = {part: words for part, words in told.items() if words is not None}
        send(handler, completion(json.dumps(told)))

    return reply


def refuses(code: int, message: str = "no", **headers):
    """An error in the form that servers give it."""
    body = json.dumps({"error": {"message": message, "type": "x", "code": None}}).encode()
    return lambda handler, asked: send(handler, body, code, **headers)


def raw(body: bytes, kind: str = "application/json"):
    """Any body, called a success."""
    return lambda handler, asked: send(handler, body, kind=kind)


def breaks_off(handler, asked: Asked):
    """Half of what was announced, then the end of the connection."""
    body = completion(json.dumps(sentences(asked.caption, asked.wording)))
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.close_connection = True


def drips(handler, asked: Asked):
    """A blank now and then, so that no pause is ever long."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.server.ended.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def hangs(handler, asked: Asked):
    """Nothing at all until the test is over."""
    handler.server.ended.wait(20)
    handler.close_connection = True
