"""`timelinejs`: dated reports as the slides of a timeline, in the JSON that TimelineJS 3 reads."""

import re
from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import BinaryIO, Final

import orjson

from domain.history.history import ReportHistory
from domain.values.counts.count import words_for
from domain.values.time.clocks import format_instant
from service.formats.export.incident_at_reading import OPEN_ENDS, IncidentAtReading
from service.formats.exporter import Export, Exporter

# https://timeline.knightlab.com/docs/json-format.html
Slide = dict[str, object]

_DATE: Final = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?[?~%]?")
_PARTS: Final = ("year", "month", "day")
_UNDATED: Final = "with a report of which nobody said when it began; a timeline has no place for it"


def _write(export: Export, out: BinaryIO) -> None:
    out.write(b'{"title":%b,"events":[' % orjson.dumps(_title(export)))
    separator = b"\n"
    for folded in export.incidents():
        for slide in _slides(export, IncidentAtReading(folded.history, export.reading)):
            out.write(separator + orjson.dumps(slide))
            separator = b",\n"
    out.write(b"\n]}\n")


def _title(export: Export) -> Slide:
    until = export.reading.reported_until
    said = f"What sources had said by {format_instant(until)}, " if until else ""
    return {"text": {"headline": "Knownwhen", "text": f"{said}as of position {export.position} of the log."}}


def _slides(export: Export, incident: IncidentAtReading) -> Iterator[Slide]:
    """Yield a slide for each report that says when what it tells began."""
    undated = False
    for report in incident.reports:
        dates = _dates(incident, report)
        undated = undated or not dates
        if dates:
            yield {
                **dates,
                "unique_id": report.ref,
                "group": incident.summary.title,
                "text": {"headline": escape(_headline(report)), "text": _paragraphs(incident, report)},
            }
    if undated:
        export.count_gap("incident", _UNDATED)


def _dates(incident: IncidentAtReading, report: ReportHistory) -> Slide:
    """Return the dates of a slide, never more exact than they were said; empty where the beginning was not."""
    text, said = report.current.report.occurred, incident.when_said(report)
    if text is None or said.first is None:
        return {}
    first, last = (text.split("/") * 2)[:2]
    began, ended = _date(first, said.first), _date(last, said.last)
    end = {"end_date": ended} if ended and "/" in text else {}
    return {"start_date": began, **end, "display_date": escape(text)} if began else {}


def _date(text: str, moment: datetime | None) -> dict[str, int] | None:
    """Return a date with the parts that were said; one with a time of day in the clock of its incident."""
    if moment is None or text in OPEN_ENDS:
        return None
    if said := _DATE.fullmatch(text):
        return {name: int(part) for name, part in zip(_PARTS, said.groups(), strict=True) if part}
    if "T" not in text:
        return None
    names = (*_PARTS, "hour", "minute")
    return {name: getattr(moment, name) for name in names}


def _headline(report: ReportHistory) -> str:
    content = report.current.report
    places = ", ".join(place.name for place in content.places if place.name)
    return content.kind.replace("_", " ").capitalize() + (f": {places}" if places else "")


def _paragraphs(incident: IncidentAtReading, report: ReportHistory) -> str:
    """Return the text of a slide as HTML: the summary, and each figure in the words of its source."""
    content, source = report.current.report, incident.history.source_name(report.current.origin)
    figures = [
        f"{claim.measure.replace('_', ' ')}: “{claim.count.verbatim or words_for(claim.count)}”"
        for claim in content.claims
    ]
    summary = content.text.summary if content.text else None
    paragraphs = [*filter(None, (summary,)), *figures, f"{source}, {content.reported_at}"]
    return "".join(f"<p>{escape(each)}</p>" for each in paragraphs)


EXPORTER = Exporter(
    name="timelinejs",
    summary="Dated reports as the slides of a timeline, in the JSON that TimelineJS reads",
    suffix=".json",
    write=_write,
    media_type="application/json",
)
