"""Quotable sentences: an estimate in plain words, with source, day and relay of each figure."""

from datetime import datetime, tzinfo

from domain.estimates.estimate import CitedFigure, Estimate, PolicyClaim
from domain.history.history import History
from domain.reports.claims.claim import INCIDENT_SCOPE, ClaimKey, ResolvedClaim, event_of_scope, split_scope
from domain.values.counts.count import words_for

_MONTHS = (  # fixed, whatever the locale
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

_SO_FAR = dict.fromkeys("AB", "Verified")
"""Verb for an incomplete count by grade; sources graded below B “counted”."""

_MEASURES = {"killed_or_injured": "Killed or injured", "bodies_found": "Bodies found", "strength": "Strength"}


def sentences(history: History, key: ClaimKey, estimate: Estimate) -> list[str]:
    """Return sentences on one key: figure or range, contested ends, and partial counts."""
    if not estimate.used:
        return []
    text = [f"{_subject(history, key)}: {_headline(history, estimate)}."]
    if estimate.contested:
        text.append(_contested(history, estimate))
    text += [
        f"{_SO_FAR.get(item.claim.grade, 'Counted')} so far: {words_for(item.claim.resolved.count)}"
        f" ({_name(history, item.claim.resolved)})."
        for item in sorted(estimate.set_aside, key=lambda item: item.claim.resolved.origin)
        if item.code == "partial"
    ]
    return [" ".join(part for part in text if part)]


def day_words(moment: datetime, offset: tzinfo, year: int | None) -> str:
    """Print the local day of a moment: `12 March`, with the year where it is not the incident's."""
    local = moment.astimezone(offset)
    day = f"{local.day} {_MONTHS[local.month - 1]}"
    return day if local.year == year else f"{day} {local.year}"


def _subject(history: History, key: ClaimKey) -> str:
    measure = _MEASURES.get(key.measure, key.measure.replace("_", " ").capitalize())
    pieces = [measure, key.population.noun_phrase()]
    if key.manner:
        pieces.append(f"by {key.manner.replace('_', ' ')}")
    home, scope = split_scope(key.scope)
    if event := event_of_scope(scope):
        pieces.append(f"in the event “{event}”")
    elif scope != INCIDENT_SCOPE:
        bounds = history.bounds.get(key.scope)
        pieces.append(bounds.label if bounds else scope)
    if home:
        pieces.append(f"as counted for “{history.incident(home).title}”")
    return ", ".join(pieces)


def _headline(history: History, estimate: Estimate) -> str:
    """Quote the best figure, else the upper or lower end, else the newest words."""
    end = estimate.best or estimate.upper or estimate.lower
    return _quote(
        history, _claim_of_end(estimate, end) if end else max(estimate.used, key=lambda used: used.resolved.recency_key)
    )


def _contested(history: History, estimate: Estimate) -> str:
    if estimate.lower is None or estimate.upper is None or estimate.lower.figure == estimate.upper.figure:
        return "This is contested."
    low, high = _claim_of_end(estimate, estimate.lower), _claim_of_end(estimate, estimate.upper)
    return f"Sources differ: from {_quote(history, low)} to {_quote(history, high)}."


def _claim_of_end(estimate: Estimate, end: CitedFigure) -> PolicyClaim:
    """Return the used claim with this end; for a part that exceeds its whole, the whole."""
    return next(used for used in estimate.used if end in (used.best, used.upper, used.lower))


def _quote(history: History, claim: PolicyClaim) -> str:
    """Format a figure with source, day and relays; names the part where it exceeds its whole."""
    if claim.exceeded_by is not None and claim.lower is not None:
        part = claim.exceeded_by
        alone = f"counting {part.key.population.noun_phrase()} alone"
        return f"at least {claim.lower.figure:,} ({_attribution(history, part, alone)})"
    return f"{words_for(claim.resolved.count)} ({_attribution(history, claim.resolved)})"


def _attribution(history: History, claim: ResolvedClaim, *remarks: str) -> str:
    pieces = [_name(history, claim), *remarks]
    if claim.reported.latest:
        pieces.append(day_words(claim.reported.latest, history.filing_offset(claim.ref), _year(history)))
    if claim.via:
        pieces.append("via " + ", ".join(history.source_name(relay) for relay in claim.via))
    return ", ".join(pieces)


def _name(history: History, claim: ResolvedClaim) -> str:
    """Return the name of a claim's own source, also where linked to another; anonymous ones in their words."""
    return history.source_name(claim.source) if isinstance(claim.source, str) else claim.source.anonymous


def _year(history: History) -> int | None:
    """Return the year of the incident's period, which a day within it need not repeat."""
    start = (history.own.period or "")[:4]
    return int(start) if start.isdigit() else None
