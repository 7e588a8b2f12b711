"""`new_name`: one row an incident, with the number of its reports."""

from collections.abc import Iterable

from domain.summary.incident_projection import IncidentProjection
from domain.summary.summary import SummaryChanges
from service.projections.read_model import AT_A_POSITION, ReadModel, RowChange


def _rows(present: IncidentProjection, _moved: SummaryChanges) -> Iterable[RowChange]:
    if present.opened is not None:
        own, key = present.history.own, (present.history.stream,)
        yield key, (*key, own.slug, len(own.reports))


READ_MODEL: ReadModel[IncidentProjection] = ReadModel(
    name="new_name",
    version=1,
    meaning="One row an incident, with the number of its reports.",
    subject="incident",
    key={"incident": "uuid"},
    cells={"slug": "text", "reports": "integer"},
    rows=_rows,
    indexes=(AT_A_POSITION,),
)
