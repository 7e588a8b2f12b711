"""`revisions/1`: revisions of each figure by each source, after `revision_summary` of Delphi's package epiprocess.

One record per key and origin that has a figure. Its steps are the claims of the series (series.py), each with one
figure: the best, else the lower, else the upper; words are no step, and the same figure again is no revision. Claims
withdrawn by a later whole statement are steps; retracted ones are not.

Where a report counts one key until several moments, as a table with a column a day does, the record is of what it
counts furthest, and each moment has a record besides, which says its `counted_until`: how that day's figure changed.

- `n_revisions`: how often the figure changed; `direction_changes`: how often it turned from rising to falling or back.
- `first`, `latest`: the figure, its claim, and when that was said; `min`, `max`.
- `spread`: (max - min) / max; `latest_to_first`: latest / first: decimal strings of four places, half to even, or null.
- `days_until_within_20_percent`: local days from the first step to the first from which on no step is farther from the
  latest figure than a fifth of it.
- `breaks`: how often a claim of the series replaced one of another key, or was replaced by one: there nothing compares.
- `corrections`, `retractions`, `rescopings`: how often that was done to the reports behind the series, whether or not
  it was undone: history keeps its steps.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from decimal import ROUND_HALF_EVEN, Context, Decimal
from itertools import pairwise
from typing import cast

from domain.documents.estimates import KEY_COLUMNS
from domain.documents.schemas.claims import RevisionsDocument
from domain.history.history import History, ReportHistory
from domain.ledger.canonical import canonical
from domain.reading import Document, Reading, View, ViewRow
from domain.reports.claims.claim import ResolvedClaim, latest
from domain.reports.claims.running_totals import by_counted_until, extended_totals
from domain.revisions.series import ClaimSeries, claim_series, figure_of
from domain.values.time.clocks import format_instant

NEAR = 5
"""A figure is near the latest if they are no farther apart than the latest divided by this: 20 %."""

_PLACES = Decimal("0.0001")
_EXACT = Context(prec=40, rounding=ROUND_HALF_EVEN)

FigureStep = tuple[int, ResolvedClaim]


def finish(history: History, reading: Reading) -> Document:
    """Summarise each series as reported by `reading.reported_until`."""
    reports = {report.ref: report for report in history.reports.values()}
    parts = (part for series in claim_series(history, reading.reported_until) for part in _parted(series))
    records = [
        _record(series, steps, reports, history.offset, until)
        for series, until in parts
        if (steps := _steps(series.claims))
    ]
    return {"incident": history.slug, "records": records}


def _parted(series: ClaimSeries) -> Iterator[tuple[ClaimSeries, datetime | None]]:
    """Yield the series of the furthest counts (None), then one for each moment that a report also counts until."""
    beyond = extended_totals(series.claims)
    yield replace(series, claims=tuple(claim for claim in series.claims if claim.ref not in beyond)), None
    for until, claims in by_counted_until(series.claims).items():
        yield replace(series, claims=tuple(claims)), until


def _steps(claims: Sequence[ResolvedClaim]) -> list[FigureStep]:
    """Return (figure, claim); of consecutive equal figures the first is kept."""
    steps: list[FigureStep] = []
    for claim in claims:
        figure = figure_of(claim)
        if figure is not None and not (steps and steps[-1][0] == figure):
            steps.append((figure, claim))
    return steps


def _record(
    series: ClaimSeries,
    steps: Sequence[FigureStep],
    reports: Mapping[str, ReportHistory],
    offset: tzinfo,
    until: datetime | None,
) -> Document:
    figures = [figure for figure, _ in steps]
    least, most = min(figures), max(figures)
    reports_of_series = [reports[ref] for ref in {_report(claim): None for claim in series.claims}]
    return {
        **series.key.document,
        "source": series.origin,
        **({} if until is None else {"counted_until": format_instant(until)}),
        "n_revisions": len(steps) - 1,
        "first": _end(steps[0]),
        "latest": _end(steps[-1]),
        "min": least,
        "max": most,
        "spread": _ratio(most - least, most),
        "latest_to_first": _ratio(figures[-1], figures[0]),
        "direction_changes": _direction_changes(figures),
        "days_until_within_20_percent": _days_until_near(steps, offset),
        "breaks": sum(claim.ref in series.broken or claim.ref in series.breaking for claim in series.claims),
        "corrections": sum(len(report.versions) - 1 for report in reports_of_series),
        "retractions": sum(report.retraction_count for report in reports_of_series),
        "rescopings": sum(report.rescoping_count for report in reports_of_series),
    }


def _report(claim: ResolvedClaim) -> str:
    return claim.ref.partition("#")[0]


def _end(step: FigureStep) -> Document:
    figure, claim = step
    return {"figure": figure, "claim": claim.ref, "reported_at": claim.reported_at}


def _ratio(part: int, whole: int) -> str | None:
    """Divide exactly enough and write four places, ROUND_HALF_EVEN; None where there is nothing to divide by."""
    if whole == 0:
        return None
    return str(_EXACT.quantize(_EXACT.divide(Decimal(part), Decimal(whole)), _PLACES))


def _direction_changes(figures: Sequence[int]) -> int:
    rises = [after > before for before, after in pairwise(figures)]
    return sum(before != after for before, after in pairwise(rises))


def _days_until_near(steps: Sequence[FigureStep], offset: tzinfo) -> int:
    """Count the days until the figure stays near the latest; 0 where it was so from the first."""
    last = steps[-1][0]
    near = len(steps) - 1
    while near and abs(steps[near - 1][0] - last) * NEAR <= last:
        near -= 1
    begin, end = (latest(claim.reported).astimezone(offset).date() for claim in (steps[0][1], steps[near][1]))
    return max((end - begin).days, 0)


def _rows(document: Document) -> list[ViewRow]:
    return [_row(record) for record in cast("list[dict[str, Document]]", document["records"])]


def _row(record: dict[str, Document]) -> ViewRow:
    ends = {
        f"{end}_{name}": record[end][name] for end in ("first", "latest") for name in ("figure", "claim", "reported_at")
    }
    cells = {"counted_until": record.get("counted_until"), "population": canonical(record["population"]).decode()}
    return cast("ViewRow", {**record, **cells, **ends})


VIEW = View(
    name="revisions",
    version=1,
    meaning="How each source revised each of its figures: how often, how far, in which direction, and until when.",
    finish=finish,
    document=RevisionsDocument,
    columns=(
        *KEY_COLUMNS,
        "source",
        "counted_until",
        "n_revisions",
        "first_figure",
        "first_claim",
        "first_reported_at",
        "latest_figure",
        "latest_claim",
        "latest_reported_at",
        "min",
        "max",
        "spread",
        "latest_to_first",
        "direction_changes",
        "days_until_within_20_percent",
        "breaks",
        "corrections",
        "retractions",
        "rescopings",
    ),
    rows=_rows,
)
