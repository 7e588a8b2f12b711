"""The history of a report in words: corrections with their changes, retractions, disputes and the like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from service.web.api_document import ApiDocument
from service.web.language.labels import label
from service.web.language.languages import Language, marked
from service.web.parts.figures import claim_figure
from service.web.parts.local_time import LocalTime
from service.web.parts.names import Names
from service.web.parts.report_content import claims_of, counts_of
from service.web.parts.report_fields import field_name, values_of

_CAUSES: Final = {
    "transcription": marked("Corrected by us: it had been copied wrongly."),
    "translation": marked("Corrected by us: it had been translated wrongly."),
    "attribution": marked("Corrected by us: it had been ascribed to the wrong source."),
    "reclassified": marked("Corrected by us: it had been classified wrongly."),
}
_COUNT: Final = {"lower": None, "upper": None, "best": None, "bound": "exact", "verbatim": ""}


@dataclass(frozen=True, slots=True)
class Change:
    """A field that a correction changed: what stood there before, and what stands there now; empty for nothing."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fate:
    """One thing that became of a report, with the reason given. `position` is where the log has it, if known."""

    sentence: str
    reason: str = ""
    changes: tuple[Change, ...] = ()
    position: int | None = None
    recorded_at: str = ""


def credibility(language: Language, code: int) -> str:
    """Return a credibility of the Admiralty code with its number, such as “2, probably true”."""
    return f"{language.number(code)}{language.comma}{label(language, 'credibility', code)}"


def cause_sentence(language: Language, cause: str) -> str:
    """Return what was wrong with a report that was corrected."""
    return language.text(_CAUSES[cause])


def changes_of(
    language: Language, names: Names, clock: LocalTime, changed: Sequence[ApiDocument]
) -> tuple[Change, ...]:
    """Return the changes of a correction; of figures, each that differs."""
    return tuple(
        change for each in changed for change in _changes(language, names, clock, each) if change.before != change.after
    )


def _changes(language: Language, names: Names, clock: LocalTime, changed: ApiDocument) -> list[Change]:
    field, before, after = changed["field"], changed["before"], changed["after"]
    if field == "claims":
        return _figures_changed(language, names, before or (), after or ())
    told = [values_of(language, names, clock, field, each) for each in (before, after)]
    return [Change(field_name(language, field), *told)]


def _figures_changed(
    language: Language, names: Names, before: Sequence[ApiDocument], after: Sequence[ApiDocument]
) -> list[Change]:
    old, new = (
        {claim["id"]: claim for claim, _ in claims_of({"claims": claims, "kind": ""})} for claims in (before, after)
    )
    found: list[Change] = []
    for name in [*old, *(each for each in new if each not in old)]:
        pair = [_told(language, names, claims.get(name)) for claims in (old, new)]
        found.append(Change(language.text("Figures"), *pair))
    return found


def _told(language: Language, names: Names, claim: ApiDocument | None) -> tuple[str, ...]:
    if claim is None:
        return ()
    return (f"{counts_of(language, names, claim)}: {claim_figure(language, {**_COUNT, **claim['count']})}",)


def fates_of(language: Language, names: Names, clock: LocalTime, history: ApiDocument) -> list[Fate]:
    """Return what became of a report, oldest first, from the answer of `GET /v1/reports/{report_id}`."""
    found: list[Fate] = []
    content: ApiDocument = {}
    for step in history["history"]:
        before, content = content, step.get("report", content)
        if step["fact"] != "filed":
            found.append(_fate(language, names, clock, step, before))
    return found


def latest_content(history: ApiDocument) -> ApiDocument:
    """Return the content of a report as filed, or as last corrected."""
    return next(step["report"] for step in reversed(history["history"]) if "report" in step)


def last_marks(history: ApiDocument, fact: str, undone: str) -> frozenset[str]:
    """Return the figures of which the last of two facts is `fact`; one with `disputed` false undoes the mark."""
    found: dict[str, bool] = {}
    for step in history["history"]:
        if step["fact"] in (fact, undone) and "claim" in step:
            found[step["claim"]] = step["fact"] == fact and step.get("disputed", True)
    return frozenset(name for name, holds in found.items() if holds)


