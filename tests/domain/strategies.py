"""Hypothesis strategies for what people send: words, clocks, counts, claims and reports of every kind, as bodies."""

from datetime import UTC, date, datetime, timedelta, timezone
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from domain.ledger.canonical import canonical
from domain.reports.claims.claim import Claim
from domain.reports.kind import Evidence, Report
from domain.reports.registry import KINDS, REPORTS
from domain.reports.text_forms import Decimal, Duration, LanguageTag, MediaType, Sha256, WebAddress
from domain.values.counts.count import Count
from domain.values.declaration import declared_fields
from domain.values.places import Place
from domain.values.populations import Population
from domain.values.sources import SourceRef
from domain.values.statement import Statement
from domain.values.text_types import ClosedList, SlugRule, Text
from domain.values.time.clocks import EdtfOccurred, EdtfReported

Body = dict[str, Any]

_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")


def texts(longest: int = 40, least: int = 0) -> st.SearchStrategy[str]:
    """Any text that can be kept: every script, emoji, controls; no NUL, no half of a surrogate pair, no blank label."""
    found = st.text(_CHARACTERS, min_size=least, max_size=longest)
    return found.filter(str.strip) if least else found


def slugs() -> st.SearchStrategy[str]:
    """Slugs, mostly of a few that meet each other."""
    known = st.sampled_from(["sohr", "snhr", "reuters", "mena-today", "syrian-state-forces", "armed-supporters", "حلب"])
    return known | st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)


def listed(known: ClosedList) -> st.SearchStrategy[str]:
    """Words of a closed list, and now and then one of the client's own."""
    return st.sampled_from(known.words) | st.sampled_from(known.words) | st.just("x-of-our-own")


def days() -> st.SearchStrategy[date]:
    """Days near enough to each other to meet."""
    return st.dates(date(2025, 2, 20), date(2025, 4, 10))


