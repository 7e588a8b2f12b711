"""The shapes of what is sent back, for the documents only."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.values.sources import Reliability


class Sent(BaseModel):
    """A shape of what is sent back; for the documents only."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Notice(Sent):
    """What a recorder should look at again; the report is kept all the same."""

    code: str
    detail: str
    claim: str | None = None


class Recorded(Sent):
    """Where a write stands, now that it is durable."""

    position: int | None
    """The place of the fact in the log; null where a registration changed nothing."""
    recorded_at: str | None
    version: int
    """The version of the incident, or of the source, that it made."""
    incident: str = ""
    report_id: str = ""
    warnings: list[Notice]


class Receipt(Sent):
    """What it takes to ask for a published answer again, and to show that the log is still the same."""

    v: Literal[1]
    log: str
    origin: str
    """The line that names the log in its checkpoints."""
    position: int
    """Of the last fact that the answer depends on."""
    root: str
    """The Merkle root (RFC 6962) of the log up to `position`, base64."""
    incident: str
    view: str
    policy: str
    reported_until: str | None
    inputs: dict[str, int]
    """Every stream that the answer depends on, with its last version."""
    digest: str


class Published(Recorded):
    """Where a publication stands, and its receipt."""

    receipt: Receipt


class PublishedAt(Sent):
    """Where a publication stands in the log."""

    position: int
    recorded_at: str
    version: int
    fact_id: str
    reason: str = ""


class ReceiptFound(Sent):
    """The first publication of a digest."""

    receipt: Receipt
    published: PublishedAt
    again: list[int]
    """The positions of later publications of the same digest."""


class Moment(Sent):
    """Where on the recorded clock an answer stands."""

    log: str
    position: int
    """Of the last fact that the answer depends on."""
    recorded_at: str | None
    """Null at position 0, before the first fact."""
    version: int
    closed: bool
    """Whether the same question can never be answered otherwise."""


class Coordinates(Moment):
    """All that an answer depends on: ask with them again, and get the same bytes."""

    reported_until: str | None
    policy: str
    view: str


class Envelope(Sent):
    """A view's document with its coordinates, and the digest of its RFC 8785 form."""

    data: dict[str, Any]
    text: dict[str, dict[str, Any]]
    """Free text by the commitments in `data`; outside it, so that erasing a text changes no digest."""
    coordinates: Coordinates
    digest: str


class Opening(Sent):
    """When an incident was opened."""

    position: int
    recorded_at: str


