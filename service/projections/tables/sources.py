"""`sources`: one row a source: its name, type and grade; its track record is counted from `reports`."""

from collections.abc import Iterable

from domain.incident.source_decisions import Source
from domain.summary.summary import SummaryChanges
from service.projections.read_model import AT_A_POSITION, Change, ReadModel


def _rows(source: Source, _moved: SummaryChanges) -> Iterable[Change]:
    key = (source.origin,)
    held = (source.name, source.type, source.reliability, source.speaks_for, sorted(source.same))
    yield key, (*key, *held)


READ_MODEL: ReadModel[Source] = ReadModel(
    name="sources",
    version=1,
    meaning="One row a source, with its grade.",
    subject="source",
    key={"origin": "text"},
    cells={
        "name": "text",
        "type": "text",
        "reliability": "text",
        "speaks_for": "text",
        "same": "text[]",
    },
    rows=_rows,
    indexes=(AT_A_POSITION,),
)
