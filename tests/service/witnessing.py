"""A witness of C2SP tlog-witness over HTTP, written from its text; and a log over HTTP that can be made to lie."""

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from domain.ledger.checkpoint import parse_checkpoint
from domain.ledger.merkle import continues
from domain.ledger.signed_note import (
    COSIGNATURE,
    NoteError,
    SignedNote,
    SigningKey,
    VerifierKey,
    format_note,
    parse_note,
    sign,
    verify,
)

Answered = tuple[int, str, bytes]
"""Status, type and body of an answer."""


@dataclass
class TestWitness:
    """A witness: the logs that it knows by origin, with the last size and root that it cosigned of each."""

    __test__ = False
    name: str
    keys: dict[str, list[VerifierKey]]
    timestamp: int = 1_780_000_000
    seen: dict[str, tuple[int, bytes]] = field(default_factory=dict[str, tuple[int, bytes]])
    asked: list[int] = field(default_factory=list[int])

    @property
    def key(self) -> SigningKey:
        return SigningKey(self.name, COSIGNATURE, self.name.encode().ljust(32, b"."))

    def add_checkpoint(self, body: bytes) -> Answered:  # noqa: PLR0911 - one a step
        """Answer a request, step by step as tlog-witness ("add-checkpoint") says."""
        head, _, note_bytes = body.partition(b"\n\n")
        old_line, *proof_lines = head.decode("ascii").split("\n")
        try:
            old = int(old_line.removeprefix("old "))
            proof = [base64.b64decode(line, validate=True) for line in proof_lines]
            note = parse_note(note_bytes)
            checkpoint = parse_checkpoint(note.text)
        except ValueError:
            return 400, "text/plain", b"malformed\n"
        self.asked.append(old)
        if checkpoint.origin not in self.keys:
            return 404, "text/plain", b"unknown log\n"
        try:
            if not verify(note, self.keys[checkpoint.origin]):
                return 403, "text/plain", b"no signature of a known key\n"
        except NoteError:
            return 403, "text/plain", b"a signature does not hold\n"
        if old > checkpoint.size:
            return 400, "text/plain", b"old is beyond the checkpoint\n"
        size, root = self.seen.get(checkpoint.origin, (0, b""))
        if old != size:
            return 409, "text/x.tlog.size", f"{size}\n".encode()
        if old == checkpoint.size and old and root != checkpoint.root:
            return 409, "text/x.tlog.size", f"{size}\n".encode()
        if old > 0 and not continues(checkpoint.size, checkpoint.root, old, root, proof):
            return 422, "text/plain", b"the proof does not hold\n"
        self.seen[checkpoint.origin] = (checkpoint.size, checkpoint.root)
        signature = sign(note.text, self.key, self.timestamp)
        lines = format_note(SignedNote(note.text, (signature,)))[len(note.text.encode()) + 1 :]
        return 200, "text/plain", lines


@contextmanager
def answering(answer: Callable[[str, bytes], Answered]) -> Iterator[str]:
    """Answer requests by path and body at a URL, while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._respond(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            self._respond(b"")

        def _respond(self, body: bytes) -> None:
            status, kind, content = answer(self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the library
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def witnessing(*witnesses: TestWitness) -> Iterator[list[str]]:
    """Run witnesses; gives the URL of each."""

    def answer(path: str, body: bytes) -> Answered:
        number, _, rest = path.removeprefix("/").partition("/")
        assert rest == "add-checkpoint"
        return witnesses[int(number)].add_checkpoint(body)

    with answering(answer) as url:
        yield [f"{url}/{number}" for number in range(len(witnesses))]
