"""Exports over HTTP: written to a temporary file in a thread, one at a time, for what a token may see."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BufferedRandom
from typing import NamedTuple

from domain.values.time.clocks import format_instant
from service.formats.export.incidents import ExportRequest, open_export
from service.formats.exporter import Export, Exporter, Unwritable
from service.formats.registry import EXPORTERS
from service.runtime.worker_thread import beside_the_loop


class WrittenExport(NamedTuple):
    """An export in a file at its beginning, its coordinates, and what it has no room for; or why there is none."""

    file: BufferedRandom
    coordinates: Mapping[str, str | int | bool | None]
    gaps: Sequence[Mapping[str, str | int]]
    trouble: str | None = None


class LinkedFormat(NamedTuple):
    """A format that is exported over HTTP."""

    media_type: str
    suffix: str
    summary: str


def linked_formats() -> dict[str, LinkedFormat]:
    """Return the formats that are exported over HTTP, by name."""
    return {
        name: LinkedFormat(each.media_type, each.suffix, each.summary)
        for name, each in EXPORTERS.items()
        if each.media_type is not None
    }


@dataclass
class LinkedExports:
    """Exports of the log at `url`. The files are deleted when they are closed."""

    url: str
    formats: Mapping[str, LinkedFormat] = field(default_factory=linked_formats)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def write(
        self,
        name: str,
        incidents: Sequence[str],
        as_of: str | None,
        reading: tuple[str | None, str | None],
        collections: frozenset[str] | None,
    ) -> WrittenExport:
        """Write incidents, or all, at a `reading` (reported_until, policy), for who sees these collections.

        Raises Unanswerable, UnknownName, DatabaseUnreachable and psycopg.Error.
        """
        until, policy = reading
        asked = ExportRequest(as_of, until, policy, only=incidents, collections=collections)
        async with self._one_at_a_time:
            return await beside_the_loop(_written, self.url, EXPORTERS[name], asked)


def _written(url: str, exporter: Exporter, asked: ExportRequest) -> WrittenExport:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    try:
        with open_export(url, asked) as export:
            exporter.write(export, file)
    except Unwritable as problem:
        return WrittenExport(file, {}, (), str(problem))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    gaps = [{**gap._asdict(), "count": times} for gap, times in sorted(export.gaps.items())]
    return WrittenExport(file, _coordinates(export), gaps)


def _coordinates(export: Export) -> dict[str, str | int | bool | None]:
    until = export.reading.reported_until
    return {
        "log": str(export.log),
        "position": export.position,
        "reported_until": format_instant(until) if until else None,
        "policy": export.reading.policy.id,
    }