def _fate(language: Language, names: Names, clock: LocalTime, step: ApiDocument, before: ApiDocument) -> Fate:
    changes: tuple[Change, ...] = ()
    if step["fact"] == "corrected":
        changes = changes_of(language, names, clock, differences(before, step["report"]))
    sentence = _SENTENCES[step["fact"]](language, names, clock, step)
    reason = step.get("reason") or ""
    if isinstance(reason, Mapping):
        reason = language.text("The reason was erased.")
    return Fate(sentence, reason, changes, step["position"], clock.moment(language, step["recorded_at"]))


def differences(before: ApiDocument, after: ApiDocument) -> list[ApiDocument]:
    """Return the fields in which two contents of a report differ."""
    names = sorted((before.keys() | after.keys()) - {"text", "report_id"})
    return [
        {"field": name, "before": before.get(name), "after": after.get(name)}
        for name in names
        if before.get(name) != after.get(name)
    ]


def _corrected(language: Language, names: Names, clock: LocalTime, step: ApiDocument) -> str:
    del names, clock
    return cause_sentence(language, step["cause"])


def _retracted(language: Language, names: Names, clock: LocalTime, step: ApiDocument) -> str:
    del names
    reported: ApiDocument = step.get("reported") or {}
    moment: str | None = reported.get("latest")
    by_source = step["by"] == "source"
    day = language.day(clock.day(moment)) if moment else ""
    if "claim" in step and by_source:
        return language.text("Figure %(claim)s was taken back by its source on %(day)s.", claim=step["claim"], day=day)
    if "claim" in step:
        return language.text("Figure %(claim)s was struck by us: it was never said.", claim=step["claim"])
    if by_source:
        return language.text("Taken back by its source on %(day)s.", day=day)
    return language.text("Struck by us: it was never said.")


def _reinstated(language: Language, names: Names, clock: LocalTime, step: ApiDocument) -> str:
    del names, clock
    if "claim" in step:
        return language.text("Figure %(claim)s counts again.", claim=step["claim"])
    return language.text("It counts again.")


def _assessed(language: Language, names: Names, clock: LocalTime, step: ApiDocument) -> str:
    del names, clock
    judged = credibility(language, step["credibility"])
    if "claim" in step:
        return language.text("Credibility of figure %(claim)s: %(judged)s.", claim=step["claim"], judged=judged)
    return language.text("Credibility: %(judged)s.", judged=judged)


def _disputed(language: Language, names: Names, clock: LocalTime, step: ApiDocument) -> str:
    del names, clock
    disputed = step.get("disputed", True)
    if "claim" in step and disputed:
        return language.text("Figure %(claim)s is disputed.", claim=step["claim"])
    if "claim" in step:
        return language.text("Figure %(claim)s is disputed no longer.", claim=step["claim"])
    return language.text("Disputed.") if disputed else language.text("Disputed no longer.")


def _moved(language: Language, names: Names, clock: LocalTime, step: ApiDocument) -> str:
    del clock
    return language.text("Moved to the incident %(incident)s.", incident=names.incident(step["to"]))


def _rescoped(language: Language, names: Names, clock: LocalTime, step: ApiDocument) -> str:
    del clock
    claims = language.comma.join(ref.partition("#")[2] for ref in step["claims"])
    scope = step.get("scope")
    if scope is None:
        return language.text("Figures %(claims)s count what they did when filed.", claims=claims)
    counted = names.scope(scope) or language.text("the whole incident")
    return language.text("Figures %(claims)s count %(scope)s from here on.", claims=claims, scope=counted)


def _erased(language: Language, names: Names, clock: LocalTime, step: ApiDocument) -> str:
    del names, clock
    parts = step.get("parts") or ()
    if "text" in parts and "sealed" in parts:
        return language.text("Its words and its sealed part were erased.")
    return (
        language.text("Its sealed part was erased.") if "sealed" in parts else language.text("Its words were erased.")
    )


_SENTENCES: Final = {
    "corrected": _corrected,
    "retracted": _retracted,
    "reinstated": _reinstated,
    "assessed": _assessed,
    "disputed": _disputed,
    "moved": _moved,
    "rescoped": _rescoped,
    "erased": _erased,
}
