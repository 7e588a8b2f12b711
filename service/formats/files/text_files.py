"""Text files: decompressed, decoded strictly in their encoding, and hashed."""

import hashlib
import io
import zlib
from codecs import BOM_UTF8
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from zipfile import BadZipFile

from service.formats.files import compression
from service.formats.files.compression import UnsupportedFile, is_workbook, refuse_unsupported
from service.formats.files.encodings import LONGEST_MARK, UTF_8, UndecodableText, decode_in_pieces, encoding_by_mark
from service.formats.importer import ImportSource, Layout, UnreadableSource

_AS_UTF_8: Final = frozenset({UTF_8, "utf-8-sig"})
BROKEN: Final = (OSError, EOFError, zlib.error, BadZipFile, NotImplementedError)
"""What opening and decompressing a file may raise."""


def file_size(path: Path) -> int:
    """Return the size of a file in bytes. Raises UnreadableSource."""
    try:
        return path.stat().st_size
    except OSError as problem:
        raise unreadable(path, problem) from problem


def total_bytes(source: ImportSource) -> int:
    """Return the size of all files in bytes. Raises UnreadableSource."""
    return sum(map(file_size, source.paths))


@contextmanager
def open_text(path: Path, layout: Layout) -> Generator[tuple[BinaryIO, io.TextIOWrapper]]:
    """Open a text file: its raw bytes, and its text with line breaks unchanged.

    Raises UnreadableSource, also while it is read, if that fails or the text is invalid in its encoding.
    """
    try:
        with open_decompressed(path) as (raw, content):
            refuse_unsupported(content)
            head = content.peek(LONGEST_MARK)[:LONGEST_MARK]
            with io.TextIOWrapper(content, encoding_by_mark(head, layout.encoding), newline="") as text:
                yield raw, text
    except UnicodeError as problem:
        expect_text(path, layout)  # raises with the position
        raise _not_read(path, f"it is no text in {layout.encoding or 'UTF-8'}: {problem}.") from problem
    except UndecodableText as problem:
        raise _not_read(path, str(problem)) from problem


@contextmanager
def open_as_utf_8(path: Path, layout: Layout) -> Generator[BinaryIO]:
    """Open a text file as UTF-8 bytes without a byte order mark. Raises UnreadableSource."""
    with open_text(path, layout) as (_, text):
        if text.encoding not in _AS_UTF_8:
            yield io.BufferedReader(_Utf8Stream(text))
            return
        if text.encoding != UTF_8:
            text.buffer.read(len(BOM_UTF8))
        yield cast("BinaryIO", text.buffer)


class _Utf8Stream(io.RawIOBase):
    """UTF-8 bytes of a text stream."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - whatever has bytes
        self._rest = self._rest or self._text.read(io.DEFAULT_BUFFER_SIZE).encode()
        view = memoryview(buffer).cast("B")
        part, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(part)] = part
        return len(part)


@contextmanager
def open_decompressed(path: Path) -> Generator[tuple[BinaryIO, io.BufferedReader]]:
    """Open a file: its raw bytes, and their decompressed content. Raises UnreadableSource."""
    try:
        with path.open("rb") as raw:
            yield raw, compression.decompressed(raw)
    except UnsupportedFile as problem:
        raise _not_read(path, str(problem)) from problem
    except BROKEN as problem:
        raise unreadable(path, problem) from problem


def read_bytes(path: Path) -> bytes:
    """Return the raw bytes of a file. Raises UnreadableSource."""
    try:
        return path.read_bytes()
    except OSError as problem:
        raise unreadable(path, problem) from problem


def text_digest(path: Path, layout: Layout) -> str:
    """Return the SHA-256 of a file's decompressed text in UTF-8; of a workbook's bytes. Raises UnreadableSource."""
    digest = hashlib.sha256()
    with open_decompressed(path) as (_, content):
        if is_workbook(content):
            return hashlib.file_digest(content, "sha256").hexdigest()
    for piece in _pieces(path, layout):
        digest.update(piece.encode())
    return digest.hexdigest()


def expect_text(path: Path, layout: Layout) -> None:
    """Decode a file to its end, except a workbook. Raises UnreadableSource if it is no text in its encoding."""
    with open_decompressed(path) as (_, content):
        if is_workbook(content):
            return
    for _ in _pieces(path, layout):
        pass


def _pieces(path: Path, layout: Layout) -> Iterator[str]:
    try:
        with open_decompressed(path) as (_, content):
            refuse_unsupported(content)
            yield from decode_in_pieces(content, layout.encoding)
    except UndecodableText as problem:
        raise _not_read(path, str(problem)) from problem


def unreadable(path: Path, problem: BaseException) -> UnreadableSource:
    """Return the error of a file that cannot be read."""
    if isinstance(problem, FileNotFoundError):
        return UnreadableSource(f"There is no file {path}.")
    why = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
    return UnreadableSource(f"{path} cannot be read: {why}.")


def _not_read(path: Path, sentence: str) -> UnreadableSource:
    return UnreadableSource(f"{path} cannot be read, and nothing of it is recorded: {sentence}")
