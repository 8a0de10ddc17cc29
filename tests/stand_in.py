"""A small stand-in for a vLLM server: our decoding behind vLLM's dialect, faults on demand.

Its answers have the fields that vLLM's have (`tests/test_vllm.py` compares them with a real one).
"""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from galai_jupyter.engines.base import ScoredId
from galai_jupyter.engines.local import LocalEngine
from galai_jupyter.options import GenerationOptions, LoadOptions
from galai_jupyter.tokens import decode


@dataclass
class Fault:
    """What goes wrong with one request.

    Attributes
    ----------
    status : int
        Answer with this and nothing else; the client may try again at once.
    after : int
        Tokens that are streamed before `then`.
    then : str
        ``"die"`` (the connection breaks), ``"end"`` (a clean end, too early), ``"error"`` (vLLM's
        error in a stream) or ``"hang"`` (nothing more, until the client has gone).
    """

    status: int = 0
    after: int = 0
    then: str = ""


@dataclass
class StandIn:
    """A server on a port of its own; use it as a context manager.

    Attributes
    ----------
    faults : list of Fault
        One for each request to come; none when they are used up.
    requests : list of dict
        What ``/v1/completions`` was asked.
    cancelled : list of int
        For each client that left before its answer was complete: tokens that it had been sent.
    hanging : threading.Event
        Set once a ``"hang"`` has begun: what comes before it has been sent.
    """

    checkpoint: Path
    key: str = ""
    names: tuple[str, ...] = ("tiny",)
    faults: list[Fault] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    hanging: threading.Event = field(default_factory=threading.Event)
    most_at_once: int = 0
    gathering: threading.Barrier | None = None

    def __post_init__(self) -> None:
        self.engine = LocalEngine.load(
            str(self.checkpoint), LoadOptions(device="cpu", dtype="float32")
        )
        self.lock = threading.Lock()
        self.at_once = 0
        self.cancellation = threading.Condition(self.lock)
        handler = type("Handler", (_Handler,), {"stand_in": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.connections: set[socket.socket] = set()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> StandIn:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Go away, as a server does that is ended: connections break, and none is taken."""
        self._server.shutdown()
        self._server.server_close()
        with self.lock:
            for connection in self.connections:
                with suppress(OSError):  # the client has left
                    connection.shutdown(socket.SHUT_RDWR)

    def wait_for_cancellations(self, count: int) -> list[int]:
        """Return the cancelled requests once there are so many."""
        with self.cancellation:
            assert self.cancellation.wait_for(lambda: len(self.cancelled) >= count, 10)
            return list(self.cancelled)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand_in: StandIn

    def setup(self) -> None:
        super().setup()
        with self.stand_in.lock:
            self.stand_in.connections.add(self.connection)

    def finish(self) -> None:
        with self.stand_in.lock:
            self.stand_in.connections.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        if self._refused():
            return
        if self.path == "/v1/models":
            engine = self.stand_in.engine
            models = [
                {
                    "id": name,
                    "object": "model",
                    "root": str(self.stand_in.checkpoint),
                    "max_model_len": engine.context_size,
                }
                for name in self.stand_in.names
            ]
            self._answer({"object": "list", "data": models})
        else:
            self._fail(404, "Not Found")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._refused():
            return
        if body.get("model") not in self.stand_in.names:
            self._fail(404, f"The model `{body.get('model')}` does not exist.")
        elif self.path == "/detokenize":
            self._answer({"prompt": decode(self.stand_in.engine.tokenizer, body["tokens"])})
        elif self.path == "/v1/completions":
            self._complete(body)
        else:
            self._fail(404, "Not Found")

    def log_message(self, *arguments: Any) -> None:
        pass

    def _refused(self) -> bool:
        key = self.stand_in.key
        if key and self.headers.get("Authorization") != f"Bearer {key}":
            self._fail(401, "Unauthorized")
            return True
        return False

    def _complete(self, body: dict[str, Any]) -> None:
        stand_in = self.stand_in
        with stand_in.lock:
            stand_in.requests.append(body)
            fault = stand_in.faults.pop(0) if stand_in.faults else Fault()
            stand_in.at_once += 1
            stand_in.most_at_once = max(stand_in.most_at_once, stand_in.at_once)
        try:
            if stand_in.gathering:
                stand_in.gathering.wait(10)
            if fault.status:
                self._fail(fault.status, "Something went wrong")
            elif body.get("stream"):
                self._stream(body, fault)
            else:
                self._answer({"choices": list(self._choices(body)), **_HEAD})
        except ConnectionError:
            pass
        finally:
            with stand_in.lock:
                stand_in.at_once -= 1

    def _stream(self, body: dict[str, Any], fault: Fault) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        sent = 0
        try:
            for choice in self._tokens(body):
                if fault.then and sent == fault.after:
                    if self._break(fault.then):
                        return
                    break
                if self._client_left():
                    raise BrokenPipeError
                self._chunk(f"data: {json.dumps({'choices': [choice], **_HEAD})}\n\n")
                sent += 1
            self._chunk("data: [DONE]\n\n")
            self.wfile.write(b"0\r\n\r\n")
        except ConnectionError:
            with self.stand_in.cancellation:
                self.stand_in.cancelled.append(sent)
                self.stand_in.cancellation.notify_all()
            self.close_connection = True

    def _break(self, how: str) -> bool:
        """Do what a fault says; return whether nothing more is to be sent."""
        if how == "hang":
            self.stand_in.hanging.set()
            select.select([self.connection], [], [], 60)
            raise BrokenPipeError
        if how == "error":
            error = {"message": "EngineCore encountered an issue.", "code": 500}
            self._chunk(f"data: {json.dumps({'error': error})}\n\n")
        if how == "die":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return True
        return False

    def _client_left(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def _tokens(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield one choice for each token, as a stream brings them."""
        count = body["n"]
        sampling = body["temperature"] > 0
        options = GenerationOptions(
            max_new_tokens=body["max_tokens"],
            min_new_tokens=body["min_tokens"],
            top_p=body["top_p"] if sampling else None,
            top_k=body["top_k"] if body["top_k"] > 0 else None,
            temperature=body["temperature"] if sampling else None,
            num_return_sequences=count,
            repetition_penalty=body["repetition_penalty"],
            stop=tuple(body["stop"]),
            seed=body["seed"],
        ).checked()
        for step in self.stand_in.engine.steps(body["prompt"], options, lambda: False):
            reason = step.finish_reason
            yield {
                "index": step.prompt_index * count + step.sequence_index,
                "text": decode(self.stand_in.engine.tokenizer, [t.id for t in step.ids]),
                "token_ids": [token.id for token in step.ids],
                "logprobs": _logprobs(step.ids),
                "finish_reason": reason and ("length" if reason == "max_new_tokens" else "stop"),
                "stop_reason": step.stop_string or None,
            }

    def _choices(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the choice of each prompt, of one token, with the prompt's scores if wanted."""
        import torch

        engine = self.stand_in.engine
        for index, ids in enumerate(body["prompt"]):
            with torch.inference_mode():
                logits = engine.model(torch.tensor([ids])).logits[0].float().log_softmax(-1)
            count = min(body.get("logprobs") or 1, logits.shape[-1])
            values, best = logits[-1].topk(count)
            top = tuple(zip(best.tolist(), values.tolist(), strict=True))
            choice = {
                "index": index,
                "text": decode(engine.tokenizer, [top[0][0]]),
                "token_ids": [top[0][0]],
                "logprobs": _logprobs((ScoredId(*top[0], top),)) if "logprobs" in body else None,
                "finish_reason": "length",
                "stop_reason": None,
                "prompt_logprobs": None,
            }
            if "prompt_logprobs" in body:
                scored = engine.score(ids[:1], ids[1:])
                choice["prompt_logprobs"] = [None, *map(_prompt_place, scored)]
            yield choice

    def _answer(self, answer: Any, status: int = 200) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status in (429, 500, 503):
            self.send_header("Retry-After-Ms", "1")
        self.end_headers()
        self.wfile.write(content)

    def _fail(self, status: int, message: str) -> None:
        self._answer({"error": {"message": message, "type": "error", "code": status}}, status)

    def _chunk(self, text: str) -> None:
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()


_HEAD = {"id": "cmpl-1", "object": "text_completion", "created": 0, "model": "tiny"}


def _logprobs(tokens: tuple[ScoredId, ...]) -> dict[str, Any]:
    return {
        "text_offset": [0] * len(tokens),
        "tokens": [f"token_id:{token.id}" for token in tokens],
        "token_logprobs": [token.log_probability for token in tokens],
        "top_logprobs": [
            {f"token_id:{token_id}": value for token_id, value in token.alternatives}
            for token in tokens
        ],
    }


def _prompt_place(token: ScoredId) -> dict[str, Any]:
    values = {token.id: token.log_probability, **dict(token.alternatives)}
    return {
        str(token_id): {"logprob": value, "rank": 1, "decoded_token": ""}
        for token_id, value in values.items()
    }
