"""`ndjson`: Knownwhen's own lines, as `POST /v1/reports:batch` takes them: one JSON object a line.

A file that is no text in its encoding is refused whole. Standard input and pipes are read once: there, a line that
is not UTF-8 is a fault of its own.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import orjson

from service.formats.files.text_files import expect_text, open_as_utf_8
from service.formats.importer import (
    STDIN,
    BatchLine,
    Importer,
    ImportFault,
    ImportSource,
    Location,
    UnreadableSource,
    open_lines,
)
from service.runtime.json_members import names_are_unique

MOST_BYTES: Final = 64 * 1024
"""Most bytes of a line."""
_REPORT_EVERY: Final = 256 * 1024


class _InvalidLine(ValueError):
    """An invalid line; the message says why."""


def _read(source: ImportSource) -> Iterator[BatchLine | ImportFault]:
    for path in source.paths:
        if not _is_stream(path):
            expect_text(path, source.layout)
    for path in source.paths:
        with open_lines(path) if _is_stream(path) else open_as_utf_8(path, source.layout) as file:
            yield from _lines(str(path), file, source)


def _is_stream(path: Path) -> bool:
    """Say whether a file can be read only once, like standard input and pipes."""
    return path == STDIN or (path.exists() and not path.is_file())


def _lines(name: str, file: BinaryIO, source: ImportSource) -> Iterator[BatchLine | ImportFault]:
    unreported = 0
    for number, raw in enumerate(_bounded_lines(file), start=1):
        unreported += len(raw)
        if unreported >= _REPORT_EVERY:
            source.advance(unreported)
            unreported = 0
        where = Location(name, number)
        if len(raw) > MOST_BYTES:
            yield ImportFault(where, f"The line has more than {MOST_BYTES:,} bytes.")
        elif text := raw.strip():
            try:
                yield BatchLine(where, _document(text))
            except _InvalidLine as problem:
                yield ImportFault(where, str(problem))
    source.advance(unreported)


def _bounded_lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file, a too long one truncated, so that memory is bounded."""
    while raw := file.readline(MOST_BYTES + 2):
        if not raw.endswith(b"\n") and len(raw) > MOST_BYTES:
            while (rest := file.readline(MOST_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield raw
        else:
            yield raw.rstrip(b"\r\n")


def _document(raw: bytes) -> dict[str, Any]:
    """Parse one line strictly; its values are validated later."""
    try:
        document: object = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        message = f"It is not JSON in UTF-8: {error.msg}, at column {error.colno}."
        raise _InvalidLine(message) from None
    if not isinstance(document, dict):
        message = "A line must be one JSON object."
        raise _InvalidLine(message)
    found = cast("dict[str, Any]", document)
    if not names_are_unique(raw, found):  # a name is repeated, or an escape leaves it open
        _refuse_repeated_names(raw)
    return found


def _refuse_repeated_names(raw: bytes) -> None:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            message = f"“{twice[:100]}” is given twice; give it once."
            raise _InvalidLine(message)
        return found

    json.loads(raw, object_pairs_hook=once)


def _steps(source: ImportSource) -> int:
    """Return the size of the files in bytes; standard input counts 0."""
    try:
        return sum(path.stat().st_size for path in source.paths if path != STDIN)
    except OSError as problem:
        message = f"{problem.filename} cannot be read: {problem.strerror}."
        raise UnreadableSource(message) from problem


IMPORTER = Importer(
    name="ndjson",
    summary="Knownwhen's own lines: reports with their incidents, and all else that can be asked of a log.",
    files="files of lines; - is standard input",
    read=_read,
    steps=_steps,
)
