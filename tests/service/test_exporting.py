"""All incidents as of a position, folded in bulk: each as it answers by itself, and none that lists leave out."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import pytest

from domain import catalogue
from domain.facts.encoding import encode
from domain.facts.streams import incident_stream
from domain.facts.union import IncidentOpened
from domain.incident.commands import AdoptPolicy, FileReport, MergeIncident, MoveReport, OpenIncident
from domain.incident.dispatch import AnyCommand
from domain.ledger.canonical import canonical
from domain.values.sources import Registration
from service import wiring
from service.answers import bulk_inputs
from service.answers.answer import AnswerRequest, MergedAway, NoSuchIncident, NotYetKnown, answer
from service.answers.as_of import MomentUnreadable, PastTheEnd
from service.eventstore import StoredFact
from service.eventstore.writer import WriteRequest
from service.formats.export import incidents
from service.formats.export.incidents import ExportRequest
from service.formats.exporter import Unwritable
from tests.domain.given import file_command
from tests.service.logs import recording

MOVED = "00000000-0000-4000-8000-0000000000aa"
BEFORE = "2025-03-10T00:00:00Z"
pytestmark = pytest.mark.one_server_will_do

Log = tuple[str, list[int]]


def toll(words: str, source: str, said: str, report_id: str | None = None) -> FileReport:
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": words}}
    body = {"kind": "toll_revised", "source": source, "reported_at": said, "claims": [claim], "text": {"summary": "S"}}
    return file_command({"report_id": report_id or str(uuid4()), "report": body})


def opened(slug: str) -> OpenIncident:
    return OpenIncident(slug=slug, title=slug.title())


WRITTEN: tuple[tuple[AnyCommand, str | None], ...] = (
    (opened("north-b"), None),
    (toll("3", "monitor", "2025-03-08"), "north-b"),
    (opened("south"), None),
    (toll("at least 5", "agency", "2025-03-09", MOVED), "south"),
    (toll("10", "monitor", "2025-03-12"), "south"),
    (opened("north-a"), None),
    (opened("zu-ahl"), None),
    (toll("7", "monitor", "2025-03-20"), "zu-ahl"),
    (Registration(slug="monitor", name="The monitor", type="monitor", reliability="B"), None),
    (MergeIncident(into="zu-ahl"), "north-b"),
    (MoveReport.model_validate({"report_id": MOVED, "to": "north-a"}), None),
    (AdoptPolicy(policy="conservative/1"), None),
)
UNMERGED, MERGED = 8, 9
"""Which of them came last before the merge, and which is the merge."""


@pytest.fixture(scope="module")
def log(migrated_template: str, create_database: Callable[[str], str]) -> Log:
    """Return the address of a log in which incidents were merged and reports moved, and the position after each."""
    url = create_database(migrated_template)

    async def write() -> list[int]:
        positions: list[int] = []
        async with wiring.services(url) as house:
            for command, slug in WRITTEN:
                fact_id = command.report_id if isinstance(command, FileReport) else uuid4()
                stream = incident_stream(slug) if slug else None
                done = await house.writer.write(WriteRequest(command, fact_id, bytes(32), stream))
                positions.append(done.position or 0)
        return positions

    return url, asyncio.run(write())


def slugs(url: str, asked: ExportRequest) -> list[str]:
    with incidents.open_export(url, asked) as export:
        return [each.slug for each in export.incidents()]


def folded(url: str, asked: ExportRequest) -> dict[str, dict[str, bytes]]:
    """Return the bytes of every view of every incident of an export."""
    with incidents.open_export(url, asked) as export:
        return {
            each.slug: {
                name: canonical(view.finish(each.history, export.reading)) for name, view in catalogue.VIEWS.items()
            }
            for each in export.incidents()
        }


def answered(url: str, asked: ExportRequest, slug: str, view: str) -> bytes:
    async def ask() -> bytes:
        async with wiring.services(url) as house:
            return (await answer(house.reader, AnswerRequest(slug, view, asked.as_of, asked.reported_until))).data

    return asyncio.run(ask())


def test_each_incident_of_an_export_is_what_it_answers_by_itself(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    url, positions = log
    monkeypatch.setattr(incidents, "MOST_FACTS", 3)  # so that there are several pieces
    monkeypatch.setattr(bulk_inputs, "MOST_SHARED", 1)  # and what they share is read again
    for asked in (
        ExportRequest(),
        ExportRequest(as_of=f"@{positions[UNMERGED]}"),
        ExportRequest(reported_until=BEFORE),
    ):
        for slug, documents in folded(url, asked).items():
            for view, data in documents.items():
                assert data == answered(url, asked, slug, view), (asked, slug, view)


def test_an_export_has_what_lists_have_by_slug(log: Log) -> None:
    url, positions = log
    assert slugs(url, ExportRequest()) == ["north-a", "south", "zu-ahl"]
    assert slugs(url, ExportRequest(as_of=f"@{positions[UNMERGED]}")) == ["north-a", "north-b", "south", "zu-ahl"]
    assert slugs(url, ExportRequest(as_of=f"@{positions[2]}")) == ["north-b", "south"]
    assert slugs(url, ExportRequest(prefix="north-")) == ["north-a"]
    assert slugs(url, ExportRequest(prefix="north-", joined=True)) == ["north-a", "south", "zu-ahl"]
    assert slugs(url, ExportRequest(as_of="2020-01-01T00:00:00Z")) == []


def test_of_what_nothing_had_been_said_by_then_nothing_is_exported(log: Log) -> None:
    url, positions = log
    unmoved = f"@{positions[MERGED]}"
    assert slugs(url, ExportRequest(reported_until=BEFORE, as_of=unmoved)) == ["south", "zu-ahl"]
    assert slugs(url, ExportRequest(reported_until="2025-03-08T12:00:00Z")) == []
    assert slugs(url, ExportRequest(reported_until="2025-03-08T12:00:00Z", only=("south",))) == ["south"]


def test_who_names_an_incident_is_told_why_it_cannot_be_exported(log: Log) -> None:
    url, positions = log
    assert slugs(url, ExportRequest(only=("south", str(incident_stream("north-a"))))) == ["north-a", "south"]
    for wrong, name, as_of in (
        (NoSuchIncident, "nowhere", None),
        (NoSuchIncident, "monitor", None),
        (NotYetKnown, "south", f"@{positions[0]}"),
        (MergedAway, "north-b", None),
    ):
        with pytest.raises(wrong):
            slugs(url, ExportRequest(only=(name,), as_of=as_of))


def test_the_moments_and_the_policy_are_settled_before_anything_is_read(log: Log) -> None:
    url, positions = log
    with incidents.open_export(url, ExportRequest()) as export:
        assert (export.position, export.reading.policy.id) == (positions[-1], "conservative/1")
    with incidents.open_export(url, ExportRequest(as_of=f"@{positions[-2]}")) as export:
        assert (export.position, export.reading.policy.id) == (positions[-2], catalogue.DEFAULT_POLICY)
    with incidents.open_export(url, ExportRequest(policy="latest/1", view="state/1")) as export:
        assert (export.reading.policy.id, export.view) == ("latest/1", "state/1")
    for wrong, asked in (
        (MomentUnreadable, ExportRequest(reported_until="yesterday")),
        (PastTheEnd, ExportRequest(as_of="@9999")),
        (catalogue.UnknownName, ExportRequest(policy="fair/1")),
        (catalogue.UnknownName, ExportRequest(view="states/1")),
    ):
        with pytest.raises(wrong), incidents.open_export(url, asked):
            pass


def test_facts_come_whole_up_to_the_position_and_both_tell_how_far_they_are(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, positions = log
    monkeypatch.setattr(incidents, "MOST_ROWS", 3)
    told: list[tuple[int, int]] = []
    with incidents.open_export(url, ExportRequest(as_of=f"@{positions[4]}"), lambda *each: told.append(each)) as export:
        rows = list(export.facts())
        assert [each.position for each in rows] == list(range(1, positions[4] + 1))
        assert all(each.state_salt for each in rows)
        assert (told[0], told[-1]) == ((0, positions[4]), (positions[4], positions[4]))
        told.clear()
        both = zip(export.incidents(), export.incidents(), strict=True)
        assert [(one.slug, other.slug) for one, other in both] == [("north-b", "north-b"), ("south", "south")]
        assert (told[0], told[-1]) == ((0, 2), (2, 2))


def test_a_fact_that_this_release_cannot_read_is_never_passed_over(database_url: str) -> None:
    fact = IncidentOpened(slug="here", title="Here")
    stream, parts = incident_stream("here"), encode(fact)
    with recording(database_url) as opened_log, opened_log.appending() as tail:
        tail.append(
            [
                StoredFact(stream, 1, parts.topic, parts.state, fact_id=uuid4()),
                StoredFact(stream, 2, "toll_revised.v1", b'{"later": true}', fact_id=uuid4()),
            ]
        )
    with pytest.raises(Unwritable, match=r"position 2 \(toll_revised.v1\) cannot be read by this release"):
        slugs(database_url, ExportRequest())
    assert slugs(database_url, ExportRequest(as_of="@1")) == ["here"]


def test_the_free_text_of_reports_comes_along(log: Log) -> None:
    url, _ = log
    with incidents.open_export(url, ExportRequest(only=("south",))) as export:
        (history,) = [each.history for each in export.incidents()]
        texts = [report.current.report.text for report in history.reports.values()]
    assert [text and text.summary for text in texts] == ["S"]
