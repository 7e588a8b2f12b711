"""`inputs`: the streams that an incident's answers depend on, so that a regrade or a merge reaches it."""

from collections.abc import Iterable

from domain.facts.streams import POLICY_STREAM
from domain.summary.incident_projection import IncidentProjection
from domain.summary.summary import SummaryChanges
from service.projections.read_model import ReadModel, RowChange, RowValues


def _rows(projection: IncidentProjection) -> Iterable[RowValues]:
    own = projection.history.stream
    return ((own, stream) for stream in projection.input_streams.streams if stream not in (own, POLICY_STREAM))


def _changed(projection: IncidentProjection, changes: SummaryChanges) -> Iterable[RowChange]:
    own = projection.history.stream
    return [((own, stream), (own, stream)) for stream in changes.inputs] if changes.inputs else ()


READ_MODEL: ReadModel[IncidentProjection] = ReadModel(
    name="inputs",
    version=1,
    meaning="One row for each stream that an incident depends on, besides its own and the policy's.",
    subject="incident",
    key={"incident": "uuid", "stream": "uuid"},
    cells={},
    rows=_rows,
    changed=_changed,
    indexes=("(stream)",),
)
