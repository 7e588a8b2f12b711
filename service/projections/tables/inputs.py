"""`inputs`: which streams an incident's answers depend on: whom a regrade or a merge reaches."""

from collections.abc import Iterable

from domain.summary.incident_projection import Present
from domain.summary.summary import Moved
from service.projections.read_model import ReadModel, RowChange, RowKey


def _rows(present: Present, moved: Moved) -> Iterable[RowChange]:
    for stream in moved.inputs:
        key: RowKey = (present.history.stream, stream)
        yield key, key


READ_MODEL: ReadModel[Present] = ReadModel(
    name="inputs",
    version=1,
    meaning="One row for each stream that an incident depends on, besides its own and the policy's.",
    subject="incident",
    key={"incident": "uuid", "stream": "uuid"},
    cells={},
    rows=_rows,
    indexes=("(stream)",),
)
