"""A report filed directly is answered, logged and written as by the declared route, byte for byte, whatever is sent."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from structlog.testing import capture_logs

from domain.incident import refusals
from domain.incident.report_warnings import ReportWarning
from domain.reports.registry import KINDS
from service.api.app import create_app
from service.api.requests.body import MAX_BODY_BYTES
from service.api.resources import reports
from service.api.services import Services
from service.eventstore import LogBusyError
from service.eventstore.writer import Acknowledgement, Overloaded, WriteRequest

REPORT_ID, FACT_ID = UUID(int=7), UUID(int=8)
PATH = "/v1/incidents/coast-2025/reports"
TYPED = (b"content-type", b"application/json")
HOST = (b"host", b"127.0.0.1:8000")
EXAMPLES = [dict(kind.example) for kind in KINDS.values()]

DONE = Acknowledgement(FACT_ID, 12, datetime(2026, 11, 29, tzinfo=UTC), 3, "coast-2025")
OUTCOMES: list[Acknowledgement | Exception] = [
    DONE,
    Acknowledgement(FACT_ID, 1, None, 1, None, replayed=True),
    Acknowledgement(FACT_ID, 9, None, 2, "a", warnings=(ReportWarning("unusual", "“è” " * 99, "1"),) * 3),
    refusals.IncidentUnknown(incident="coast-2025"),
    refusals.IncidentIsMerged(incident="coast-2025", into="other"),
    refusals.ReportIdTaken(report_id=REPORT_ID),
    refusals.ScopeUndeclared(scope="north", incident="coast-2025", hint="Declare it."),
    Overloaded(),
    LogBusyError("busy"),
    psycopg.OperationalError("the server closed the connection unexpectedly"),
    RuntimeError("unforeseen"),
]


@dataclass
class RecordingWriter:
    """A writer that keeps its writes, and answers each with `outcome`."""

    outcome: Acknowledgement | Exception = DONE
    writes: list[WriteRequest] = field(default_factory=list[WriteRequest])

    async def write(self, write: WriteRequest) -> Acknowledgement:
        self.writes.append(write)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


WRITER = RecordingWriter()


def app(*, direct: bool) -> Starlette:
    @asynccontextmanager
    async def opened() -> AsyncGenerator[Services]:
        yield cast("Services", None)

    made = create_app(opened, lambda: FACT_ID)
    made.state.services = SimpleNamespace(writer=WRITER, new_id=lambda: FACT_ID, authenticator=None)
    if not direct:
        made.user_middleware = [each for each in made.user_middleware if each.cls is not reports.RESOURCE.middleware]
    return made


DIRECT, DECLARED = app(direct=True), app(direct=False)


@dataclass(frozen=True)
class Sent:
    """A request, in the pieces in which its body arrives."""

    pieces: Sequence[bytes]
    path: str = PATH
    headers: Sequence[tuple[bytes, bytes]] = (HOST, TYPED)
    method: str = "POST"
    query: bytes = b""
    disconnects: bool = False

    def scope(self) -> dict[str, Any]:
        return {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": "",
            "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 9), "method": self.method, "path": self.path,
            "raw_path": self.path.encode(), "query_string": self.query, "headers": list(self.headers), "state": {},
        }  # fmt: skip

    def messages(self) -> list[dict[str, Any]]:
        last = len(self.pieces) - (0 if self.disconnects else 1)
        found = [
            {"type": "http.request", "body": piece, "more_body": place < last}
            for place, piece in enumerate(self.pieces)
        ]
        return [*found, {"type": "http.disconnect"}]


def answered(application: Starlette, sent: Sent, outcome: Acknowledgement | Exception) -> tuple[Any, ...]:
    """Return the messages of the answer, the log without times, the writes, and how much of the body was read."""
    WRITER.outcome, WRITER.writes = outcome, []
    messages = sent.messages()
    answers: list[Any] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if len(messages) > 1 else messages[0]

    async def send(message: Any) -> None:
        answers.append(message)

    with capture_logs() as logged:
        asyncio.run(application(sent.scope(), receive, send))
    lines = [{name: repr(value) for name, value in line.items() if name != "ms"} for line in logged]
    writes = [
        (re.sub(" at 0x[0-9a-f]+", "", repr(write)), dict(write.command.report.document.members))
        for write in WRITER.writes
    ]
    return answers, lines, writes, len(messages)


def expect_the_same(sent: Sent, outcome: Acknowledgement | Exception = DONE) -> tuple[Any, ...]:
    direct = answered(DIRECT, sent, outcome)
    assert direct == answered(DECLARED, sent, outcome)
    return direct


def changed(body: bytes, pattern: bytes, replacement: bytes, place: int) -> bytes:
    """Return the body with one match of a pattern replaced; “@” stands for what was there."""
    found = list(re.finditer(pattern, body))
    if not found:
        return body
    match = found[place % len(found)]
    return body[: match.start()] + replacement.replace(b"@", match[0]) + body[match.end() :]


CHANGES = st.sampled_from(
    [
        (rb'"[a-z_]+":', b"@1,@"), (rb'"[a-z_]+":', b'"x":'), (rb'"kind":', b'"\\u006bind":'),
        (rb'"[^"]*"', b"12"), (rb'"[^"]*"', b'"\\u0000"'), (rb'"[^"]*"', b'"\\ud800"'), (rb'"[^"]*"', b'"\xff"'),
        (rb'"[^"]*"', '"٨٨ “é” 😀"'.encode()), (rb'"[^"]*"', b"null"), (rb'"[^"]*"', b'""'), (rb'"[^"]*"', b"12.0"),
        (rb"\d+", b"-0"), (rb"\d+", b"1e3"), (rb"\d+", b"12.50"), (rb"\d+", b"9" * 17), (rb"\d+", b"9" * 400),
        (rb"\d+", b"NaN"), (rb"[{}\[\]]", b""), (rb"[,:]", b"\n\t@ "), (rb"\}$", b"} x"), (rb"^", b"\xef\xbb\xbf"),
        (rb"\[", b"[" * 40), (rb"^.*$", b"[]"), (rb"^.*$", b""), (rb"\{", b'{"claims":[],'),
        (rb"\{", b'{"report_id":7,'),
    ]
)  # fmt: skip
HEADERS = st.sampled_from(
    [
        TYPED, (b"content-type", b"application/json; charset=utf-8"), (b"content-type", b"text/plain"),
        (b"accept-encoding", b"gzip"), (b"content-encoding", b"identity"), (b"content-encoding", b"gzip"),
        (b"idempotency-key", b"k-1"), (b"idempotency-key", b"\xe9"), (b"if-match", b'"v12"'), (b"if-match", b"v12"),
        (b"content-length", b"70000"), (b"content-length", b"9" * 30), (b"content-length", b"+5"), (b"x-other", b"1"),
        (b"origin", b"https://elsewhere.example"), (b"host", b"elsewhere.example"), (b"expect", b"100-continue"),
    ]
)  # fmt: skip
PATHS = st.sampled_from(
    [
        PATH, "/v1/incidents/Coast/reports", f"/v1/incidents/{REPORT_ID}/reports", "/v1/incidents/-/reports",
        "/v1/incidents/" + "a" * 100 + "/reports", "/v1/incidents/" + "a" * 101 + "/reports", PATH + "/",
        "/v1/incidents/café/reports", "/v1/incidents//reports", "/v1/incidents/a b/reports", "/v1/reports",
    ]
)  # fmt: skip


@st.composite
def sent_bodies(draw: st.DrawFn) -> bytes:
    report = draw(st.sampled_from(EXAMPLES))
    if draw(st.booleans()):
        report = {**report, "report_id": str(REPORT_ID)}
    body = orjson.dumps(report)
    for pattern, replacement in draw(st.lists(CHANGES, max_size=2)):
        body = changed(body, pattern, replacement, draw(st.integers(0, 200)))
    return body


@st.composite
def requests(draw: st.DrawFn) -> Sent:
    body = draw(sent_bodies())
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=2)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    return Sent(
        pieces,
        draw(st.just(PATH) | PATHS),
        draw(st.just([HOST, TYPED]) | st.lists(HEADERS, max_size=4).map(lambda more: [HOST, TYPED, *more][::-1])),
        draw(st.sampled_from(["POST"] * 8 + ["GET", "HEAD", "PUT"])),
        draw(st.sampled_from([b""] * 8 + [b"as_of=@1", b"x="])),
        disconnects=draw(st.sampled_from([False] * 8 + [True])),
    )


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(sent=requests(), outcome=st.sampled_from(OUTCOMES))
@example(sent=Sent([b" " * (MAX_BODY_BYTES + 1), b"{}"]), outcome=DONE)
@example(sent=Sent([b" " * MAX_BODY_BYTES, b"{}"]), outcome=DONE)
@example(sent=Sent([orjson.dumps(EXAMPLES[0])], disconnects=True), outcome=DONE)
def test_whatever_is_sent_is_answered_as_by_the_declared_route(
    sent: Sent, outcome: Acknowledgement | Exception
) -> None:
    expect_the_same(sent, outcome)


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
def test_every_outcome_of_the_writer_is_answered_as_by_the_declared_route(outcome: Acknowledgement | Exception) -> None:
    more = ((b"accept-encoding", b"gzip"), (b"idempotency-key", b"k-1"))
    for headers in ((HOST, TYPED), *((HOST, TYPED, each) for each in more)):
        for report in EXAMPLES:
            *_, writes, _ = expect_the_same(Sent([orjson.dumps(report)], headers=headers), outcome)
            assert len(writes) == 1


def test_a_plain_report_never_reaches_the_framework(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unreachable(*_: object) -> None:
        pytest.fail("the declared route was asked")

    monkeypatch.setattr(DIRECT.router, "app", unreachable)
    monkeypatch.setattr(type(DIRECT.router), "__call__", unreachable)
    for report in EXAMPLES:
        answers, *_ = answered(DIRECT, Sent([orjson.dumps(report)]), DONE)
        assert answers[0]["status"] == 201
