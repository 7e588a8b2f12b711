"""What rows a list is restricted to: conditions in SQL, all of which a row must meet, and what is bound in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, LiteralString

from psycopg import sql

from service.api.spans import Span, words_searched

_FIXED: Final = "CASE i.utc_offset WHEN 'Z' THEN interval '0' ELSE i.utc_offset::interval END"


def _ahead(seconds: LiteralString, turns: LiteralString) -> LiteralString:
    """Return how far ahead of UTC an incident is, whose row goes by the alias `i`: by its time zone, if it has one."""
    by_zone = f"make_interval(secs => i.aheads[1 + width_bucket(floor({seconds})::bigint, i.{turns})])"
    return f"(CASE WHEN i.aheads IS NULL THEN {_FIXED} ELSE {by_zone} END)"


AHEAD_AT_OCCURRED: Final = _ahead("extract(epoch FROM i.occurred_from)", "turns")
"""How far ahead of UTC it is when it began."""
AHEAD_AT_BEGIN: Final = _ahead("extract(epoch FROM {given}::date::timestamp)", "wall_firsts")
"""How far ahead of UTC it is when a day begins."""
AHEAD_AT_END: Final = _ahead("extract(epoch FROM ({given}::date + 1)::timestamp) - 1", "wall_lasts")
"""How far ahead of UTC it is in the last second of a day."""
DAY_BEGINS: Final = "({given}::date::timestamp AT TIME ZONE 'UTC' - {ahead})"
DAY_ENDS: Final = "(({given}::date + 1)::timestamp AT TIME ZONE 'UTC' - {ahead} - interval '1 microsecond')"
INSTANT: Final = "{given}::timestamptz"
KNOWN: Final = "({first} IS NOT NULL OR {last} IS NOT NULL)"
NOT_BEFORE: Final = "({last} IS NULL OR {last} >= {end})"
NOT_AFTER: Final = "({first} IS NULL OR {first} <= {end})"
WORDS: Final = "{words} @> {given}::text[]"


@dataclass(slots=True)
class Restriction:
    """Conditions that are all to be met, and what is bound in them."""

    conditions: list[sql.SQL | sql.Composed] = field(default_factory=list[sql.SQL | sql.Composed])
    bound: dict[str, object] = field(default_factory=dict[str, object])

    def whole(self, names: Mapping[str, sql.Composable]) -> sql.Composable:
        """Return all conditions as one; `names` are those of the tables that they look into besides."""
        every = [each.format(**names) if isinstance(each, sql.SQL) else each for each in self.conditions]
        return sql.SQL(" AND ").join([sql.SQL("true"), *every])

    def add(self, condition: LiteralString, **bound: object) -> None:
        """Add a condition; in it, tables stand as `{name}`."""
        self.conditions.append(sql.SQL(condition))
        self.bound.update(bound)

    def words(self, column: LiteralString, searched: Iterable[str]) -> None:
        """Have a column of words hold all words of one of the texts that are searched for."""
        each: list[sql.Composable] = []
        for number, text in enumerate(searched):
            given = self._given(f"q_{number}", words_searched(text))
            each.append(sql.SQL(WORDS).format(words=sql.SQL(column), given=given))
        self.conditions.append(sql.SQL("({})").format(sql.SQL(" OR ").join(each)))

    def overlap(
        self,
        name: str,
        columns: tuple[LiteralString, LiteralString],
        span: Span,
        ahead: tuple[LiteralString, LiteralString] = (AHEAD_AT_BEGIN, AHEAD_AT_END),
    ) -> None:
        """Have what lasted from one column to another overlap a span.

        `ahead` says how far ahead of UTC an incident is when the first day begins, and when the last ends. A column
        that is null is an end that is open; where both are, nothing is known and nothing met.
        """
        if span.is_open:
            return
        lasted = {"first": sql.SQL(columns[0]), "last": sql.SQL(columns[1])}
        self.conditions.append(sql.SQL(KNOWN).format(**lasted))
        if span.first is not None:
            begin = sql.SQL(INSTANT if isinstance(span.first, datetime) else DAY_BEGINS)
            given = self._given(f"{name}_from", span.first)
            end = begin.format(given=given, ahead=sql.SQL(ahead[0]).format(given=given))
            self.conditions.append(sql.SQL(NOT_BEFORE).format(**lasted, end=end))
        if span.last is not None:
            finish = sql.SQL(INSTANT if isinstance(span.last, datetime) else DAY_ENDS)
            given = self._given(f"{name}_to", span.last)
            end = finish.format(given=given, ahead=sql.SQL(ahead[1]).format(given=given))
            self.conditions.append(sql.SQL(NOT_AFTER).format(**lasted, end=end))

    def _given(self, name: str, value: object) -> sql.Placeholder:
        self.bound[name] = value
        return sql.Placeholder(name)
