"""The incident against a plain model of it: every command, in every order, those that are refused too."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.facts.encoding import decode, encode
from domain.facts.union import Fact
from domain.history.history import History
from domain.incident import refusals
from domain.incident import state as incidents
from domain.incident.commands import (
    AmendIncident,
    CloseIncident,
    CorrectReport,
    DeclareScope,
    IncidentCommand,
    OpenIncident,
    ReinstateReport,
    ReopenIncident,
    RetractReport,
)
from tests.domain.book import START, Book
from tests.domain.given import file_command

Report = dict[str, Any]
Refused = type[refusals.Refusal]

IDS = [str(UUID(int=number)) for number in (3, 1, 2)]
SCOPES = ("coast", "all-syria", "incident", "event")
PERIODS = (None, "2025-03-06/2025-03-10", "2025-03-06/..")
TITLES = ("Violence", "Violence on the coast")
DAYS = ("2025-03-07", "2025-03-09", "2025-03-09T12:00:00Z")

NOBODY: Report = {"day": None, "figure": "340", "scope": None, "words": None, "fault": None}

ids = st.sampled_from(IDS)
which = st.integers(0, 9)
reasons = st.sampled_from([None, "as it was told"])


@dataclass
class Plain:
    """All that is known of an incident, in dicts and lists."""

    title: str
    period: str | None
    is_open: bool = True
    facts: int = 1
    scopes: list[str] = field(default_factory=list)
    reports: dict[str, Report] = field(default_factory=dict)


def body_of(content: Report) -> dict[str, Any]:
    """Make a report of the little that the model knows it by: its day, figure, scope, words and fault."""
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": content["figure"]}}
    claim |= {"scope": content["scope"]} if content["scope"] else {}
    claims = [claim]
    if content["fault"] == "two figures":
        claims.append({**claim, "id": "2", "count": {"verbatim": "7"}})
    if content["fault"] == "itself":
        claim["supersedes"] = [f"{content['id']}#1"]
    body = {"kind": "toll_revised", "source": "sohr", "claims": claims, "reported_at": content["day"]}
    return body | ({"text": {"summary": content["words"]}} if content["words"] else {})


def contents(days: st.SearchStrategy[str | None]) -> st.SearchStrategy[Report]:
    return st.fixed_dictionaries(
        {
            "day": days,
            "figure": st.sampled_from(["340", "830"]),
            "scope": st.sampled_from([None, None, "incident", "coast", "event"]),
            "words": st.sampled_from([None, "As it was told."]),
            "fault": st.sampled_from([None] * 6 + ["two figures", "itself"]),
        }
    )


class IncidentAgainstAModel(RuleBasedStateMachine):
    """Each rule says, from the model alone, whether a command is refused and why, and what it changes if not."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book()
        self.model: Plain | None = None

    def expect(self, command: IncidentCommand, refused: Refused | None) -> bool:
        """Give a command; it must be refused for that reason, or make facts if there is none. Say whether it did."""
        if refused is None:
            assert self.book.do(command), f"{command!r} makes facts"
            return True
        before = list(self.book.facts)
        with pytest.raises(refusals.Refusal) as refusal:
            self.book.do(command)
        assert refusal.type is refused
        assert self.book.facts == before, "what is refused leaves nothing behind"
        return False

    @initialize(
        period=st.sampled_from(PERIODS),
        scopes=st.lists(st.sampled_from(SCOPES), max_size=2),
        reports=st.lists(contents(st.sampled_from(DAYS)), max_size=2),
    )
    def open(self, period: str | None, scopes: list[str], reports: list[Report]) -> None:
        self.expect(CloseIncident(), refusals.IncidentUnknown)
        faults = (self.fault_of_scope(name, scopes[:place]) for place, name in enumerate(scopes))
        refused = next(filter(None, faults), None)
        self.expect(self.opening(period, scopes), refused)
        if refused:
            scopes = []
            self.expect(self.opening(period, scopes), None)
        self.model = Plain(TITLES[0], period, facts=1 + len(scopes), scopes=list(scopes))
        self.expect(self.opening(period, []), refusals.IncidentSlugTaken)
        for report_id, content in zip(IDS, reports, strict=False):
            self.file(report_id, content)

    def opening(self, period: str | None, scopes: list[str]) -> OpenIncident:
        declared = [{"name": name, "label": name} for name in scopes]
        body = {"slug": self.book.slug, "title": TITLES[0], "period": period, "scopes": declared}
        return OpenIncident.model_validate(body)

    @rule(
        changes=st.fixed_dictionaries(
            {}, optional={"title": st.sampled_from([None, *TITLES]), "period": st.sampled_from(PERIODS)}
        ),
        reason=reasons,
    )
    def amend(self, changes: dict[str, str | None], reason: str | None) -> None:
        model = self.opened
        new = {"title": changes.get("title") or model.title, "period": changes.get("period", model.period)}
        same = new == {"title": model.title, "period": model.period}
        if self.expect(AmendIncident(**changes, reason=reason), refusals.NothingChanged if same else None):
            model.title, model.period = str(new["title"]), new["period"]
            model.facts += 1

    @rule(close=st.booleans(), reason=reasons)
    def close_or_reopen(self, close: bool, reason: str | None) -> None:  # noqa: FBT001 - drawn
        model = self.opened
        command = CloseIncident(reason=reason) if close else ReopenIncident(reason=reason)
        in_vain = refusals.IncidentIsClosed if close else refusals.IncidentIsOpen
        if self.expect(command, None if model.is_open is close else in_vain):
            model.is_open = not close
            model.facts += 1

    @rule(name=st.sampled_from(SCOPES))
    def declare(self, name: str) -> None:
        model = self.opened
        refused = None if model.is_open else refusals.IncidentIsClosed
        refused = refused or self.fault_of_scope(name, model.scopes)
        if self.expect(DeclareScope(name=name, label=name), refused):
            model.scopes.append(name)
            model.facts += 1

    @rule(report_id=ids, content=contents(st.sampled_from([*DAYS, "2031-01-01"])))
    def file(self, report_id: str, content: Report) -> None:
        model, content = self.opened, {**content, "id": report_id}
        refused: Refused | None = None
        if not model.is_open:
            refused = refusals.IncidentIsClosed
        elif report_id in model.reports:
            refused = refusals.ReportIdTaken
        elif content["day"] == "2031-01-01":
            refused = refusals.ReportedInTheFuture
        refused = refused or self.fault_of(content)
        command = file_command({"report_id": report_id, "report": body_of(content)})
        if self.expect(command, refused):
            model.reports[report_id] = {**content, "retracted": False, "versions": 1}
            model.facts += 1

    @rule(which=which, content=st.none() | contents(st.sampled_from([None, None, None, *DAYS])), reason=reasons)
    def correct(self, which: int, content: Report | None, reason: str | None) -> None:
        """Correct a report to other content, or to what it says already."""
        report_id, known = self.one_of_them(which)
        content = {**(content or known or NOBODY), "id": report_id}
        refused: Refused | None = None
        if known is None:
            refused = refusals.ReportUnknown
        elif known["retracted"]:
            refused = refusals.ReportIsRetracted
        elif content["day"] not in (None, known["day"]):
            refused = refusals.ReportedAtIsKept
        elif self.reads(content) == self.reads(known):
            refused = refusals.NothingChanged
        refused = refused or self.fault_of(content)
        body = body_of(content)
        if content["day"] is None:
            del body["reported_at"]
        command = CorrectReport.model_validate(
            {"report_id": report_id, "cause": "transcription", "report": body, "reason": reason}
        )
        if self.expect(command, refused) and known is not None:
            known.update(content, day=known["day"], versions=known["versions"] + 1)
            self.opened.facts += 1

    @rule(which=which, by=st.sampled_from(["recorder", "source"]), day=st.sampled_from([None, "2025-03-01", *DAYS]))
    def retract(self, which: int, by: str, day: str | None) -> None:
        report_id, known = self.one_of_them(which)
        refused: Refused | None = None
        if known is None:
            refused = refusals.ReportUnknown
        elif known["retracted"]:
            refused = refusals.ReportIsRetracted
        elif by == "recorder":
            refused = refusals.RetractionHasNoTime if day else None
        elif day is None:
            refused = refusals.RetractionNeedsTime
        elif day[:10] < known["day"][:10]:
            refused = refusals.RetractedBeforeSaid
        command = RetractReport.model_validate({"report_id": report_id, "by": by, "reported_at": day})
        if self.expect(command, refused) and known is not None:
            known["retracted"] = True
            self.opened.facts += 1

    @rule(which=which)
    def reinstate(self, which: int) -> None:
        report_id, known = self.one_of_them(which)
        refused: Refused | None = None
        if known is None:
            refused = refusals.ReportUnknown
        elif not known["retracted"]:
            refused = refusals.ReportStands
        if self.expect(ReinstateReport(report_id=UUID(report_id)), refused) and known is not None:
            known["retracted"] = False
            self.opened.facts += 1

    @property
    def opened(self) -> Plain:
        assert self.model is not None
        return self.model

    def one_of_them(self, which: int) -> tuple[str, Report | None]:
        """Pick a report of the model, or now and then one that is not there."""
        names = [*self.opened.reports] * 3 + [str(UUID(int=9))]
        return names[which % len(names)], self.opened.reports.get(names[which % len(names)])

    @staticmethod
    def fault_of_scope(name: str, declared: list[str]) -> Refused | None:
        if name in ("incident", "event"):
            return refusals.ScopeNameReserved
        return refusals.ScopeTaken if name in declared else None

    def fault_of(self, content: Report) -> Refused | None:
        """Say why the claims of a report are refused; the first reason that is looked for."""
        if content["scope"] == "event":
            return refusals.EventNeeded
        if content["scope"] not in (None, "incident", *self.opened.scopes):
            return refusals.ScopeUndeclared
        return {"two figures": refusals.TwoFiguresOneKey, "itself": refusals.SupersedesItself, None: None}[
            content["fault"]
        ]

    @staticmethod
    def reads(content: Report) -> tuple[Any, ...]:
        """Return what a correction can change; a toll without a scope counts the incident."""
        return content["figure"], content["scope"] or "incident", content["words"], content["fault"]

    @invariant()
    def what_is_decided_against_is_what_the_model_knows(self) -> None:
        incident = self.book.incident()
        if self.model is None:
            assert incident is None
            return
        assert incident is not None
        model = self.model
        assert (incident.title, incident.period, incident.is_open) == (model.title, model.period, model.is_open)
        assert (incident.version, list(incident.scopes)) == (model.facts, model.scopes)
        assert {str(name): (None in each.retracted, each.reported_at) for name, each in incident.reports.items()} == {
            name: (each["retracted"], each["day"]) for name, each in model.reports.items()
        }

    @invariant()
    def what_is_read_is_what_the_model_knows(self) -> None:
        history = self.book.history()
        model = self.model or Plain("", None, facts=0)
        assert (history.own.title, history.own.period, history.own.is_open) == (
            model.title,
            model.period,
            model.is_open,
        )
        assert (history.own.version, sorted(history.own.scopes)) == (model.facts, sorted(model.scopes))
        assert self.standing(history) == {
            name: (each["versions"], each["figure"]) for name, each in model.reports.items() if not each["retracted"]
        }

    @staticmethod
    def standing(history: History) -> dict[str, tuple[int, str | None]]:
        return {
            each.ref: (len(each.versions), each.current.report.claims[0].count.verbatim)
            for each in history.standing_reports(None)
        }

    @invariant()
    def what_was_stored_decides_as_what_was_just_decided(self) -> None:
        stored = [self.stored(each.fact) for each in self.book.facts]
        own = [fact for fact, each in zip(stored, self.book.facts, strict=True) if each.stream == self.book.stream]
        assert incidents.fold(own) == self.book.incident()

    @staticmethod
    def stored(fact: Fact) -> Any:
        parts = encode(fact)
        return decode(parts.topic, orjson.loads(parts.state), orjson.loads(parts.text) if parts.text else None)

    @invariant()
    def every_fact_has_its_place_and_stamps_never_run_back(self) -> None:
        assert [each.position for each in self.book.facts] == list(range(1, len(self.book.facts) + 1))
        stamps = [START, *(each.recorded_at for each in self.book.facts)]
        assert all(earlier <= later for earlier, later in pairwise(stamps))


TestIncidentAgainstAModel = IncidentAgainstAModel.TestCase
TestIncidentAgainstAModel.settings = settings(max_examples=2 * settings().max_examples, stateful_step_count=40)