class Ends(Sent):
    """From when to when something was, in UTC; null is an end that is open or not known."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, populate_by_name=True)
    first: str | None = Field(alias="from")
    last: str | None = Field(alias="to")


class Counted(Sent):
    """What a figure counts, and the claim that says it."""

    scope: str
    """`incident`, `event`, or a scope that was declared."""
    event: str | None
    """Which event, where the scope is `event`."""
    counted_for: str | None
    """The incident that it was counted for, where that was merged into this one."""
    population: dict[str, Any]
    """`{}` is everyone."""
    manner: str | None
    accumulation: Literal["cumulative", "incremental"]
    """`incremental`: a figure for a period of its own, shown where there is no total of any kind."""
    bound: str
    """How strict the claim is: `exact`, `at_least`, `about`, … ; `worded` has no figure."""
    said: str
    """The words of the claim."""
    source: str
    """The origin that said it."""
    claim: str
    """The claim behind the lower end; where there is none, that behind another end, or the newest in words."""


class Toll(Counted):
    """An estimate by the policy in force, with what it counts. Ends that nobody gave are null."""

    lower: int | None
    best: int | None
    upper: int | None
    upper_open: bool
    contested: bool


class KilledAtLeast(Counted):
    """The greatest number that was said to be dead in an incident, or in one part of it, at the least."""

    figure: int


class TollsBeside(Sent):
    """What was said for scopes of one kind. They are never added up."""

    count: int
    """How many of them have a figure."""
    greatest: Toll
    """By its lower end."""


class IncidentItem(Sent):
    """One incident of the list. What it tells of reports covers those that stand under it, and were not taken back."""

    slug: str
    id: str
    title: str
    status: Literal["open", "closed", "merged"]
    into: str = ""
    """The incident that it is merged into, where it is."""
    countries: list[str]
    period: str | None
    """As it was declared, in EDTF."""
    occurred: Ends | None
    """When its events happened; where none is dated, its declared period. Null where neither is known."""
    kinds: list[str]
    sources: list[str]
    tags: list[str]
    level: int | None
    """The highest level of any of its days (escalation/1); null where it has no day."""
    killed: Toll | None
    """The incident's own toll: of everyone, else the greatest of some people. Without one, the greatest for one of its
    events or for an incident that was merged into it; else for a declared scope; else words. Null: nothing was said."""
    killed_at_least: KilledAtLeast | None
    """What `killed_min` compares and `killed` sorts by: the greatest lower end for the incident, for one of its events
    or for an incident that was merged into it."""
    killed_in_events: TollsBeside | None
    killed_in_merged: TollsBeside | None
    """Tolls of incidents that were merged into this one, as they were counted for these."""
    killed_in_scopes: TollsBeside | None
    """Declared scopes, of which nobody said how they lie to the incident; never compared."""
    opened: Opening
    changed: Opening
    """Since when it is listed as it is here."""
    links: dict[str, str]


class IncidentList(Sent):
    """Incidents that were asked for, in the order asked for."""

    items: list[IncidentItem]
    next: str | None
    """The cursor of the next page; null on the last."""
    position: int
    """The position of the log that the list was read at."""


class Step(Sent):
    """One fact about a report."""

    model_config = ConfigDict(extra="allow")
    fact: Literal["filed", "corrected", "retracted", "reinstated", "assessed", "disputed", "moved", "rescoped"]
    position: int
    recorded_at: str
    version: int


class ReportHistory(Sent):
    """A report as it was filed, and all that became of it."""

    report_id: str
    incident: str
    """Where it is shown."""
    home: str
    """Where it was filed, and where its further facts go."""
    standing: Literal["standing", "corrected", "retracted", "disputed"]
    history: list[Step]
    coordinates: Moment


class SourceStep(Sent):
    """One fact about a source."""

    model_config = ConfigDict(extra="allow")
    fact: Literal["registered", "graded", "same_origin_stated", "same_origin_undone"]
    position: int
    recorded_at: str
    version: int


class TrackRecord(Sent):
    """What a source reported, and what became of it. Sources that are stated to be one origin have one record."""

    reports: int
    incidents: int
    """How many incidents they stand under."""
    corrected: int
    """How many of them read otherwise than they were filed, since *we* got them wrong."""
    retracted: int
    disputed: int
    first_reported: str | None
    last_reported: str | None


class TrackRecordAt(TrackRecord):
    """A track record, and where it was counted."""

    position: int


class Source(Sent):
    """What we hold about a source, and since when."""

    slug: str
    name: str
    type: str
    reliability: Reliability
    speaks_for: str | None
    same: list[str]
    """The sources that it is stated to be one origin with."""
    history: list[SourceStep]
    track_record: TrackRecordAt | None
    """Null while the read models are being built."""
    coordinates: Moment


class Adopted(Sent):
    """One adoption of a policy."""

    policy: str
    position: int
    recorded_at: str
    version: int
    reason: str = ""


class PolicyInForce(Sent):
    """The policy that weighs claims where a reader names none, since when, and what was adopted before."""

    policy: str
    since: Opening | None
    """Null where none was ever adopted, and the default is in force."""
    history: list[Adopted]
    coordinates: Moment


class ReadingMoment(Moment):
    """One end of a difference: a moment on the recorded clock, and one on the reported clock."""

    reported_until: str | None
    policy: str


class Compared(Sent):
    """What was held against what; asked for again, both give the same bytes."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, populate_by_name=True)
    earlier: ReadingMoment = Field(alias="from")
    later: ReadingMoment = Field(alias="to")


class Difference(Sent):
    """What differs between two readings of one incident, and the digest of its RFC 8785 form."""

    data: dict[str, Any]
    coordinates: Compared
    digest: str


class Suggestion(Sent):
    """Reports that may be of one statement or one event; nothing is merged by itself."""

    code: Literal["possible_duplicate", "same_figure", "possible_same_event"]
    reports: list[str]
    events: list[str]
    why: str


class DuplicatesMoment(Moment):
    """Where on both clocks the suggestions stand."""

    reported_until: str | None


class Duplicates(Sent):
    """What somebody should look at: an empty list is no proof that there are none."""

    items: list[Suggestion]
    coordinates: DuplicatesMoment


class FieldAtFault(Sent):
    """What is wrong with one field."""

    field: str
    reason: str
    nearest: str = Field(default="", description="The known word that comes closest.")


class Problem(BaseModel):
    """An error, after RFC 9457. Its `type` is described where it points to, and in docs/problems.md."""

    type: str = Field(json_schema_extra={"format": "uri-reference"})
    title: str
    status: int
    detail: str
    instance: str = ""
    errors: list[FieldAtFault] = []


