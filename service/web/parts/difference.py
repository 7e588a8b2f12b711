"""The answer of `diff` in words: six headings by cause, and the estimates of both readings."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from markupsafe import Markup, escape

from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language, marked
from service.web.parts.figures import Quotes, claim_figure, key_name
from service.web.parts.local_time import day_said
from service.web.parts.names import Names

HEADINGS: Final = {
    "learned": (
        marked("Learned"),
        marked("Reports that were not known at the first reading, and count at the second."),
    ),
    "revised_by_source": (
        marked("Revised by the source"),
        marked("A source that had given a figure has given another since. Both were said; the later one stands."),
    ),
    "withdrawn_by_source": (
        marked("Withdrawn by the source"),
        marked("What a source took back, or left out of a later whole statement."),
    ),
    "corrected_by_us": (
        marked("Corrected by the recorder"),
        marked("Mistakes made here in writing down what a source said, put right since. The source said nothing else."),
    ),
    "removed_by_us": (
        marked("Removed by the recorder"),
        marked("Reports that were struck here as never said, or moved to another incident."),
    ),
    "reclassified": (
        marked("Reclassified"),
        marked("The same words, counted otherwise since: whom or what a figure counts was corrected here."),
    ),
}
"""The headings of `diff` in their order: title, and what it means."""
_WHAT: Final = {
    "withdrawn by a whole statement": marked("Left out of a later whole statement of the same source."),
    "taken back": marked("Taken back by the source."),
    "struck": marked("Struck by the recorder: it was never said."),
    "no longer in the incident": marked("It is no longer in this incident."),
    "corrected": marked("Corrected."),
    "reinstated": marked("Reinstated: that it was struck was the mistake."),
    "rescoped": marked("The recorder gave its figure another scope."),
}
_FIELDS: Final = {
    "claims": marked("figures"),
    "event": marked("the event it belongs to"),
    "kind": marked("kind of report"),
    "occurred": marked("when it happened"),
    "places": marked("places"),
    "reported_at": marked("when it was said"),
    "source": marked("source"),
    "via": marked("relays"),
}
_ROLES: Final = {"lower": marked("lowest"), "upper": marked("highest"), "best": marked("best")}


@dataclass(frozen=True, slots=True)
class DifferenceItem:
    """One thing under a heading: of which report or source it is, and what it says in lines."""

    source: str
    via: str
    said: str
    title: str
    href: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """One of the six headings, with those of its items that are shown; `count` is of all."""

    code: str
    title: str
    meaning: str
    count: int
    items: tuple[DifferenceItem, ...]


@dataclass(frozen=True, slots=True)
class EstimateChange:
    """A key whose estimate differs, with the lines of each reading; none where there was no figure."""

    key: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DifferencePart:
    """All that changed between two readings."""

    estimates: tuple[EstimateChange, ...]
    headings: tuple[Heading, ...]

    @property
    def nothing(self) -> bool:
        """Whether both readings say the same."""
        return not self.estimates and not any(each.count for each in self.headings)


@dataclass(frozen=True, slots=True)
class Wording:
    """Context of sentences: `zone` is that of the incident's days, `link` makes the address of a report's page."""

    language: Language
    names: Names
    zone: tzinfo
    link: Callable[[str], str]

    def source(self, origin: str) -> Markup:
        return isolated(self.names.source(origin))

    def key(self, document: ApiDocument) -> Markup:
        return isolated(key_name(self.language, document, self.names))

    def said(self, text: str) -> str:
        return day_said(self.language, text, self.zone)

    def figure(self, claim: ApiDocument) -> Markup:
        return isolated(claim_figure(self.language, claim))


def difference(
    words: Wording, data: ApiDocument, claims: Sequence[Sequence[ApiDocument]], shown: Callable[[str], slice]
) -> DifferencePart:
    """Tell the `data` of a difference; `claims` are those of `claims/1` at both ends, `shown` chooses of a heading."""
    cited = [Quotes(words.language, words.names, each, words.zone) for each in claims]
    return DifferencePart(
        tuple(_estimate(words, each, cited) for each in sorted(data["estimates"], key=_main_first)),
        tuple(_heading(words, code, data[code], shown(code)) for code in HEADINGS),
    )


def isolated(text: object) -> Markup:
    """Isolate words of another direction within a line."""
    return Markup("<bdi>%s</bdi>") % escape(text)


def _heading(words: Wording, code: str, items: Sequence[ApiDocument], shown: slice) -> Heading:
    title, meaning = (words.language.text(each) for each in HEADINGS[code])
    tell = _revised if code == "revised_by_source" else _told
    ordered = sorted(items, key=_said_at)
    return Heading(code, title, meaning, len(items), tuple(tell(words, each) for each in ordered[shown]))


def _said_at(item: ApiDocument) -> str:
    """Return by what the items of a heading are sorted: when it was said."""
    return (item["reported"]["latest"] or "") if "reported" in item else item["after"]["reported_at"]


def _told(words: Wording, item: ApiDocument) -> DifferenceItem:
    """Tell an item that is about a report."""
    return DifferenceItem(
        words.names.source(item["source"]),
        words.language.comma.join(map(words.names.source, item["via"])),
        words.said(item["reported"]["said"] or item["reported"]["latest"]),
        label(words.language, "kind", item["kind"]),
        words.link(item["report_id"]),
        tuple(_lines(words, item)),
    )


def _lines(words: Wording, item: ApiDocument) -> Iterable[str]:
    text = words.language.text
    if what := item.get("what"):
        yield text(_WHAT[what])
    if cause := item.get("cause"):
        yield text("Why: %(cause)s.", cause=label(words.language, "cause", cause))
    if (when := item.get("when")) and (moment := when.get("said") or when.get("latest")):
        yield text("When: %(moment)s.", moment=words.said(moment))
    for claim in item.get("claims", ()):
        yield text("%(key)s: %(figure)s", key=words.key(claim), figure=words.figure(claim))
    for change in item.get("changed", ()):
        yield _changed(words, change)
    if item.get("what") == "rescoped":
        before, after = words.key(item["before"]), words.key(item["after"])
        yield text("It counted: %(before)s. It counts now: %(after)s.", before=before, after=after)


def _changed(words: Wording, change: ApiDocument) -> str:
    """Return a corrected field in words; only its name where its value is no scalar."""
    field = change["field"]
    known = _FIELDS.get(field)
    name = words.language.text(known) if known else label(words.language, "field", field)
    before, after = (_value(words, field, change[end]) for end in ("before", "after"))
    if before is None or after is None:
        return words.language.text("Changed: %(field)s.", field=name)
    return words.language.text(
        "Changed: %(field)s, from %(before)s to %(after)s.", field=name, before=before, after=after
    )


def _value(words: Wording, field: str, value: Any) -> Markup | None:  # noqa: ANN401 - any JSON
    """Return a value of a report in words, None where words would not do."""
    if field == "claims" and value:
        return escape(words.language.comma).join(_counted(words, each) for each in value)
    if field == "places" and value:
        return isolated(words.language.comma.join(each["name"] for each in value))
    if field == "source" and isinstance(value, str):
        return words.source(value)
    if field in {"occurred", "reported_at"} and isinstance(value, str):
        return isolated(words.said(value))
    if field == "kind" and isinstance(value, str):
        return isolated(label(words.language, "kind", value))
    return None


def _counted(words: Wording, claim: ApiDocument) -> Markup:
    """Return the words of a claim as filed, with whom they count."""
    key = {name: claim.get(name) for name in ("measure", "manner")}
    key |= {"population": claim.get("population", {}), "scope": "incident"}
    return Markup("“%s” (%s)") % (isolated(claim["count"]["verbatim"]), words.key(key))


def _revised(words: Wording, item: ApiDocument) -> DifferenceItem:
    before, after = item["before"], item["after"]
    text = words.language.text
    lines = [
        text(
            "%(key)s: was %(before)s (%(before_day)s), is now %(after)s (%(after_day)s).",
            key=words.key(before),
            before=words.figure(before),
            before_day=isolated(words.said(before["reported_at"])),
            after=words.figure(after),
            after_day=isolated(words.said(after["reported_at"])),
        )
    ]
    if until := item.get("counted_until"):
        lines.append(text("Both count up to %(moment)s.", moment=words.said(until)))
    if item["break"]:
        key = words.key(after)
        lines.append(text("The new figure counts something else, so the two cannot be compared: %(key)s.", key=key))
    report = after["claim"].partition("#")[0]
    title = label(words.language, "measure", after["measure"])
    return DifferenceItem(
        words.names.source(item["source"]),
        "",
        words.said(after["reported_at"]),
        title,
        words.link(report),
        tuple(lines),
    )


def _main_first(key: ApiDocument) -> tuple[object, ...]:
    """Return by what figures are sorted: those of the whole incident, of the dead, of everyone come first."""
    population = key["population"]
    whole = (key["scope"] != "incident", key["manner"] is not None, key["measure"] != "killed", len(population))
    return (*whole, key["scope"], key["measure"], key["manner"] or "", str(population))


def _estimate(words: Wording, item: ApiDocument, cited: Sequence[Quotes]) -> EstimateChange:
    before, after = (
        tuple(_estimate_lines(words, item, item[name], quotes))
        for name, quotes in zip(("before", "after"), cited, strict=True)
    )
    return EstimateChange(key_name(words.language, item, words.names), before, after)


def _estimate_lines(words: Wording, key: ApiDocument, estimate: ApiDocument | None, quotes: Quotes) -> Iterable[str]:
    """Yield a line for each claim that the ends of an estimate come from, with its role where there are several."""
    if estimate is None:
        return
    text = words.language.text
    ends = {role: estimate[role] for role in _ROLES if estimate[role]}
    roles: dict[str, list[str]] = {}
    for role, end in ends.items():
        roles.setdefault(end["claim"], []).append(role)
    for of in roles.values():
        quote = quotes.of_end(ends[of[0]], key)
        said = text("%(figure)s (%(said)s)", figure=isolated(quote.figure), said=isolated(quote.attribution))
        role = words.language.comma.join(text(_ROLES[each]) for each in of)
        yield text("%(role)s: %(figure)s", role=role, figure=said) if len(roles) > 1 else said
    if estimate["contested"]:
        yield text("The sources contradict one another.")
    if policy_label := estimate.get("label"):
        yield label(words.language, "estimate", policy_label)
