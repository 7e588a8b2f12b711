"""Two logs that differ only in a collection that a principal may not see, and random questions to both.

What one log records in that collection, the other fills with as many facts of another incident of it, so that positions
are the same. Ids are the same, since every request has an Idempotency-Key or names its report.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from random import Random
from typing import Any, Final
from uuid import uuid5
from zipfile import ZipFile

import httpx
from pyarrow import parquet

from domain.facts.streams import NAMESPACE, incident_stream
from domain.reports.registry import KINDS
from service.api.media_types import JSON, NDJSON
from tests.service.projected import head, read

HIDDEN: Final = "hidden"
"""The collection in which the logs differ."""
OWN: Final = "own"
"""A collection that every principal here has."""
OTHERS: Final = "others"
"""One that none has, and that is the same in both logs."""
VISIBLE: Final = {"public-1": "public", "public-2": "public", "own-1": OWN, "own-2": OWN, "others-1": OTHERS}
SECRET: Final = {"hidden-1": HIDDEN, "hidden-2": HIDDEN}
FILLER: Final = "filler"
SOURCES: Final = ("anonymous:A doctor|reuters", "sohr", "snhr", "reuters", "afp")
FRIEND: Final = "secret-friend"
"""A source that is cited by hidden reports only."""
MANY: Final = 12
"""Reports of each part of a log."""

Json = dict[str, Any]


def report_ids(part: str) -> list[str]:
    """Return the ids that the reports of a part of a log have."""
    return [str(uuid5(NAMESPACE, f"{part}-{number}")) for number in range(MANY)]


@dataclass
class Asking:
    """Makes requests at random, out of the names that there are in the visible and in the hidden part of a log.

    `incidents` and `reports` are those that requests name, `openable` and `fileable` those that they make: what is
    taken by another, which cannot be seen, can be used by none. `paths` are those of the OpenAPI document.
    """

    name: str
    chance: Random
    paths: Mapping[str, Any]
    incidents: list[str]
    reports: list[str]
    openable: list[str]
    fileable: list[str]
    sources: tuple[str, ...] = SOURCES
    collections: tuple[str, ...] = ("public", OWN, OTHERS)
    digests: list[str] = field(default_factory=list[str])
    positions: list[int] = field(default_factory=list[int])
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def request(self, path: str, method: str, last: int, **headers: str) -> Json:
        """Return a request to an operation, as httpx takes it; `last` is the last position of the log."""
        described = self.paths[path][method]
        parameters = described.get("parameters", ())
        chosen = [each for each in parameters if each.get("required") or self.chance.random() < self._often(each)]
        query = {each["name"]: self._value(each, last) for each in chosen if each["in"] == "query"}
        address = re.sub(r"\{(\w+)\}", lambda found: self._name(found[1]), path)
        sent: Json = {"method": method.upper(), "url": address, "params": query, "headers": dict(headers)}
        if "requestBody" in described:
            if NDJSON not in described["requestBody"]["content"]:
                sent["headers"]["idempotency-key"] = f"{self.name}-{next(self.numbers)}"
            sent |= self._body(path, described["requestBody"]["content"])
            sent["headers"]["content-type"] = NDJSON if "content" in sent else JSON
        elif self.chance.random() < 0.2:
            sent["headers"]["accept"] = self.chance.choice(list(described["responses"]["200"]["content"]))
            if "event-stream" in sent["headers"]["accept"]:  # it does not end
                del sent["headers"]["accept"]
        return sent

    def body(self, path: str) -> Json:
        """Return a body of an operation out of its examples, with names of here; reports have no free text."""
        ((media_type, described),) = self.paths[path]["post"]["requestBody"]["content"].items()
        assert media_type != NDJSON
        return self._named(self.chance.choice(list(described["examples"].values()))["value"])

    def report(self) -> Json:
        """Return a report of a kind by chance, under one of the ids."""
        body = self._named(dict(KINDS[self.chance.choice(sorted(KINDS))].example))
        return body | {"report_id": self.chance.choice(self.fileable), "reported_at": "2025-03-12"}

    def _body(self, path: str, content: Mapping[str, Any]) -> Json:
        if NDJSON in content:
            lines = [{"incident": self.chance.choice(self.incidents), **self.report()} for _ in range(3)]
            lines += [{"open": self.body("/v1/incidents")}, {"move": self.body("/v1/reports/{report_id}/move")}]
            lines[-1]["move"]["report_id"] = self.chance.choice(self.reports)
            return {"content": "\n".join(map(json.dumps, lines))}
        if path.endswith("/reports"):
            return {"json": self.report()}
        (described,) = content.values()
        return {"json": self._named(self.chance.choice(list(described["examples"].values()))["value"])}

    def _named(self, example: Any) -> Any:
        """Return an example with names of here in place of its own."""
        if isinstance(example, dict):
            found: Json = {name: self._member(name, value) for name, value in example.items() if name != "text"}
            return found
        return [self._named(each) for each in example] if isinstance(example, list) else example

    def _member(self, name: str, value: Any) -> Any:
        if name == "claims" and isinstance(value, list) and isinstance(value[0], str):
            return [f"{self.chance.choice(self.reports)}#1"]
        if name == "origins":
            return self.chance.sample(self.sources, 2)
        names = {"slug": self.openable, "into": self.incidents, "to": self.incidents, "source": self.sources[1:]}
        known = names.get(name) or (self.collections if name == "collection" else None)
        return self.chance.choice(known) if known and isinstance(value, str) else self._named(value)

    def _name(self, parameter: str) -> str:
        if parameter == "incident":
            slug = self.chance.choice(self.incidents)
            return self.chance.choice([slug, slug, str(incident_stream(slug))])
        names = {
            "report_id": self.reports,
            "slug": [*SOURCES[1:], FRIEND],
            "source": [*SOURCES[1:], FRIEND],
            "name": ["csv", "geojson", "ucdp", "timelinejs", "sqlite"],
            "digest": self.digests or ["0" * 64],
            "position": [str(each) for each in self.positions or [1]],
            "path": ["tile/0/000", "tile/0/000.p/1", "tile/entries/000.p/1", "tile/9/000", "unheard-of"],
        }
        return self.chance.choice(names[parameter])

    def _often(self, parameter: Mapping[str, Any]) -> float:
        if parameter["name"] == "min_position":
            return 1
        return 0 if parameter["in"] == "header" or parameter["name"] == "cursor" else 0.3

    def _value(self, parameter: Mapping[str, Any], last: int) -> Any:
        name, place = parameter["name"], self.chance.randint(1, last)
        values = {
            **{each: [f"@{place}"] for each in ("as_of", "from", "to")},
            "reported_until": ["2025-03-08", "2025-03-09T12:00:00Z"],
            "policy": ["range/1", "conservative/1"],
            "min_position": [last],
            "after": [place],
            "limit": [1, 3, 100],
            "incident": self.incidents,
            "source": [*SOURCES, FRIEND],
            "tag": ["massacre"],
            "actor": ["Gunmen"],
            "recorded_by": ["test", "nobody"],
            "format": ["csv", "json", "xlsx"],
            "for": ["spreadsheet"],
            "rtl": ["true"],
        }
        known = values.get(name) or _examples(parameter, parameter["schema"])
        assert known, f"say here which values “{name}” has"
        return self.chance.choice(known)


def _examples(parameter: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Any]:
    """Return the values of a parameter that the document names."""
    found: list[Any] = []
    for each in (parameter, schema, schema.get("items", {}), *schema.get("anyOf", ())):
        for example in each.get("examples", ()):
            found += example if isinstance(example, list) else [example]
        found += each.get("enum", ())
        if each.get("type") == "integer":
            found += [1, 4]
        if each.get("type") == "boolean":
            found += ["true", "false"]
    return found


@dataclass
class TwoLogs:
    """Two services; `first` records what is hidden, `second` as many facts of another incident."""

    first: httpx.Client
    second: httpx.Client
    filled: Iterator[int] = field(default_factory=lambda: count(1))

    def open(self) -> None:
        """Open all incidents, and the one that fills the gaps of the second log."""
        for slug, collection in VISIBLE.items():
            opened = {"slug": slug, "title": slug, "collection": collection}
            self.both("POST", "/v1/incidents", json=opened, headers={"idempotency-key": slug})
        for slug, collection in SECRET.items():
            opened = {"slug": slug, "title": slug, "collection": collection, "countries": ["SY"]}
            self.hidden("POST", "/v1/incidents", json=opened)

    def both(self, method: str, url: str, **sent: Any) -> tuple[httpx.Response, httpx.Response]:
        """Send a request to both."""
        return self.first.request(method, url, **sent), self.second.request(method, url, **sent)

    def hidden(self, method: str, url: str, **sent: Any) -> httpx.Response:
        """Send a request to the first, and fill the second."""
        answer = self.first.request(method, url, **sent)
        while (place := head(self.second)) < head(self.first):
            title = f"Filler {next(self.filled)}"
            if self.second.get(f"/v1/incidents/{FILLER}").is_success:
                filling = self.second.post(f"/v1/incidents/{FILLER}/amendment", json={"title": title})
            else:
                opened = {"slug": FILLER, "title": title, "collection": HIDDEN}
                filling = self.second.post("/v1/incidents", json=opened)
            assert head(self.second) == place + 1, filling.text
        return answer

    def settle(self) -> int:
        """Wait until the read models of both are at the end of their logs, and return that."""
        for client in (self.first, self.second):
            read(client, "/v1/incidents")
            read(client, "/v1/sources")
            read(client, "/v1/tolls")
        last = head(self.first)
        assert head(self.second) == last
        return last

    def log_ids(self) -> list[str]:
        """Return the ids of both logs."""
        return [
            client.get("/v1/incidents/public-1").json()["coordinates"]["log"] for client in (self.first, self.second)
        ]


_TIMES: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z")
"""Moments of recording; what sources said has no fractions of a second."""
_RANDOM: Final = re.compile(r'"(commitments|salts)":\{[^}]*\}|"root":"[^"]*"')
_DIGEST: Final = re.compile("[0-9a-f]{64}")
"""A hash of what is compared beside it, with its moments."""
_HASHED: Final = frozenset({"etag", "content-length"})
"""Headers that differ with the moments within."""


def comparable(response: httpx.Response, logs: list[str]) -> tuple[int, Json, str]:
    """Return status, headers and body without the moments of recording, salts, and the names of the logs."""

    def same(text: str) -> str:
        for log in logs:
            text = text.replace(log, "LOG")
        return _DIGEST.sub("DIGEST", _RANDOM.sub("", _TIMES.sub("TIME", text)))

    headers = {name: same(value) for name, value in response.headers.items() if name != "date"}
    headers |= dict.fromkeys(headers.keys() & _HASHED, "")
    return response.status_code, headers, same(_text(response).replace(str(response.url.copy_with(raw_path=b"/")), "/"))


def _text(response: httpx.Response) -> str:
    """Return a body as text; of a workbook or Parquet what is in it, which is not compressed alike."""
    if response.content.startswith(b"PAR1"):
        table = parquet.read_table(BytesIO(response.content))
        return f"{table.schema.metadata}\n{table.to_pylist()}"
    if not response.content.startswith(b"PK"):
        return response.text
    with ZipFile(BytesIO(response.content)) as packed:
        return "\n".join(f"{name}\n{packed.read(name).decode()}" for name in packed.namelist())
