"""Tests of exporters: `test_NAME.py`; `as_text` there reads a format that is no text for test_exporters_contract.py."""

import io
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID

from domain.facts.union import IncidentOpened
from domain.incident.commands import OpenIncident
from service.formats import registry
from service.formats.exporter import Export, FoldedIncident
from tests.domain.book import Book
from tests.domain.worlds import reading

SLUG = "north-2025"
FIGURES = (4211, 4377)
"""How many two sources say were killed; neither their sum nor their mean was said by anybody."""


def world() -> Book:
    """Return a book of three incidents: an attack that two sources count, one without reports, and a row of a table."""
    book = Book(SLUG)
    for slug in (SLUG, "quiet", "offices-1"):
        book.do(OpenIncident(slug=slug, title=f"Title of {slug}", countries=["SY"]), slug)
    for source, figure in zip(("agency", "monitor"), FIGURES, strict=True):
        claim = {"id": "1", "measure": "killed", "count": {"verbatim": str(figure)}}
        place = {"name": "Jableh", "country": "SY", "lat": "35.36", "lon": "35.93", "precision": "exact"}
        report = {"kind": "attack_launched", "method": "raid", "event": "attack", "source": source, "places": [place]}
        scoped = [claim, {**claim, "id": "2", "scope": "incident"}]
        book.file({**report, "occurred": "2025-03-07", "reported_at": "2025-03-08", "claims": scoped})
    row = {"kind": "observation_noted", "title": "1", "source": "field", "complete": True, "attributes": {"Code": "1"}}
    book.file({**row, "external_ids": {"offices": "1"}}, slug="offices-1")
    return book


def mapping(folder: Path) -> Path:
    """Write the mapping file of the table in the world."""
    path = folder / "offices.toml"
    path.write_text(
        'table = "offices"\ntitle = "{Code}"\nformat = "json"\nkey = ["Code"]\nsource = "field"\n', encoding="utf-8"
    )
    return path


def export_of(book: Book, map_: Path | None = None) -> Export:
    """Return what an exporter is given of a book: all incidents at its end, of `ndjson` the view `state/1`."""
    slugs = sorted(each.fact.slug for each in book.facts if isinstance(each.fact, IncidentOpened))
    histories = [FoldedIncident(slug, book.history(slug=slug)) for slug in slugs]
    position = len(book.facts)
    return Export(position, reading(None), lambda: iter(histories), lambda: iter(()), map_, "state/1", log=UUID(int=1))


def exported(name: str, export: Export) -> bytes:
    """Write an export in a format."""
    out = io.BytesIO()
    registry.EXPORTERS[name].write(export, out)
    return out.getvalue()


def text_of(name: str, data: bytes) -> str:
    """Return what a file says as text."""
    module = f"tests.service.exporters.test_{name}"
    read: Callable[[bytes], str] = bytes.decode
    if find_spec(module) is not None:
        read = getattr(import_module(module), "as_text", bytes.decode)
    return read(data)
