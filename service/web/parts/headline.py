"""The sentence that answers, with the reading it holds for; and what else is counted in the incident."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language, instant
from service.web.parts.context import PartContext
from service.web.parts.figures import Quote, Quotes, key_name, leading_end
from service.web.parts.keys import Key, key_of, lead_estimate
from service.web.parts.local_time import zone_of
from service.web.parts.names import Names
from service.web.parts.paging import paged


@dataclass(frozen=True)
class KeyAnswer:
    """Estimate of a key in words: the figure that answers, the two ends where sources differ, and marks.

    `partial` are counts whose source calls them incomplete, each with whether its grade is A or B.
    """

    figure: Quote | None
    low: Quote | None = None
    high: Quote | None = None
    contested: bool = False
    open_ended: bool = False
    label: str = ""
    partial: Sequence[tuple[bool, Quote]] = ()
    set_aside: int = 0


@dataclass(frozen=True)
class KeyRow:
    """Another key of the incident: its name, its estimate, and a link."""

    name: str
    answer: KeyAnswer
    href: str


@dataclass(frozen=True)
class HeadlinePart:
    """The part `headline`; `steps` are the answers along the reported clock, for who drags the slider."""

    subject: str
    lead: Mapping[str, str]
    """The query parameters of its key."""
    answer: KeyAnswer
    steps: Sequence[Mapping[str, object]]
    said_by: str
    recorded_at: str
    position: int
    policy: str
    closed: bool
    digest: str
    others: Sequence[KeyRow]
    elsewhere: Sequence[KeyRow]
    number_elsewhere: int
    earlier: str
    later: str


PAGE: Final = 100
"""The most counts of places, periods and events that a page lists; more are on further pages."""


@dataclass(frozen=True)
class _HeadlineMaker:
    """Makes answers from estimates."""

    language: Language
    names: Names
    quotes: Quotes

    def answer(self, key: ApiDocument, estimate: ApiDocument | None) -> KeyAnswer:
        """Return what is said of a key; `estimate` is of `state/1`, or a step of `tolls/1`."""
        if estimate is None:
            return KeyAnswer(None)
        end = leading_end(estimate)
        low, high = self._ends(key, estimate)
        return KeyAnswer(
            self.quotes.of_end(end, key) if end else self._words(estimate),
            low,
            high,
            estimate["contested"],
            estimate["upper_open"],
            label(self.language, "estimate", estimate["label"]) if "label" in estimate else "",
            [
                (each["grade"] in "AB", self.quotes.of_claim(each))
                for each in estimate.get("set_aside", ())
                if each["code"] == "partial"
            ],
            len(estimate.get("set_aside", ())),
        )

    def _ends(self, key: ApiDocument, estimate: ApiDocument) -> tuple[Quote | None, Quote | None]:
        low, high = estimate["lower"], estimate["upper"]
        if not low or not high or low["figure"] == high["figure"]:
            return None, None
        return self.quotes.of_end(low, key), self.quotes.of_end(high, key)

    def _words(self, estimate: ApiDocument) -> Quote | None:
        """Quote the newest words, where nothing else is said."""
        newest = max(estimate.get("used", ()), key=lambda each: each["reported_at"], default=None)
        return self.quotes.of_claim(newest) if newest else None

    def step(self, key: ApiDocument, step: ApiDocument) -> Mapping[str, object]:
        """Return a step for the script of the sliders: its moment in milliseconds, and the texts to show."""
        found = self.answer(key, step)
        text = self.language.text
        return {
            "at": round(instant(step["at"]).timestamp() * 1000),
            "figure": found.figure.figure if found.figure else text("Nothing had been said of this yet."),
            "by": f"({found.figure.attribution})" if found.figure else "",
            "differ": differing(self.language, found),
        }


def differing(language: Language, answer: KeyAnswer) -> str:
    """Return the sentence on sources that differ, or on the range of what they say; empty where they agree."""
    if answer.low and answer.high:
        ends = {
            f"{name}{part}": text
            for name, quote in (("low", answer.low), ("high", answer.high))
            for part, text in (("", quote.figure), ("_by", quote.attribution))
        }
        if answer.contested:
            message = language.text("Sources differ: from %(low)s (%(low_by)s) to %(high)s (%(high_by)s).")
        else:
            message = language.text("What is said ranges from %(low)s (%(low_by)s) to %(high)s (%(high_by)s).")
        return message % ends
    return language.text("This is contested.") if answer.contested else ""


def headline(
    context: PartContext, state: ApiDocument, claims: ApiDocument, tolls: ApiDocument, page: str | None = None
) -> HeadlinePart:
    """Make the part from `state/1` with its coordinates, and `claims/1` and `tolls/1` of all that was said.

    `page` is the number of the page of the counts of places, periods and events.
    """
    data, coordinates, zone = state["data"], state["coordinates"], zone_of(state["data"])
    language, lead = context.language, context.lead
    maker = _HeadlineMaker(language, context.names, Quotes(language, context.names, claims["claims"], zone))
    rest = [each for each in data["estimates"] if key_of(each) != lead]
    elsewhere = [each for each in rest if each["scope"] != "incident"]
    shown = paged(elsewhere, page, PAGE)
    return HeadlinePart(
        key_name(language, lead.document, context.names) if lead else "",
        {name: value for name, value in context.lead_query.items() if value is not None},
        maker.answer(lead.document, lead_estimate(data["estimates"], lead)) if lead else KeyAnswer(None),
        _steps(maker, tolls, lead),
        language.moment(until, zone) if (until := coordinates["reported_until"]) else "",
        language.moment(coordinates["recorded_at"], zone),
        coordinates["position"],
        coordinates["policy"],
        coordinates["closed"],
        state["digest"],
        _rows(maker, [each for each in rest if each["scope"] == "incident"], context),
        _rows(maker, shown.items, context),
        len(elsewhere),
        context.here(counts_page=shown.earlier) if shown.earlier else "",
        context.here(counts_page=shown.later) if shown.later else "",
    )


def _steps(maker: _HeadlineMaker, tolls: ApiDocument, lead: Key | None) -> Sequence[Mapping[str, object]]:
    series = next((each for each in tolls["series"] if key_of(each) == lead), None)
    return [maker.step(series, each) for each in series["reported"]] if series else []


def _rows(maker: _HeadlineMaker, estimates: Sequence[ApiDocument], context: PartContext) -> Sequence[KeyRow]:
    rows = [
        KeyRow(
            key_name(maker.language, each, maker.names), maker.answer(each, each), context.here(**key_of(each).query)
        )
        for each in estimates
    ]
    return sorted((row for row in rows if row.answer.figure), key=lambda row: row.name)
