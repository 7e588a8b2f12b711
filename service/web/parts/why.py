"""Why this number: of each key the claims that are used, and those that are not, each with the reason."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import CODES, Language, language
from service.web.parts.context import PartContext
from service.web.parts.figures import Quote, Quotes, claim_figure, key_name
from service.web.parts.keys import Key, key_of
from service.web.parts.local_time import zone_of
from service.web.parts.paging import paged

PAGE: Final = 100
"""The most claims of one kind that a page shows; more are on further pages."""
_ENGLISH: Final = language(CODES[0], "latn")
_REF: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}#[^\s:).]+(?:\.[0-9a-z_-]+)*")
_REPLACED: Final = frozenset({"superseded", "relayed_decrease", "break", "withdrawn", "retracted"})
_FATES: Final = {"used": "used", "increment": "increments", **dict.fromkeys(_REPLACED, "replaced")}
"""The group of each status; that of all others is `set_aside`."""


@dataclass(frozen=True)
class ClaimLine:
    """A claim: what it says, its grade, its words where figures stand for them, what is marked, and the reason.

    `because` is the claim that the reason is about, where it is one.
    """

    quote: Quote
    grade: str
    graded: str
    words: str
    marks: Sequence[str]
    reason: str
    because: Quote | None


@dataclass(frozen=True)
class ClaimGroup:
    """Claims of one key with one fate: `name` is its code, `lines` those of the page shown, of `number` in all."""

    name: str
    number: int
    lines: Sequence[ClaimLine]
    earlier: str
    later: str


@dataclass(frozen=True)
class KeyReasons:
    """The claims of one key, by what became of them; `place` is `lead`, `incident`, or `elsewhere`."""

    name: str
    place: str
    number: int
    groups: Sequence[ClaimGroup]


@dataclass(frozen=True)
class Why:
    """The part `why`: that of the lead key first, then every other."""

    keys: Sequence[KeyReasons]
    more: str


@dataclass(frozen=True)
class _ReasonsMaker:
    language: Language
    quotes: Quotes
    here: Callable[..., str]
    page: str | None

    def group(self, name: str, claims: Sequence[ApiDocument]) -> ClaimGroup:
        """Return the claims of one fate, newest first; of many, those of the page asked for."""
        newest = sorted(claims, key=lambda each: (each["reported_at"].rpartition("/")[2], each["claim"]), reverse=True)
        shown = paged(newest, self.page, PAGE)
        return ClaimGroup(
            name,
            len(newest),
            [self.line(each) for each in shown.items],
            f"{self.here(why_page=shown.earlier)}#why" if shown.earlier else "",
            f"{self.here(why_page=shown.later)}#why" if shown.later else "",
        )

    def line(self, claim: ApiDocument) -> ClaimLine:
        """Return a claim of `claims/1` with the reason of its status."""
        quote = self.quotes.of_claim(claim)
        status = claim["status"]
        verbatim = claim["verbatim"] or ""
        told = quote.worded or verbatim.casefold() == claim_figure(_ENGLISH, claim).casefold()
        return ClaimLine(
            quote,
            claim["grade"],
            label(self.language, "grade", claim["grade"]),
            "" if told else verbatim,
            [label(self.language, "flag", each) for each in claim["flags"]],
            "" if status == "used" else label(self.language, "set_aside", status),
            self._because(claim),
        )

    def _because(self, claim: ApiDocument) -> Quote | None:
        """Return the claim that the reason names, if any."""
        named = _REF.search(claim["why"])
        return self.quotes.of_ref(named[0]) if named else None


def why(context: PartContext, state: ApiDocument, claims: ApiDocument, page: str | None) -> Why:
    """Make the part from `state/1` and `claims/1` of one reading; `page` is the number of the page of long lists."""
    shown_in, lead = context.language, context.lead
    quotes = Quotes(shown_in, context.names, claims["claims"], zone_of(state))
    maker = _ReasonsMaker(shown_in, quotes, context.here, page)
    by_key: dict[Key, list[ApiDocument]] = {}
    for each in claims["claims"]:
        by_key.setdefault(key_of(each), []).append(each)
    names = {key: key_name(shown_in, key.document, context.names) for key in by_key}
    order = sorted(by_key, key=lambda key: (key != lead, key.scope != "incident", names[key]))
    shown = paged(order, page, PAGE)
    more = f"{context.here(why_page=shown.later)}#why" if shown.later else ""
    return Why([_reasons(maker, names[key], by_key[key], _place(key, lead)) for key in shown.items], more)


def _place(key: Key, lead: Key | None) -> str:
    return "lead" if key == lead else "incident" if key.scope == "incident" else "elsewhere"


def _reasons(maker: _ReasonsMaker, name: str, claims: Sequence[ApiDocument], place: str) -> KeyReasons:
    groups = [maker.group(fate, found) for fate, found in _by_fate(claims) if found]
    return KeyReasons(name, place, len(claims), groups)


def _by_fate(claims: Sequence[ApiDocument]) -> Iterator[tuple[str, list[ApiDocument]]]:
    """Yield used claims, those set aside, those replaced or gone, and increments."""
    for name in ("used", "set_aside", "replaced", "increments"):
        yield name, [each for each in claims if _FATES.get(each["status"], "set_aside") == name]
