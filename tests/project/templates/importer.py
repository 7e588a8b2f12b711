"""`new_name`: lines of text, `INCIDENT TAB TITLE`, each an observation."""

from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

from service.formats.files.text_files import expect_text, open_as_utf_8
from service.formats.importer import BatchLine, Importer, ImportFault, ImportSource, Location, UnreadableSource


def _read(source: ImportSource) -> Iterator[BatchLine | ImportFault]:
    for path in source.paths:
        expect_text(path, source.layout)
    for path in source.paths:
        with open_as_utf_8(path, source.layout) as file:
            for number, raw in enumerate(file, start=1):
                source.advance(len(raw))
                yield _line(Location(str(path), number), raw.decode().rstrip("\r\n"), source)


def _line(where: Location, text: str, source: ImportSource) -> BatchLine | ImportFault:
    incident, tab, title = text.partition("\t")
    if not (incident and tab and title):
        return ImportFault(where, "The line is not an incident and a title with a tab between them.")
    body = {"kind": "observation_noted", "title": title, "source": "new-name"}
    said = {"reported_at": source.reported_at} if source.reported_at else {}
    report_id = str(uuid5(NAMESPACE_URL, f"knownwhen:new_name:{text}"))
    return BatchLine(where, {"incident": incident, "report_id": report_id, **body, **said})


def _steps(source: ImportSource) -> int:
    """Count the bytes of the files."""
    try:
        return sum(path.stat().st_size for path in source.paths)
    except OSError as problem:
        message = f"{problem.filename} cannot be read: {problem.strerror}."
        raise UnreadableSource(message) from problem


IMPORTER = Importer(
    name="new_name",
    summary="lines of an incident and a title, with a tab between them",
    files="files of lines",
    read=_read,
    steps=_steps,
)
