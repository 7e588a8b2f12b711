"""Operations of a service, each declared once as a plan: one client returns its result, the other awaits it."""

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import update_wrapper
from typing import Any, Concatenate, Final, Generic, ParamSpec, Protocol, TypeVar, overload
from urllib.parse import quote

from knownwhen.client.answers import Answer, Table, Written, answer_of, table_of, written_of
from knownwhen.client.archive import Archive, Snapshot, Step, differing_steps, steps_of
from knownwhen.client.exchange import JSON, Call, Plan, Retries, exchange
from knownwhen.client.problems import KnownwhenError, Problem

P = ParamSpec("P")
T = TypeVar("T")
C = TypeVar("C", bound="Operations")

Moment = str | datetime
"""A moment of RFC 3339, or a datetime with an offset."""
Position = int | str | datetime
"""A position in the log, or a moment."""

_UNKNOWN: Final = "not-yet-known"


class Blocking(Protocol):
    """A client that returns results."""

    def run(self, plan: Plan[T]) -> T: ...


class Awaiting(Protocol):
    """A client whose results are awaited."""

    async def run_async(self, plan: Plan[T]) -> T: ...


class Operation(Generic[C, P, T]):
    """A method whose plan is run by the client that it is called on."""

    def __init__(self, plan: Callable[Concatenate[C, P], Plan[T]]) -> None:
        self._plan = plan
        update_wrapper(self, plan)  # pyright: ignore[reportArgumentType] - it is called through a client

    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: Awaiting, owner: type) -> Callable[P, Awaitable[T]]: ...
    @overload
    def __get__(self, client: None, owner: type) -> "Operation[C, P, T]": ...
    def __get__(self, client: Any, owner: type) -> Any:
        """Return the operation of a client, with its documentation."""
        if client is None:
            return self
        runs = getattr(client, "run", None) or client.run_async

        def bound(*given: P.args, **named: P.kwargs) -> Any:  # noqa: ANN401 - a result, or what is awaited for it
            return runs(self._plan(client, *given, **named))

        return update_wrapper(bound, self._plan)


