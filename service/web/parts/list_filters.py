"""The form that finds incidents: fields with what was asked, and what the interface said of one it cannot take."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from domain.reports.registry import KINDS
from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language, marked
from service.web.parts.country_names import countries

LEVELS: Final = ("5", "4", "3", "2", "1", "0")
STATUSES: Final = ("open", "closed", "merged")
DEFAULT_SORT: Final = "-changed"
SORTS: Final[Mapping[str, str]] = {
    "-changed": marked("Last change, newest first"),
    "changed": marked("Last change, oldest first"),
    "-occurred": marked("When it began, newest first"),
    "occurred": marked("When it began, oldest first"),
    "-killed": marked("Dead, most first"),
    "killed": marked("Dead, fewest first"),
    "-level": marked("Level, gravest first"),
    "level": marked("Level, least first"),
    "title": marked("Title, first to last"),
    "-title": marked("Title, last to first"),
    "-opened": marked("Opened here, newest first"),
    "opened": marked("Opened here, oldest first"),
}
_TEXTS: Final[Sequence[tuple[str, str, str]]] = (
    ("q", marked("Words in title, places, actors, tags"), "search"),
    ("killed_min", marked("Dead, at least"), "number"),
    ("occurred_from", marked("Happened from"), "date"),
    ("occurred_to", marked("Happened until"), "date"),
    ("tag", marked("Tag"), "text"),
)
NAMES: Final = (
    "q", "country", "kind", "level_min", "killed_min", "occurred_from", "occurred_to", "status", "source", "tag",
    "bbox", "actor", "sort",
)  # fmt: skip
"""The parameters of the list that are filters, and the order."""
MOMENTS: Final = ("as_of", "reported_until")
_DAY: Final = 10


@dataclass(frozen=True, slots=True)
class FilterField:
    """A field. `type` is that of an input, or `select`; `others` are further values of a repeated parameter."""

    name: str
    label: str
    type: str
    value: str
    others: Sequence[str] = ()
    options: Sequence[tuple[str, str]] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class ListFilters:
    """The form of the list."""

    fields: Sequence[FilterField]
    more: Sequence[FilterField]
    """Those that are folded away while none is used."""
    open: bool
    moments: Sequence[FilterField]
    kept: Sequence[tuple[str, str]]
    """Parameters without a field."""
    errors: Sequence[str]
    """What the interface said of a parameter without a field."""
    used: bool
    """Whether something is asked for, so that other incidents may be left out."""


def list_filters(
    language: Language, asked: Mapping[str, Sequence[str]], sources: Sequence[ApiDocument], errors: Mapping[str, str]
) -> ListFilters:
    """Return the form. `asked` has the values of each parameter, `errors` the reason of each that was refused."""
    made = _Fields(language, asked, errors)
    fields = {each.name: each for each in made.all(sources)}
    more = [fields[name] for name in ("occurred_from", "occurred_to", "source", "tag", "status")]
    moments = [
        made.typed("as_of", marked("As recorded by"), "text"),
        made.typed("reported_until", marked("As said by"), "text"),
    ]
    shown = {*fields, *MOMENTS}
    return ListFilters(
        [fields[name] for name in ("q", "country", "kind", "level_min", "killed_min", "sort")],
        more,
        any(each.value or each.error for each in more),
        moments,
        [(name, value) for name in NAMES if name not in shown for value in asked.get(name, ())],
        [reason for name, reason in errors.items() if name not in shown],
        any(asked.get(name) for name in (*NAMES, *MOMENTS) if name != "sort"),
    )


class _Fields:
    """Makes fields with what was asked."""

    def __init__(self, language: Language, asked: Mapping[str, Sequence[str]], errors: Mapping[str, str]) -> None:
        self._language, self._asked, self._errors = language, asked, errors

    def all(self, sources: Sequence[ApiDocument]) -> Iterator[FilterField]:
        """Yield every field but those of moments."""
        language, text = self._language, self._language.text
        for name, title, kind in _TEXTS:
            yield self.typed(name, title, kind)
        yield self.select("country", marked("Country"), countries(language))
        yield self.select(
            "kind", marked("With a report of"), sorted(self._labels("kind", KINDS), key=lambda each: each[1])
        )
        yield self.select("level_min", marked("Level, at least"), list(self._labels("level", LEVELS)))
        yield self.select("source", marked("Source"), sorted((each["origin"], each["name"]) for each in sources))
        yield self.select("status", marked("Status"), list(self._labels("incident_status", STATUSES)))
        orders = [(code, text(order)) for code, order in SORTS.items()]
        yield self._field("sort", marked("Sorted by"), "select", orders, DEFAULT_SORT)

    def typed(self, name: str, title: str, kind: str) -> FilterField:
        """Return a field of text; a day's field takes a moment as text."""
        value = next(iter(self._asked.get(name, ())), "")
        plain = kind == "date" and value and len(value) != _DAY
        return self._field(name, title, "text" if plain or (kind == "number" and name in self._errors) else kind)

    def select(self, name: str, title: str, options: Sequence[tuple[str, str]]) -> FilterField:
        """Return a field that chooses one of these, or any."""
        value = next(iter(self._asked.get(name, ())), "")
        known = any(code == value for code, _ in options) or not value
        more = [] if known else [(value, value)]
        return self._field(name, title, "select", [("", self._language.text(marked("any"))), *options, *more])

    def _field(
        self, name: str, title: str, kind: str, options: Sequence[tuple[str, str]] = (), usual: str = ""
    ) -> FilterField:
        values = self._asked.get(name) or [usual]
        title, error = self._language.text(title), self._errors.get(name, "")
        return FilterField(name, title, kind, values[0], values[1:], options, error)

    def _labels(self, family: str, codes: Sequence[str] | Mapping[str, object]) -> Iterator[tuple[str, str]]:
        for code in codes:
            named = label(self._language, family, code)
            yield code, f"{self._language.in_digits(code)}: {named}" if family == "level" and named != code else named
