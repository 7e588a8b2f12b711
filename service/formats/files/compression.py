"""File types by magic number: decompresses gzip and zip, recognises workbooks, and refuses other types by name."""

import gzip
import io
import zipfile
from pathlib import PurePosixPath
from typing import Final, cast

_ZIP: Final = b"PK\x03\x04"
_GZIP: Final = b"\x1f\x8b"
_HEAD: Final = 512
_TABLES: Final = frozenset({".csv", ".tsv", ".json", ".geojson", ".jsonl", ".ndjson", ".xlsx"})
_AS_CSV: Final = "save it as CSV in UTF-8, and import that."
_UNPACK: Final = "unpack it, and import the file in it."
_FOREIGN: Final = (
    (
        b"\xd0\xcf\x11\xe0",
        "an Excel file of the old kind (.xls), or one with a password: save it as .xlsx without one.",
    ),
    (b"PAR1", f"Parquet: {_AS_CSV}"),
    (b"ARROW1", f"Arrow: {_AS_CSV}"),
    (b"SQLite format 3\0", f"a SQLite database: {_AS_CSV}"),
    (b"%PDF", "a PDF: tables in it are pictures of text; ask for the data as CSV."),
    (b"PK\x05\x06", "a zip file with no file in it."),
    (b"BZh", f"packed by bzip2: {_UNPACK}"),
    (b"\xfd7zXZ\0", f"packed by xz: {_UNPACK}"),
    (b"(\xb5/\xfd", f"packed by Zstandard: {_UNPACK}"),
    (b"7z\xbc\xaf", f"packed by 7-Zip: {_UNPACK}"),
    (b"Rar!", f"packed by RAR: {_UNPACK}"),
    (b"{\\rtf", f"a document in RTF: {_AS_CSV}"),
)
_WEB_PAGE: Final = (b"<!doctype", b"<html")
_IN_A_ZIP: Final = (
    ("xl/workbook.bin", "a binary Excel file (.xlsb): save it as .xlsx."),
    ("word/document.xml", f"a Word document: {_AS_CSV}"),
    ("ppt/presentation.xml", f"a PowerPoint file: {_AS_CSV}"),
    ("content.xml", "an OpenDocument file: save it as .xlsx or as CSV in UTF-8."),
)
_WORKBOOK: Final = "xl/workbook.xml"
_UNSEEN: Final = ("__MACOSX/", ".")


class UnsupportedFile(ValueError):
    """A file of a type that cannot be imported; the message names the type, and what to do."""


def decompressed(raw: io.BufferedReader) -> io.BufferedReader:
    """Return the content of a gzip or zip file, or the file itself. Raises UnsupportedFile, and what reading raises.

    A zip file must contain one file, or one with the suffix of a table.
    """
    head = raw.peek(_HEAD)[:_HEAD]
    if head.startswith(_GZIP):
        return io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=raw)))
    if head.startswith(_ZIP) and not is_workbook(raw):
        return io.BufferedReader(cast("io.RawIOBase", _single_member(raw)))
    return raw


def refuse_unsupported(content: io.BufferedReader) -> None:
    """Raise UnsupportedFile for a file that is no text by its magic number."""
    head = content.peek(_HEAD)[:_HEAD]
    for mark, what in _FOREIGN:
        if head.startswith(mark):
            raise UnsupportedFile(f"it is {what}")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGE):
        raise UnsupportedFile("it is a web page, such as one that asks you to log in: download the file itself.")
    if head.startswith(_ZIP):
        if is_workbook(content):
            raise UnsupportedFile("it is an Excel workbook: it is read as csv, acled or ucdp.")
        raise UnsupportedFile(f"it is a zip file: {_UNPACK}")


def is_workbook(content: io.BufferedReader) -> bool:
    """Say whether a file is an Excel workbook (.xlsx). Raises UnsupportedFile for other office files."""
    if not content.peek(len(_ZIP)).startswith(_ZIP) or not content.seekable():
        return False
    names = _member_names(content)
    for name, what in _IN_A_ZIP:
        if name in names:
            raise UnsupportedFile(f"it is {what}")
    return _WORKBOOK in names


def _member_names(content: io.BufferedReader) -> list[str]:
    at = content.tell()
    try:
        with zipfile.ZipFile(content) as archive:
            return archive.namelist()
    except zipfile.BadZipFile as problem:
        raise UnsupportedFile(
            f"it is a zip or Excel file that is cut off or damaged ({problem}): get it again."
        ) from problem
    finally:
        content.seek(at)


def _single_member(raw: io.BufferedReader) -> zipfile.ZipExtFile:
    archive = zipfile.ZipFile(raw)
    files = [each for each in archive.infolist() if not each.is_dir() and not _is_unseen(each.filename)]
    tables = [each for each in files if PurePosixPath(each.filename).suffix.lower() in _TABLES]
    found = tables or files
    if len(found) != 1:
        names = ", ".join(each.filename for each in found[:5]) + (" …" if len(found) > len(found[:5]) else "")
        what = f"{len(found)} files ({names}): unpack it, and name the one that you mean" if found else "no file"
        raise UnsupportedFile(f"it is a zip file with {what}.")
    if found[0].flag_bits & 1:
        raise UnsupportedFile(f"it is a zip file with a password: {_UNPACK}")
    return cast("zipfile.ZipExtFile", archive.open(found[0]))


def _is_unseen(name: str) -> bool:
    return name.startswith(_UNSEEN[0]) or PurePosixPath(name).name.startswith(_UNSEEN[1])
