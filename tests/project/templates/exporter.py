"""`new_name`: lines of text, `INCIDENT TAB TITLE`, one an incident."""

from typing import BinaryIO

from domain.summary.incident_projection import summarize
from service.formats.exporter import Export, Exporter


def _write(export: Export, out: BinaryIO) -> None:
    for folded in export.incidents():
        title = summarize(folded.history, export.reading).title
        out.write(f"{folded.slug}\t{title}\n".encode())


EXPORTER = Exporter(
    name="new_name",
    summary="A line for each incident: its slug and its title, with a tab between them",
    suffix=".txt",
    write=_write,
)
