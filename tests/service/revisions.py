"""Real revision histories: the versions of a table, replayed from what changed in each, and what each must come to."""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from service.formats.tables import TableMap

State = dict[str, dict[str, Any]]


class Version(NamedTuple):
    """A version: its number, when it was committed, the hash of its state, and its bytes as a file."""

    number: int
    moment: str
    digest: str
    data: bytes


class AsOf(NamedTuple):
    """A question: what a cell was at a moment, in which version, if it was there at all."""

    moment: str
    version: int
    key: str
    column: str
    present: bool
    expected: Any


@dataclass(slots=True)
class Revisions:
    """One data set, read from its folder; `whole` are versions whose very bytes are there, by number."""

    folder: Path
    table: TableMap
    _lines: dict[str, str] = field(default_factory=dict[str, str])

    def versions(self, many: int | None = None) -> Iterator[Version]:
        """Replay the versions, oldest first: all of them, or so many in pairs of neighbours, spread over all."""
        state: State = {}
        truth = _read(self.folder / "truth.ndjson.gz")
        step = 2 * len(truth) // many if many else 1
        changes = iter([*_read(self.folder / "revisions.ndjson.gz"), {"seq": None}])
        change = next(changes)
        whole = {int(path.name[:5]): path for path in (self.folder / "snapshots").iterdir()}
        for place, each in enumerate(truth):
            while change["seq"] == each["seq"]:
                self._take(state, change)
                change = next(changes)
            if place % step > 1 or (many and place // step * 2 >= many):
                continue
            path = whole.get(each["seq"])
            data = gzip.decompress(path.read_bytes()) if path else self._written(state)
            yield Version(each["seq"], each["commit_time"], each["state_sha256"], data)

    def as_of(self) -> Iterator[AsOf]:
        """Return the questions, and what is to be answered."""
        for each in _read(self.folder / "asof_cases.ndjson.gz"):
            yield AsOf(
                each["as_of"], each["version_seq"], each["key"], each["field"], each["present"], each.get("expected")
            )

    def _take(self, state: State, change: Mapping[str, Any]) -> None:
        key, column = change["key"], change["field"]
        row = state.setdefault(key, {})
        if change["op"] in ("remove", "field_drop"):
            del row[column]
            if change["op"] == "remove" and not row:
                del state[key]
        else:
            row[column] = change["new"]
        self._lines.pop(key, None)

    def _written(self, state: State) -> bytes:
        """Write a state as a file: each row once, as long as it stays as it is."""
        for key, row in state.items():
            if key not in self._lines:
                self._lines[key] = self._row(row)
        lines = [self._lines[key] for key in sorted(state)]
        if self.table.format == "json":
            return ("[\n" + ",\n".join(lines) + "\n]").encode()
        return "".join([self._row(dict(zip(self.table.columns, self.table.columns, strict=True))), *lines]).encode()

    def _row(self, row: Mapping[str, Any]) -> str:
        if self.table.format == "json":
            return json.dumps({name: float("nan") if cell == "NaN" else cell for name, cell in row.items()})
        line = io.StringIO()
        csv.writer(line).writerow(row[column] for column in self.table.columns)
        return line.getvalue()


def _read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def state_of(data: bytes, key: Sequence[str], cut: str | None) -> State:
    """Read a file as the keepers of the histories do: `verify.py` beside them."""
    state: State = {}
    text = data.decode("utf-8-sig", "replace")
    if text.lstrip().startswith("["):
        rows = [_flat(row) for row in json.loads(text, parse_constant=str)]
    else:
        reader = csv.reader(io.StringIO(text, newline=""))
        header = [name.strip() for name in next(reader)]
        rows = [dict(zip(header, cells, strict=False)) for cells in reader if cells]
    for row in rows:
        name = "|".join(str(row.get(column, "")) for column in key)
        name = name.split(cut)[0] if cut else name
        number, numbered = 1, name
        while numbered in state:
            number += 1
            numbered = f"{name}#{number}"
        state[numbered] = row
    return state


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat


def row_line(key: str, row: Mapping[str, Any]) -> bytes:
    """Write a row as it goes into the hash of a state."""
    return json.dumps([key, row], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def digest_of(lines: Mapping[str, bytes]) -> str:
    """Return the hash of a state: its rows by key."""
    found = hashlib.sha256()
    for key in sorted(lines):
        found.update(lines[key])
    return found.hexdigest()


def digest_of_file(data: bytes, table: TableMap) -> str:
    """Return the hash of the state that a file of the table is."""
    state = state_of(data, table.key, table.key_cut)
    return digest_of({key: row_line(key, row) for key, row in state.items()})