class Operations:
    """What can be asked and written.

    A reading is `as_of`, what the log held by a position or moment; `reported_until`, what sources had said by a
    moment; and `policy`, which weighs the claims. Without them an answer is of now.
    """

    retries: Retries

    @Operation
    def state(
        self,
        incident: str,
        as_of: Position | None = None,
        reported_until: Moment | None = None,
        policy: str | None = None,
    ) -> Plan[Answer]:
        """Return the state of an incident: sources, sides, estimates and sentences."""
        return (yield from self._view(incident, "", as_of, reported_until, policy))

    @Operation
    def view(
        self,
        incident: str,
        name: str,
        as_of: Position | None = None,
        reported_until: Moment | None = None,
        policy: str | None = None,
    ) -> Plan[Answer]:
        """Return the document of a view by its name, such as `claims` or `escalation`."""
        return (yield from self._view(incident, name, as_of, reported_until, policy))

    @Operation
    def table(
        self,
        incident: str,
        name: str,
        as_of: Position | None = None,
        reported_until: Moment | None = None,
        policy: str | None = None,
    ) -> Plan[Table]:
        """Return a view as a table by its name; `state` has a row for each estimate."""
        return (yield from self._table(incident, name, as_of, reported_until, policy))

    @Operation
    def claims(
        self,
        incident: str,
        as_of: Position | None = None,
        reported_until: Moment | None = None,
        policy: str | None = None,
    ) -> Plan[Table]:
        """Return every claim with its status and why."""
        return (yield from self._table(incident, "claims", as_of, reported_until, policy))

    @Operation
    def timeline(
        self,
        incident: str,
        as_of: Position | None = None,
        reported_until: Moment | None = None,
        policy: str | None = None,
    ) -> Plan[Table]:
        """Return every report in the order in which what it tells happened."""
        return (yield from self._table(incident, "timeline", as_of, reported_until, policy))

    @Operation
    def tolls(
        self,
        incident: str,
        as_of: Position | None = None,
        reported_until: Moment | None = None,
        policy: str | None = None,
    ) -> Plan[Table]:
        """Return how each estimate moved, on both clocks."""
        return (yield from self._table(incident, "tolls", as_of, reported_until, policy))

    @Operation
    def archive(
        self,
        incident: str,
        measure: str = "killed",
        population: Mapping[str, Any] | None = None,
        scope: str = "incident",
        manner: str | None = None,
        policy: str | None = None,
    ) -> Plan[Archive]:
        """Return every version of a series: one request for each position at which it may have changed.

        The key is written as documents write it: `population={"status": ["civilian"]}`; none is everyone. Without a
        `policy` each version is weighed by the one that was in force. Raises KnownwhenError where there is none.
        """
        key = {"measure": measure, "population": dict(population or {}), "scope": scope, "manner": manner}
        moments = yield from self._view(incident, "moments", None, None, policy)
        versions = tuple((each["position"], each["recorded_at"]) for each in moments.data["recorded"])
        steps: list[Step] = []
        before = Snapshot(())
        for version in versions:
            now = yield from self._series_at(incident, key, version, policy)
            steps += differing_steps(before, now, version)
            before = Snapshot(tuple(now))
        if not steps:
            raise KnownwhenError(
                f"There is no series {json.dumps(key)} of “{incident}”; `tolls` lists those that there are."
            )
        return Archive(incident, key, versions, tuple(steps))

    @Operation
    def items(
        self, path: str, filters: Mapping[str, str | int | list[str]] | None = None
    ) -> Plan[list[dict[str, Any]]]:
        """Return all items of a list, such as `incidents`, `reports` or `sources`, of all its pages."""
        call = Call("GET", f"v1/{path}", {"limit": 500, **(filters or {})})
        found: list[dict[str, Any]] = []
        while True:
            response = yield from exchange(call, self.retries)
            found += response.json()["items"]
            following = response.links.get("next", {}).get("url")
            if following is None:
                return found
            call = Call("GET", str(response.url.join(following)))

    @Operation
    def open_incident(self, body: Mapping[str, Any], key: str | None = None) -> Plan[Written]:
        """Open an incident. `key` names the request; without one it gets one of its own, and is recorded once."""
        return (yield from self._write("POST", "v1/incidents", body, key))

    @Operation
    def report(
        self, incident: str, body: Mapping[str, Any], key: str | None = None, version: int | None = None
    ) -> Plan[Written]:
        """File a report under an incident; with a `version`, only if the incident is still at it."""
        return (yield from self._write("POST", f"v1/incidents/{quote(incident)}/reports", body, key, version))

    @Operation
    def write(
        self, method: str, path: str, body: Mapping[str, Any], key: str | None = None, version: int | None = None
    ) -> Plan[Written]:
        """Write whatever the interface takes: `kw.write("POST", "reports/…/correction", {…})`."""
        return (yield from self._write(method, f"v1/{path}", body, key, version))

    def _view(
        self, incident: str, name: str, as_of: Position | None, until: Moment | None, policy: str | None
    ) -> Plan[Answer]:
        call = Call("GET", _path(incident, name), _reading(as_of, until, policy), {"Accept": JSON})
        return answer_of((yield from exchange(call, self.retries)))

    def _table(
        self, incident: str, name: str, as_of: Position | None, until: Moment | None, policy: str | None
    ) -> Plan[Table]:
        own = "" if name == "state" else name
        call = Call("GET", _path(incident, own), _reading(as_of, until, policy), {"Accept": "text/csv"})
        return table_of((yield from exchange(call, self.retries)))

    def _series_at(
        self, incident: str, key: Mapping[str, Any], version: tuple[int, str], policy: str | None
    ) -> Plan[list[Step]]:
        """Return the steps of a series as of a version; none before the incident was known."""
        try:
            tolls = yield from self._view(incident, "tolls", version[0], None, policy)
        except Problem as problem:
            if problem.slug != _UNKNOWN:
                raise
            return []
        return steps_of(tolls.data, key, version)

    def _write(
        self, method: str, path: str, body: Mapping[str, Any], key: str | None, version: int | None = None
    ) -> Plan[Written]:
        headers = {"Content-Type": JSON, "Idempotency-Key": key or str(uuid.uuid4())}
        if version is not None:
            headers["If-Match"] = f'"v{version}"'
        content = json.dumps(body, ensure_ascii=False).encode()
        return written_of((yield from exchange(Call(method, path, {}, headers, content), self.retries)))


def _path(incident: str, name: str) -> str:
    return "/".join(["v1/incidents", quote(incident, safe=""), *filter(None, [name])])


def _reading(as_of: Position | None, until: Moment | None, policy: str | None) -> dict[str, str | int | list[str]]:
    """Return the parameters of a reading. Raises KnownwhenError for a moment without an offset."""
    at = f"@{as_of}" if isinstance(as_of, int) else as_of
    given = {"as_of": at, "reported_until": until, "policy": policy}
    return {name: _text(value) for name, value in given.items() if value is not None}


def _text(value: str | datetime) -> str:
    if isinstance(value, str):
        return value
    if value.tzinfo is None:
        raise KnownwhenError("A moment needs an offset: datetime(…, tzinfo=UTC).")
    return value.isoformat()