def instants() -> st.SearchStrategy[str]:
    """RFC 3339 instants, in UTC or with an offset, some with a fraction of a second."""
    offsets = st.integers(-11, 13).map(lambda hours: timezone(timedelta(hours=hours)))
    moments = st.builds(datetime.combine, days(), st.times(), offsets)
    return moments.map(datetime.isoformat) | moments.map(lambda at: at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def occurred() -> st.SearchStrategy[str]:
    """Every form in which `occurred` may come."""
    sure = st.sampled_from(["", "?", "~", "%"])
    dates = st.builds(lambda day, how: f"{day}{how}", days(), sure)
    ends = st.tuples(days(), st.integers(0, 9), sure)
    spans = ends.map(lambda end: f"{end[0]}{end[2]}/{end[0] + timedelta(end[1])}")
    nights = st.builds(
        lambda day, hours: f"{day}T18:00:00Z/{day + timedelta(1)}T0{hours}:00:00Z", days(), st.integers(0, 9)
    )
    wide = st.sampled_from(["2025-03", "2025-03-XX", "2025", "202X", "2025-21"])
    open_ended = days().map(lambda day: f"../{day}") | days().map(lambda day: f"{day}/..")
    return dates | spans | nights | wide | open_ended | instants()


def reported() -> st.SearchStrategy[str]:
    """Every form in which `reported_at` may come."""
    return days().map(str) | days().map(lambda day: f"../{day}") | instants()


def counts() -> st.SearchStrategy[Body]:
    """Give counts by their words alone, or with the numbers that a source gives for words that nothing can read."""
    figures = st.integers(0, 5_000)
    said = st.sampled_from(["{}", "at least {}", "more than {}", "about {}", "up to {}", "fewer than {}"])
    read = st.builds(lambda words, figure: words.format(f"{figure + 1:,}"), said, figures)
    words = read | st.sampled_from(["dozens", "hundreds", "thousands"])
    ranges = st.tuples(figures, figures).map(sorted)
    given = ranges.map(lambda ends: {"verbatim": "a great many", "lower": ends[0], "upper": ends[1]})
    return (
        st.fixed_dictionaries({"verbatim": words}, optional={"also_said": st.lists(texts(20, 1), max_size=2)}) | given
    )


def populations() -> st.SearchStrategy[Body]:
    """Give populations of a few limits, so that some are part of others."""
    return bodies_of(Population)


def claims() -> st.SearchStrategy[Body]:
    """One claim, with parts now and then; its id is `1` and its parts are `1.1`, `1.2`."""
    return bodies_of(Claim, id=st.just("1"), supersedes=st.just([]), parts=st.lists(_parts(), max_size=2)).map(
        _numbered
    )


def _parts() -> st.SearchStrategy[Body]:
    return st.fixed_dictionaries({"id": st.just("1.1"), "population": populations(), "count": counts()})


def _numbered(claim: Body, number: int = 1) -> Body:
    parts = [{**part, "id": f"{number}.{index}"} for index, part in enumerate(claim.get("parts", []), 1)]
    return {**claim, "id": str(number)} | ({"parts": parts} if "parts" in claim else {})


def claim_lists() -> st.SearchStrategy[list[Body]]:
    """Claims for one report: ids that differ, and no two of one key, whichever scope is the default."""
    plain = st.lists(claims().map(lambda claim: {**claim, "scope": "incident"}), max_size=3, unique_by=_key)
    return plain.map(lambda found: [_numbered({**claim, "parts": []}, n) for n, claim in enumerate(found, 1)]) | (
        claims().map(_with_one_part).map(lambda claim: [claim])
    )


def _with_one_part(claim: Body) -> Body:
    """Keep at most one part, of a group of its own, so that it never has the key of its whole."""
    return claim | {"parts": [{**part, "population": {"group": ["a-part"]}} for part in claim.get("parts", [])[:1]]}


def _key(claim: Body) -> bytes:
    population = Population.validate(claim.get("population", {})).canonical().limits()
    return canonical([claim["measure"], population, claim.get("manner")])


def places() -> st.SearchStrategy[Body]:
    """Places, with a whole point or none."""
    degrees = st.integers(-89_999, 89_999).map(lambda thousandths: f"{thousandths / 1000:.3f}")
    points = st.fixed_dictionaries({"lat": degrees, "lon": degrees}) | st.just({})
    named = bodies_of(Place, country=st.sampled_from(["SY", "LB", "XK"]), lat=st.none(), lon=st.none())
    return st.builds(lambda place, point: place | dict.fromkeys(("lat", "lon")) | point, named, points)


def evidence() -> st.SearchStrategy[Body]:
    """Evidence with an address at least."""
    return st.builds(lambda item, url: item | {"url": url}, bodies_of(Evidence), _WRITTEN[WebAddress])


def sources() -> st.SearchStrategy[str | Body]:
    """Named sources, and unnamed ones in the words of their relay."""
    unnamed = {"anonymous": texts(20, 1), "type": st.sampled_from(["witness", "official", "x-rumour"])}
    return slugs() | st.fixed_dictionaries(unnamed, optional={"speaks_for": slugs()})


_WRITTEN: dict[object, st.SearchStrategy[str]] = {
    WebAddress: st.sampled_from(["https://example.org/a?b=c#d", "http://example.org/حلب"]),
    Sha256: st.binary(min_size=32, max_size=32).map(bytes.hex),
    MediaType: st.sampled_from(["text/html", "image/svg+xml", "application/vnd.oasis.opendocument.text"]),
    LanguageTag: st.sampled_from(["en", "en-GB", "en-Latn-US", "EN"]),  # as the words of counts are English
    Duration: st.sampled_from(["P2D", "PT12H", "P1Y2M10DT2H30M", "P3W", "PT0.5S", "PT1,5H"]),
    Decimal: st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
    EdtfOccurred: occurred(),
    EdtfReported: reported(),
}


def bodies_of(model: type[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Body]:
    """Bodies of any model: each required field and any choice of the others; `fields` says what some of them hold."""
    required: Body = {}
    optional: Body = {}
    for name, json_name, needed, hint in _fields(model):
        where = required if needed else optional
        where[json_name] = fields[name] if name in fields else _values(hint)
    return st.fixed_dictionaries(required, optional=optional)


def _fields(model: type[Any]) -> list[tuple[str, str, bool, Any]]:
    if issubclass(model, BaseModel):
        found = model.model_fields.items()
        return [(name, each.alias or name, each.is_required(), each.rebuild_annotation()) for name, each in found]
    return [(each.name, each.json_name, each.required, each.annotation) for each in declared_fields(model)]


def _values(hint: Any) -> st.SearchStrategy[Any]:
    """Follow the type of a field down to words and numbers."""
    strategy = next((strategy for known, strategy in _WRITTEN.items() if hint == known), None)
    if strategy is not None:
        return strategy
    origin, arguments = get_origin(hint), get_args(hint)
    if hint == SourceRef:
        strategy = sources()
    elif origin is Annotated:
        strategy = _marked(arguments[0], arguments[1:])
    elif origin in (Union, UnionType):
        strategy = st.one_of([_values(choice) for choice in arguments])
    elif origin is Literal:
        strategy = st.sampled_from(arguments)
    elif origin is tuple:
        strategy = st.lists(_values(arguments[0]), max_size=3)
    elif origin is dict:
        strategy = st.dictionaries(_values(arguments[0]), _values(arguments[1]), max_size=3)
    else:
        strategy = _plain(hint)
    return strategy


def _marked(hint: Any, marks: tuple[object, ...]) -> st.SearchStrategy[Any]:
    for mark in marks:
        if isinstance(mark, ClosedList):
            return listed(mark)
        if isinstance(mark, Text):
            return texts(least=mark.least)
        if isinstance(mark, SlugRule):
            return slugs()
    return _values(hint)


def _plain(hint: Any) -> st.SearchStrategy[Any]:
    own = {Place: places, Claim: claims, Evidence: evidence}
    if hint in own:
        return own[hint]()
    if hint is Count:
        return counts()
    if isinstance(hint, type) and issubclass(hint, BaseModel | Statement):
        return bodies_of(hint)
    plain = {int: st.integers(-(2**53 - 1), 2**53 - 1), bool: st.booleans(), type(None): st.none(), str: texts()}
    return plain[hint]


def report_bodies(kind: str | None = None) -> st.SearchStrategy[Body]:
    """Bodies of reports, of one kind or of all: a new kind is covered by being there."""
    chosen = [KINDS[kind]] if kind else list(KINDS.values())
    return st.one_of([_bodies_of_kind(each.model, dict(each.example)) for each in chosen])


def _bodies_of_kind(model: type[Report], example: Body) -> st.SearchStrategy[Body]:
    """Take a kind's own fields that were left out from its example, which has what they demand of each other."""
    own = {name: value for name, value in example.items() if name == "kind" or name not in Report.__struct_fields__}
    drawn = bodies_of(model, report_id=st.uuids().map(str), claims=claim_lists())
    return drawn.map(lambda body: _completed(own | body, example))


def _completed(body: Body, example: Body) -> Body:
    """Give a body whose fields its kind refuses together the kind's own fields, and the claims, of the example."""
    try:
        REPORTS.validate_python(body)
    except ValidationError:
        return (
            body
            | {name: value for name, value in example.items() if name not in Report.__struct_fields__}
            | {"claims": example.get("claims", [])}
        )
    return body


def reports(kind: str | None = None) -> st.SearchStrategy[Report]:
    """Give reports of one kind or of all, as the domain holds them."""
    return report_bodies(kind).map(REPORTS.validate_python)
