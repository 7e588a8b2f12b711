"""What rows a list is restricted to: conditions in SQL, all of which a row must meet, and what is bound in them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, LiteralString

from psycopg import sql

from service.api.spans import Span, words_searched

OFFSET: Final = "CASE i.utc_offset WHEN 'Z' THEN interval '0' ELSE i.utc_offset::interval END"
"""How far ahead of UTC an incident is, whose row goes by the alias `i`."""
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
        self, name: str, columns: tuple[LiteralString, LiteralString], span: Span, ahead: LiteralString = OFFSET
    ) -> None:
        """Have what lasted from one column to another overlap a span; a day is one in the offset `ahead` of UTC.

        A column that is null is an end that is open; where both are, nothing is known and nothing met.
        """
        if span.is_open:
            return
        lasted = {"first": sql.SQL(columns[0]), "last": sql.SQL(columns[1])}
        self.conditions.append(sql.SQL(KNOWN).format(**lasted))
        if span.first is not None:
            begin = sql.SQL(INSTANT if isinstance(span.first, datetime) else DAY_BEGINS)
            end = begin.format(given=self._given(f"{name}_from", span.first), ahead=sql.SQL(ahead))
            self.conditions.append(sql.SQL(NOT_BEFORE).format(**lasted, end=end))
        if span.last is not None:
            finish = sql.SQL(INSTANT if isinstance(span.last, datetime) else DAY_ENDS)
            end = finish.format(given=self._given(f"{name}_to", span.last), ahead=sql.SQL(ahead))
            self.conditions.append(sql.SQL(NOT_AFTER).format(**lasted, end=end))

    def _given(self, name: str, value: object) -> sql.Placeholder:
        self.bound[name] = value
        return sql.Placeholder(name)