class Health(Sent):
    """The process is up."""

    status: Literal["ok", "ready"]


class ChangedFact(Sent):
    """A fact of the log, as it was recorded."""

    position: int
    fact_id: str
    stream: str
    """Of an incident, it can stand wherever the incident's slug can."""
    version: int
    """Its place in its stream."""
    topic: str
    recorded_at: str
    recorded_by: str | None
    incident: str | None
    """The slug of the incident in whose stream it is; null where that is the stream of a source or of the policy."""
    state: dict[str, Any]
    """In canonical form (RFC 8785)."""
    text: dict[str, Any] | None
    """Free text, in canonical form; null where there is none, or it was erased."""


class Changes(Sent):
    """Facts in the order in which they were recorded."""

    items: list[ChangedFact]
    next: int | None
    """The `after` of the next page; null on the last."""
    position: int
    """The last position of the log when the page was made."""


class SourceItem(Sent):
    """One source of the list."""

    slug: str | None
    """Null for one that its relay does not name."""
    origin: str
    """What documents call it."""
    name: str
    type: str
    reliability: Reliability
    speaks_for: str | None
    same: list[str]
    track_record: TrackRecord
    links: dict[str, str]


class SourceList(Sent):
    """Sources that were asked for, in the order asked for."""

    items: list[SourceItem]
    next: str | None
    """The cursor of the next page; null on the last."""
    position: int
    """The position of the log that the list was read at."""


class LeftOut(Sent):
    """What was said of incidents whose figures are in no sum; each counts once, under the first that holds."""

    in_events: int
    """Figures for single events."""
    in_other_scopes: int
    """Figures for declared scopes, or for one manner."""
    in_words: int
    """Counts in words."""
    nothing_said: int
    """No total of these people, under this measure."""


class Total(Sent):
    """The sums over the incidents of one group, for one measure and population."""

    measure: str
    population: dict[str, Any]
    incidents: int
    """How many have a figure; they are added."""
    without_figure: int
    """How many have none; nobody knows what they would add."""
    lower: int | None
    """The sum of the lower ends; null where none has one."""
    upper: int | None
    """The sum of the upper ends; null where one of them is open."""
    with_merged: int
    """Of how many that are added figures of incidents merged into them stand beside: only the greatest is added."""
    left_out: LeftOut
    """What was said of those without a figure; together they are `without_figure`."""


class TotalGroup(Sent):
    """The incidents that are counted together, and the totals over them."""

    group: str | None
    """Null where what it goes by is not known; and for the one group of all."""
    incidents: int
    totals: list[Total]


class TotalList(Sent):
    """Totals over incidents. They are all there, in one page."""

    group_by: Literal["country", "admin1", "month", "source"] | None
    note: str
    """What the sums leave out, in a sentence."""
    items: list[TotalGroup]
    next: None
    position: int
    """The position of the log that they were read at."""


class Said(Sent):
    """What was said of a clock: the words, and the span that they mean, in UTC."""

    said: str | None
    earliest: str | None
    latest: str | None


class ReportItem(Sent):
    """One report that was found."""

    report_id: str
    incident: str
    """Which shows it."""
    kind: str
    tier: Literal["violence", "tension", "easing", "none"]
    standing: Literal["standing", "corrected", "retracted", "disputed"]
    event: str | None
    source: str
    via: list[str]
    occurred: Said | None
    reported_at: Said
    places: list[str]
    tags: list[str]
    text: dict[str, Any] | None
    """The free text of its present content; null where there is none, or it was erased."""
    links: dict[str, str]


class ReportList(Sent):
    """Reports that were found, in the order asked for."""

    items: list[ReportItem]
    next: str | None
    """The cursor of the next page; null on the last."""
    position: int
    """The position of the log that the list was read at."""


class Stopped(Sent):
    """The fact that made a read model fail, which is never skipped."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)
    position: int
    error: str


class Building(Sent):
    """A generation that is being built, and how far."""

    generation: int
    version: int
    position: int
    behind: int
    """How many facts it has to go."""
    stopped: Stopped | None


class ProjectionItem(Sent):
    """One read model, and where it stands."""

    name: str
    meaning: str
    version: int
    """That this release reads."""
    status: Literal["live", "stopped", "being-built"]
    generation: int | None
    """The one that answers; null where none does yet."""
    position: int | None
    behind: int | None
    """How many facts of the log it does not know yet."""
    stopped: Stopped | None
    building: Building | None


class ProjectionList(Sent):
    """All read models."""

    items: list[ProjectionItem]
    next: None
    position: int
    """The last position of the log."""
