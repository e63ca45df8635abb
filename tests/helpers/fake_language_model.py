"""A fake OpenAI-compatible server on the loopback interface, with valid and invalid replies."""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKENS = 700  # numbers of tokens that every answer reports


def sentences(caption: str, wording: int) -> dict[str, str]:
    """Return five valid sentences, which differ from wording to wording."""
    return {
        "general": f"A person does variant {wording} of {caption}.",
        "torso": f"The torso bends in variant {wording} of {caption}.",
        "arms": f"Both arms swing in variant {wording} of {caption}.",
        "legs": f"The legs step in variant {wording} of {caption}.",
        "location": f"The body stays in place in variant {wording} of {caption}.",
    }


class ReceivedRequest:
    """A request received by the server.

    Attributes:
        caption: caption to describe.
        wording: number of earlier answers listed in the request.
        correction: message about the last, invalid answer; "" in the first request.
        body: JSON body.
        headers: HTTP headers, case-insensitive.
        at_s: time of arrival [s].
    """

    def __init__(self, body: dict, headers):
        self.body, self.headers, self.at_s = body, headers, time.monotonic()
        first = body["messages"][0]["content"]
        self.caption = re.findall(r"^Activity: (.*)$", first, re.MULTILINE)[-1]
        self.wording = first.partition("Answers so far")[2].count('"general"')
        last = body["messages"][-1]["content"]
        self.correction = last if len(body["messages"]) > 1 else ""


class FakeModel(ThreadingHTTPServer):
    """A fake language model server; `with` starts and stops the server.

    Args:
        replies: functions of the handler and the request, one per request in order; further
            requests get a valid answer.
    """

    daemon_threads = True

    def __init__(self, *replies):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.replies, self.requests = list(replies), []
        self.concurrent, self.max_concurrent = 0, 0
        self.lock, self.ended = threading.Lock(), threading.Event()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """Ignore disconnected clients, because some tests cause disconnections."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server, request = self.server, ReceivedRequest(body, self.headers)
        with server.lock:
            server.requests.append(request)
            reply = server.replies.pop(0) if server.replies else valid_answer
            server.concurrent += 1
            server.max_concurrent = max(server.max_concurrent, server.concurrent)
        try:
            reply(self, request)
        finally:
            with server.lock:
                server.concurrent -= 1

    def log_message(self, *_):
        """Suppress the log; tests inspect `requests` instead."""


def send(handler, body: bytes, code: int = 200, kind: str = "application/json", **headers):
    """Send an HTTP response."""
    handler.send_response(code)
    headers = {"Content-Type": kind, "Content-Length": len(body), **headers}
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()
    handler.wfile.write(body)


def completion(text: str | None) -> bytes:
    """Return a chat completion with the given text."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": TOKENS - 100, "completion_tokens": 100, "total_tokens": TOKENS}
    about = {"id": "x", "object": "chat.completion", "created": 0, "model": "fake"}
    return json.dumps({**about, "choices": [choice], "usage": usage}).encode()


def valid_answer(handler, request: ReceivedRequest):
    """Reply with five valid sentences."""
    send(handler, completion(json.dumps(sentences(request.caption, request.wording))))


def slow_answer(handler, request: ReceivedRequest):
    """Reply with five valid sentences after 0.1 s, so that requests overlap."""
    time.sleep(0.1)
    valid_answer(handler, request)


def answers(text: str | None):
    """Return a reply function that gives a fixed answer to any request."""
    return lambda handler, request: send(handler, completion(text))


def changed_answer(**changed):
    """Return a reply function that replaces sentences of a valid answer; None omits a part."""

    def reply(handler, request):
        wording = {**sentences(request.caption, request.wording), **changed}
        wording = {part: text for part, text in wording.items() if text is not None}
        send(handler, completion(json.dumps(wording)))

    return reply


def http_error(code: int, message: str = "no", **headers):
    """Return a reply function that sends an HTTP error in the format of the OpenAI API."""
    body = json.dumps({"error": {"message": message, "type": "x", "code": None}}).encode()
    return lambda handler, request: send(handler, body, code, **headers)


def raw_body(body: bytes, kind: str = "application/json"):
    """Return a reply function that sends the given body with status 200."""
    return lambda handler, request: send(handler, body, kind=kind)


def truncated_body(handler, request: ReceivedRequest):
    """Send half of the announced body, then close the connection."""
    body = completion(json.dumps(sentences(request.caption, request.wording)))
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.close_connection = True


def slow_bytes(handler, request: ReceivedRequest):
    """Send one byte every 0.05 s, so that read timeouts never trigger."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.server.ended.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def no_response(handler, request: ReceivedRequest):
    """Send no response until the test is over."""
    handler.server.ended.wait(20)
    handler.close_connection = True
