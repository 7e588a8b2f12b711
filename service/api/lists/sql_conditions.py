"""A conjunction of SQL conditions with their bound parameters; time ranges in the local time of incidents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, LiteralString

from psycopg import sql

from service.api.lists.criteria import TimeRange, parse_words

_FIXED: Final = "CASE i.utc_offset WHEN 'Z' THEN interval '0' ELSE i.utc_offset::interval END"


def _utc_offset(seconds: LiteralString, transitions: LiteralString) -> LiteralString:
    """Return the UTC offset of an incident `i` at an instant: of its time zone, else its fixed offset."""
    by_zone = f"make_interval(secs => i.aheads[1 + width_bucket(floor({seconds})::bigint, i.{transitions})])"
    return f"(CASE WHEN i.aheads IS NULL THEN {_FIXED} ELSE {by_zone} END)"


OFFSET_AT_OCCURRED: Final = _utc_offset("extract(epoch FROM i.occurred_from)", "turns")
"""The UTC offset when the incident began."""
OFFSET_AT_BEGIN: Final = _utc_offset("extract(epoch FROM {value}::date::timestamp)", "wall_firsts")
"""The UTC offset when a day begins."""
OFFSET_AT_END: Final = _utc_offset("extract(epoch FROM ({value}::date + 1)::timestamp) - 1", "wall_lasts")
"""The UTC offset in the last second of a day."""
DAY_BEGINS: Final = "({value}::date::timestamp AT TIME ZONE 'UTC' - {offset})"
DAY_ENDS: Final = "(({value}::date + 1)::timestamp AT TIME ZONE 'UTC' - {offset} - interval '1 microsecond')"
INSTANT: Final = "{value}::timestamptz"
KNOWN: Final = "({first} IS NOT NULL OR {last} IS NOT NULL)"
NOT_BEFORE: Final = "({last} IS NULL OR {last} >= {end})"
NOT_AFTER: Final = "({first} IS NULL OR {first} <= {end})"
WORDS: Final = "{words} @> {value}::text[]"


@dataclass(slots=True)
class SqlConditions:
    """Conditions joined by AND, and their parameters."""

    conditions: list[sql.SQL | sql.Composed] = field(default_factory=list[sql.SQL | sql.Composed])
    parameters: dict[str, object] = field(default_factory=dict[str, object])

    def combined(self, names: Mapping[str, sql.Composable]) -> sql.Composable:
        """Return the conjunction; `names` are the placeholders of tables, see `Snapshot.names`."""
        every = [each.format(**names) if isinstance(each, sql.SQL) else each for each in self.conditions]
        return sql.SQL(" AND ").join([sql.SQL("true"), *every])

    def add(self, condition: LiteralString, **bound: object) -> None:
        """Add a condition, in which `{name}` is a table."""
        self.conditions.append(sql.SQL(condition))
        self.parameters.update(bound)

    def add_words(self, column: LiteralString, texts: Iterable[str]) -> None:
        """Require that an array of words contains all words of one of the texts."""
        each: list[sql.Composable] = []
        for number, text in enumerate(texts):
            value = self._bind(f"q_{number}", parse_words(text))
            each.append(sql.SQL(WORDS).format(words=sql.SQL(column), value=value))
        self.conditions.append(sql.SQL("({})").format(sql.SQL(" OR ").join(each)))

    def add_overlap(
        self,
        name: str,
        columns: tuple[LiteralString, LiteralString],
        wanted: TimeRange,
        offsets: tuple[LiteralString, LiteralString] = (OFFSET_AT_BEGIN, OFFSET_AT_END),
    ) -> None:
        """Require that the interval between two columns overlaps a time range.

        `offsets` are the UTC offsets when the first day of the range begins and when its last ends. A null column is an
        open end; a row with two nulls never matches.
        """
        if wanted.is_open:
            return
        interval = {"first": sql.SQL(columns[0]), "last": sql.SQL(columns[1])}
        self.conditions.append(sql.SQL(KNOWN).format(**interval))
        if wanted.first is not None:
            begin = sql.SQL(INSTANT if isinstance(wanted.first, datetime) else DAY_BEGINS)
            value = self._bind(f"{name}_from", wanted.first)
            end = begin.format(value=value, offset=sql.SQL(offsets[0]).format(value=value))
            self.conditions.append(sql.SQL(NOT_BEFORE).format(**interval, end=end))
        if wanted.last is not None:
            finish = sql.SQL(INSTANT if isinstance(wanted.last, datetime) else DAY_ENDS)
            value = self._bind(f"{name}_to", wanted.last)
            end = finish.format(value=value, offset=sql.SQL(offsets[1]).format(value=value))
            self.conditions.append(sql.SQL(NOT_AFTER).format(**interval, end=end))

    def _bind(self, name: str, value: object) -> sql.Placeholder:
        self.parameters[name] = value
        return sql.Placeholder(name)
