"""A transcription server on this machine that speaks OpenAI's wire, for tests of what really goes over it."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import av
import numpy as np

from auricle.engines import Samples, SpeechOptions
from auricle.testing import FakeEngine


@dataclass
class Request:
    """What a client sent: form fields by name, each with all its values, and the uploaded file."""

    path: str
    fields: dict[str, list[str]]
    audio: bytes
    authorization: str | None


@dataclass
class Answer:
    """What the server says; a body that is not bytes becomes JSON. `wait` is in seconds."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0


class SpeechServer:
    """OpenAI's wire on a real socket; `answer` decides what to say to a request."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Callable[[Request, int], Answer] = lambda request, _: verbose(request)
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = _request(self)
                with outer._lock:
                    number = len(outer.requests)
                    outer.requests.append(request)
                answer = outer.answer(request, number)
                time.sleep(answer.wait)
                body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Clients that hang up are part of the tests."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def always(self, answer: Answer) -> None:
        """Say the same to every request."""
        self.answer = lambda *_: answer

    def close(self) -> None:
        """Hang up."""
        self._server.shutdown()
        self._server.server_close()


def _request(handler: BaseHTTPRequestHandler) -> Request:
    body = handler.rfile.read(int(handler.headers["Content-Length"]))
    head = f"Content-Type: {handler.headers['Content-Type']}\r\n\r\n".encode()
    fields: dict[str, list[str]] = {}
    audio = b""
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        name = part.get_param("name", header="content-disposition")
        if part.get_filename():
            audio = part.get_payload(decode=True)
        else:
            fields.setdefault(name, []).append(part.get_payload(decode=True).decode())
    return Request(handler.path, fields, audio, handler.headers["Authorization"])


def decoded(audio: bytes) -> Samples:
    """The samples of an upload."""
    with av.open(BytesIO(audio)) as container:
        assert container.streams.audio[0].rate == 16_000
        frames = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return np.concatenate(frames).astype(np.float32) / 32768 if frames else np.zeros(0, np.float32)


def verbose(request: Request) -> Answer:
    """Answer with what really was said, in OpenAI's words: without punctuation."""
    heard = list(FakeEngine().transcribe([decoded(request.audio)], SpeechOptions()))
    segments = [
        {
            "id": number,
            "start": item.segment.start,
            "end": item.segment.end,
            "text": " " + item.segment.text,
            "avg_logprob": -0.5,
            "no_speech_prob": 0.01,
        }
        for number, item in enumerate(heard)
    ]
    words = [
        {"word": word.text.strip(".").lower(), "start": word.start, "end": word.end}
        for item in heard
        for word in item.segment.words
    ]
    text = " ".join(item.segment.text for item in heard)
    answer = {
        "task": "transcribe",
        "language": "english",
        "duration": 1.0,
        "text": text,
        "segments": segments,
    }
    if "word" in request.fields.get("timestamp_granularities[]", []):
        answer["words"] = words
    return Answer(body=answer)


def refusal(status: int, message: str, **fields: str) -> Answer:
    """An error in OpenAI's form."""
    return Answer(status, {"error": {"message": message, "type": "invalid_request_error", **fields}})
