"""`new_name`: one row an incident, with the number of its reports."""

from collections.abc import Iterable

from domain.summary.incident_projection import IncidentProjection
from service.projections.read_model import AT_A_POSITION, ReadModel, RowValues


def _rows(projection: IncidentProjection) -> Iterable[RowValues]:
    if projection.opened is not None:
        own = projection.history.own
        yield projection.history.stream, own.slug, len(own.reports)


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
