"""Small incidents in which everything meets: few sources, days and keys, so that claims interact in every way there is.

No name holds a digit, so that a number in a sentence is a figure or a day.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast
from uuid import uuid5

from hypothesis import strategies as st

from domain import catalogue
from domain.facts.streams import NAMESPACE
from domain.history.history import History
from domain.incident.commands import DeclareScope
from domain.incident.refusals import Refusal
from domain.ledger.canonical import canonical, digest
from domain.reading import Document, Reading
from domain.reports.claims.claim import latest
from domain.values.sources import Registration
from domain.values.time.clocks import format_instant, parse_instant
from tests.domain.book import Book, open_book

Body = dict[str, Any]

MOST_REPORTS = 7
IDS = tuple(str(uuid5(NAMESPACE, f"report {number}")) for number in range(MOST_REPORTS))
SLUGS = ("sohr", "snhr", "reuters", "rudaw")
SCOPES = (
    {"name": "coast", "label": "the coast", "period": "2025-03-06/2025-03-08", "event": "al-haffa"},
    {"name": "all-syria", "label": "all Syria", "wider_than": "coast"},
)
POPULATIONS: tuple[Body, ...] = (
    {},
    {"status": ["civilian"]},
    {"status": ["civilian"], "group": ["alawite"]},
    {"sex": "female"},
    {"status": ["civilian", "state_forces"]},
)
_UNNAMED = {"anonymous": "a security source"}
SOURCES: tuple[str | Body, ...] = (
    *("sohr", "sohr", "sohr", *SLUGS),
    # Of one unnamed source, descriptions that contradict each other.
    *({**_UNNAMED, "type": "official"}, {**_UNNAMED, "type": "witness", "speaks_for": "police"}),
)
KINDS: tuple[Body, ...] = (
    *({"kind": "toll_revised"},) * 5,
    {"kind": "attack_launched", "method": "ambush"},
    {"kind": "responsibility_stated", "act": "claimed"},
    {"kind": "responsibility_stated", "act": "denied"},
)
TIMES = (
    "2025-03-07",
    "2025-03-08",
    "2025-03-09",
    "2025-03-10",
    "2025-03-12",
    "2025-03-08T11:55:26Z",
    "2025-03-09T20:59:59Z",
    "2025-03-09T23:00:00+03:00",
    "../2025-03-09",
    "2025-03",
    "2025-07-14",
)
WORDS = ("dozens", "hundreds", "thousands", "none", "a soldier", "about 340", "at least 340", "more than 340")
WORDS += ("up to 340", "fewer than 340", "300 to 340", "at least 1,700", "1,383", "830", "13")


@dataclass(frozen=True)
class World:
    """What is asked of an empty book: settings, registrations, scopes, and reports in one order of arrival."""

    settings: Body
    grades: Mapping[str, str]
    reports: tuple[Body, ...]

    def book(self, reports: Iterable[Body] | None = None) -> Book:
        """Record the world, with its reports or with others; what is refused is refused in any order."""
        book = open_book(**self.settings)
        for slug, grade in self.grades.items():
            fields = {"slug": slug, "name": slug, "type": "monitor", "reliability": grade}
            book.do(Registration.model_validate(fields))
        for scope in SCOPES:
            book.do(DeclareScope.model_validate(scope))
        for body in self.reports if reports is None else reports:
            with suppress(Refusal):
                book.file(body)
        return book


RECORDED = "the recorded series of tolls/1"
MOMENTS = "the recorded moments of moments/1"
STEPS = frozenset({RECORDED, MOMENTS, "revisions/1"})
"""What keeps the steps of the record, whatever is undone."""


def digests(
    history: History, moments: Sequence[str | None], *, without: Container[str] = ()
) -> dict[tuple[str, str, str | None], str]:
    """Ask every view under the default policy, and the state under every policy, at every moment."""
    pairs = [(view, catalogue.DEFAULT_POLICY) for view in catalogue.VIEWS.values() if view.id not in without]
    pairs += [(catalogue.VIEWS["state/1"], each) for each in catalogue.POLICIES if each != catalogue.DEFAULT_POLICY]
    return {
        (view.id, policy, moment): digest(_without(view.finish(history, reading(moment, policy)), without))
        for view, policy in pairs
        for moment in moments
    }


def _without(document: Document, without: Container[str]) -> Document:
    if MOMENTS in without and isinstance(document.get("recorded"), list):
        return {name: value for name, value in document.items() if name != "recorded"}
    if RECORDED not in without or "series" not in document:
        return document
    series = cast("list[Document]", document["series"])
    said = [{name: value for name, value in each.items() if name != "recorded"} for each in series]
    return {**document, "series": [each for each in said if each["reported"]]}


def reading(moment: str | None, policy: str = catalogue.DEFAULT_POLICY) -> Reading:
    """Ask as of a moment on the reported clock."""
    return Reading(parse_instant(moment) if moment else None, catalogue.policy(policy))


def moments(history: History) -> list[str | None]:
    """Return the moments at which a reading may change: the last of each report; and now."""
    said = {format_instant(latest(report.reported)) for report in history.reports.values()}
    return [*sorted(said), None]


def worlds() -> st.SearchStrategy[World]:
    """Incidents with a handful of reports."""
    settings = st.fixed_dictionaries(
        {"utc_offset": st.sampled_from(["+03:00", "Z", "-09:30"])},
        optional={"period": st.sampled_from(["2025-03-06/2025-03-10", "2025-03-06/..", None])},
    )
    grades = st.fixed_dictionaries({slug: st.sampled_from("ABBCDEF") for slug in SLUGS[:3]})
    lists = st.integers(3, MOST_REPORTS).flatmap(lambda size: st.lists(reports(), min_size=size, max_size=size))
    return st.builds(World, settings, grades, lists.map(_identified))


def _identified(bodies: list[Body]) -> tuple[Body, ...]:
    return tuple({**body, "report_id": IDS[number]} for number, body in enumerate(bodies))


def reports() -> st.SearchStrategy[Body]:
    """One report of the kinds that views tell apart."""
    common = st.fixed_dictionaries(
        {
            "source": st.sampled_from(SOURCES),
            "via": st.sampled_from([[], [], ["wion"], ["afp", "wion"]]),
            "reported_at": st.sampled_from(TIMES),
            "claims": claim_lists(),
        },
        optional={
            "reported_order": st.integers(-1, 2),
            "complete": st.sampled_from([*[False] * 7, True]),
            "occurred": st.sampled_from(
                ["2025-03-06", "2025-03-07/2025-03-08", "../2025-03-08", "2025-03-07T01:00:00Z"]
            ),
            "event": st.sampled_from(["al-haffa", "jableh"]),
            "places": st.just([{"name": "Jableh", "country": "SY"}]),
            "actors": st.sampled_from(
                [[{"name": "gunmen", "side": "opposition"}], [{"name": "police", "type": "state"}]]
            ),
            "text": st.just({"summary": "As it was told."}),
        },
    )
    return st.builds(lambda kind, body: body | kind, st.sampled_from(KINDS), common)


def claim_lists() -> st.SearchStrategy[list[Body]]:
    """Up to three claims of one report, mostly of different keys, numbered from 1."""
    found = st.lists(claims(), min_size=1, max_size=3, unique_by=_key)
    return found.map(lambda claims: [_numbered(claim, str(number)) for number, claim in enumerate(claims, 1)])


def _numbered(claim: Body, number: str) -> Body:
    parts = {"parts": [{**part, "id": f"{number}.1"} for part in claim["parts"]]} if "parts" in claim else {}
    return {**claim, **parts, "id": number}


def _key(claim: Body) -> bytes:
    names = ("measure", "population", "scope", "manner")
    return canonical([claim.get(name) for name in names])


def claims() -> st.SearchStrategy[Body]:
    """One claim, without its id."""
    refs = [f"{report}#{claim}" for report in IDS[:4] for claim in (1, 1, 2)]
    part = st.builds(lambda count, age: {"population": {"age": age}, "count": count}, counts(), _AGES)
    return st.fixed_dictionaries(
        {
            "measure": st.sampled_from([*["killed"] * 6, "injured"]),
            "population": st.sampled_from((*POPULATIONS[:2] * 3, *POPULATIONS)),
            "scope": st.sampled_from([*["incident"] * 6, "coast", "all-syria", None]),
            "manner": st.sampled_from([*[None] * 7, "execution"]),
            "count": counts(),
        },
        optional={
            "accumulation": st.sampled_from(["cumulative", "cumulative", "cumulative", "incremental"]),
            "period": st.sampled_from(["2025-03-08", "2025-03-12", "../2025-03-07"]),
            "counted_until": st.sampled_from(["2025-03-07", "2025-03-11T00:00:00Z", "2025-04-01"]),
            "partial": st.sampled_from([False, False, False, True]),
            "supersedes": st.lists(st.sampled_from(refs), max_size=2, unique=True),
            "parts": st.sampled_from([0, 0, 0, 1]).flatmap(lambda size: st.lists(part, min_size=size, max_size=size)),
            "exhaustive": st.booleans(),
        },
    )


_AGES = st.sampled_from(["child", "adult"])


def counts() -> st.SearchStrategy[Body]:
    """Give counts in words and in figures: small ones that meet, great ones, and ends that contradict each other."""
    figures = st.sampled_from([*range(13), 340, 340, 830, 830, 1383, 10**12])
    plain = figures.map(lambda figure: {"verbatim": f"{figure:,}"})
    given = st.fixed_dictionaries({}, optional={"lower": figures, "upper": figures, "best": figures}).filter(bool)
    vague = given.map(lambda count: {**count, "verbatim": "a great many", "bound": "worded"})
    words = st.sampled_from(WORDS).map(lambda words: {"verbatim": words})
    choices: list[st.SearchStrategy[Body]] = [plain, plain, plain, words, words, given, vague]
    return st.integers(0, len(choices) - 1).flatmap(choices.__getitem__)


def figures_of(book: Book) -> dict[str, set[int]]:
    """Return every figure that was said, by the claim that says it; of corrected reports what they say now."""
    history = book.history()
    held = chain.from_iterable(report.current.claims for report in history.reports.values())
    found: dict[str, set[int]] = {}
    for claim in held:
        said = (claim.count.lower, claim.count.upper, claim.count.best)
        found[claim.ref] = {figure for figure in said if figure is not None}
    return found


def estimates(book: Book, moment: str | None = None, policy: str = catalogue.DEFAULT_POLICY) -> list[Body]:
    """Return the estimates of the state at a moment."""
    return cast("list[Body]", book.read("state/1", until=moment, policy=policy)["estimates"])
