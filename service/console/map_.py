"""`knownwhen map`: a mapping file is proposed from a file, with what its rows become and what was unsure."""

import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

from service.console.command import EXIT_OK, CannotRun, say
from service.console.terminal import shown
from service.formats.files.compression import UnsupportedFile
from service.formats.files.encodings import UndecodableText
from service.formats.files.text_files import read_bytes
from service.formats.importer import UnreadableSource
from service.formats.tables.detect import detect_table
from service.formats.tables.parsed_table import NotATable
from service.formats.tables.proposal_text import mapping_toml, preview_lines
from service.formats.tables.propose import Proposal, propose_mapping
from service.settings import Settings

_UNFIT = (
    UnsupportedFile,
    UndecodableText,
    NotATable,
    UnreadableSource,
    EOFError,
    zlib.error,
    BadZipFile,
    NotImplementedError,
    OSError,
)
STDOUT = Path("-")


@dataclass(frozen=True, slots=True)
class MapOptions:
    """The arguments and options: the table's file, its format and sheet, and where the mapping file goes."""

    file: Path
    written: Literal["csv", "json"] | None = None
    sheet: str | None = None
    output: Path = STDOUT


def map_(_: Settings, options: MapOptions) -> int:
    """Write a mapping file for a file, and say what its rows become and what to look at. Raises CannotRun.

    A file that is there is not written over.
    """
    try:
        data = read_bytes(options.file)
        proposal = propose_mapping(detect_table(data, options.written, options.sheet), options.file.name)
        rows = list(preview_lines(proposal.table, data, str(options.file)))
    except _UNFIT as problem:
        raise CannotRun(f"{options.file}: no mapping file can be proposed: {problem}") from problem
    _write(options, mapping_toml(proposal.fields, _remarks(options, proposal)))
    for line in rows:
        say(shown(line))
    say("Unsure; look at:")
    for sentence in proposal.unsure:
        say(shown(f"  - {sentence}"))
    return EXIT_OK


def _remarks(options: MapOptions, proposal: Proposal) -> list[str]:
    first = f"Proposed by `knownwhen map {options.file.name}`; docs/formats.md says what else it may say. Look at:"
    return [first, *(f"  {sentence}" for sentence in proposal.unsure)]


def _write(options: MapOptions, text: str) -> None:
    if options.output == STDOUT:
        sys.stdout.write(text)
        return
    try:
        with options.output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as problem:
        raise CannotRun(f"{options.output} is there already; name another file by -o.") from problem
    except OSError as problem:
        raise CannotRun(f"{options.output} cannot be written: {problem.strerror}.") from problem
