"""`inputs`: which streams an incident's answers depend on: whom a regrade or a merge reaches."""

from collections.abc import Iterable

from domain.summary.incident_projection import IncidentProjection
from domain.summary.summary import SummaryChanges
from service.projections.read_model import Change, Key, ReadModel


def _rows(present: IncidentProjection, moved: SummaryChanges) -> Iterable[Change]:
    for stream in moved.inputs:
        key: Key = (present.history.stream, stream)
        yield key, key


READ_MODEL: ReadModel[IncidentProjection] = ReadModel(
    name="inputs",
    version=1,
    meaning="One row for each stream that an incident depends on, besides its own and the policy's.",
    subject="incident",
    key={"incident": "uuid", "stream": "uuid"},
    cells={},
    rows=_rows,
    indexes=("(stream)",),
)
