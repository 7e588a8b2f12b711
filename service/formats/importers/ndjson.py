"""Knownwhen's own lines, as `POST /v1/reports:batch` takes them: one JSON object a line.

A file that is no text in its encoding is refused whole. Standard input and pipes are taken as they come: there, a line
that is not UTF-8 is told, and left out.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import orjson

from service.formats.files.text_files import expect_text, utf_8
from service.formats.importer import STDIN, Bad, Importer, Line, Source, Unreadable, Where, opened
from service.runtime.json_members import names_are_unique

MOST_BYTES: Final = 64 * 1024
"""How long a line may be."""
_TELL_EVERY: Final = 256 * 1024


class _Refused(ValueError):
    """A line that cannot be read; the sentence says why."""


def _read(source: Source) -> Iterator[Line | Bad]:
    for path in source.paths:
        if not _comes_once(path):
            expect_text(path, source.layout)
    for path in source.paths:
        with opened(path) if _comes_once(path) else utf_8(path, source.layout) as file:
            yield from _lines(str(path), file, source)


def _comes_once(path: Path) -> bool:
    """Say whether a file can be read but once, as standard input and pipes."""
    return path == STDIN or (path.exists() and not path.is_file())


def _lines(name: str, file: BinaryIO, source: Source) -> Iterator[Line | Bad]:
    untold = 0
    for number, raw in enumerate(_pieces(file), start=1):
        untold += len(raw)
        if untold >= _TELL_EVERY:
            source.advance(untold)
            untold = 0
        where = Where(name, number)
        if len(raw) > MOST_BYTES:
            yield Bad(where, f"The line has more than {MOST_BYTES:,} bytes.")
        elif text := raw.strip():
            try:
                yield Line(where, _document(text))
            except _Refused as problem:
                yield Bad(where, str(problem))
    source.advance(untold)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a file; of one that is too long only the beginning, and no more is ever held."""
    while raw := file.readline(MOST_BYTES + 2):
        if not raw.endswith(b"\n") and len(raw) > MOST_BYTES:
            while (rest := file.readline(MOST_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield raw
        else:
            yield raw.rstrip(b"\r\n")


def _document(raw: bytes) -> dict[str, Any]:
    """Read one line strictly. Values are left to whoever checks what the line says."""
    try:
        document: object = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        message = f"It is not JSON in UTF-8: {error.msg}, at column {error.colno}."
        raise _Refused(message) from None
    if not isinstance(document, dict):
        message = "A line must be one JSON object."
        raise _Refused(message)
    found = cast("dict[str, Any]", document)
    if not names_are_unique(raw, found):  # a name comes twice, or a string looks like one
        _refuse_twins(raw)
    return found


def _refuse_twins(raw: bytes) -> None:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            message = f"“{twice[:100]}” is given twice; give it once."
            raise _Refused(message)
        return found

    json.loads(raw, object_pairs_hook=once)


def _steps(source: Source) -> int:
    """Count the bytes of the files; what comes in on standard input, nobody can tell."""
    try:
        return sum(path.stat().st_size for path in source.paths if path != STDIN)
    except OSError as problem:
        message = f"{problem.filename} cannot be read: {problem.strerror}."
        raise Unreadable(message) from problem


IMPORTER = Importer(
    name="ndjson",
    summary="Knownwhen's own lines: reports with their incidents, and all else that can be asked of a log.",
    files="files of lines; - is standard input",
    read=_read,
    steps=_steps,
)
