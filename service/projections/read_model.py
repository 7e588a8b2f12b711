"""Declaration of a read model: its table, and the rows that a subject has. Validity ranges are kept by the engine."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, LiteralString, NamedTuple, TypeVar
from uuid import UUID

from psycopg.sql import SQL, Composed, Identifier

from domain.incident.source_decisions import Source
from domain.summary.incident_projection import IncidentProjection
from domain.summary.summary import SummaryChanges

S = TypeVar("S")

RowValues = tuple[object, ...]
"""The values of a row, in the order of the columns: first those of the key."""
RowKey = tuple[object, ...]
RowChange = tuple[RowKey, RowValues | None]
"""The current row of a key; None: there is none."""

SubjectKind = Literal["incident", "source"]
Subject = IncidentProjection | Source | None
"""The state of an incident, or of a source (None before its first fact)."""


class CellReplacement(NamedTuple):
    """Cells to write into every stored row, of any position, with the values `where`; both by column."""

    where: Mapping[str, object]
    cells: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ReadModel(Generic[S]):
    """A rebuildable table, filled from the log, for questions across incidents.

    `rows` is pure: from the state of a subject (an `IncidentProjection` or a `Source`) to all its rows. `changed` is an
    optimisation for subjects with many rows: from the state and the changes that the last fact may have made, to the
    rows that may differ, and None for keys without a row now. Both must give the same rows: the contract test compares
    them.

    Each row is kept with its range of positions (`since`, `until`; `until` is null while it is current), so one table
    answers for now and for any moment. Another `version` is built at the next start of a projector. `key` and `cells`
    are the columns with their types; `indexes` are the parts of CREATE INDEX after `ON table`.

    A read model with words of the free text says what becomes of them when that is erased: `erased` gives, for a
    report, the cells that replace those of its stored rows, also of past ones.
    """

    name: LiteralString
    version: int
    meaning: str
    subject: SubjectKind
    key: Mapping[LiteralString, LiteralString]
    cells: Mapping[LiteralString, LiteralString]
    rows: Callable[[S], Iterable[RowValues]]
    changed: Callable[[S, SummaryChanges], Iterable[RowChange]] | None = None
    erased: Callable[[S, UUID], Iterable[CellReplacement]] | None = None
    indexes: tuple[LiteralString, ...] = ()

    @property
    def columns(self) -> dict[LiteralString, LiteralString]:
        """Every column with its type, in the order of a stored row."""
        return {**self.key, **self.cells, **_VALIDITY}

    def key_of(self, row: RowValues) -> RowKey:
        """Return the key of a row."""
        return row[: len(self.key)]

    def changes(self, subject: S, summary_changes: SummaryChanges, keys: Collection[RowKey]) -> Iterable[RowChange]:
        """Return the rows of a subject that may differ from those stored; `keys` are all that are stored."""
        if self.changed is not None:
            return self.changed(subject, summary_changes)
        rows = {self.key_of(row): row for row in self.rows(subject)}
        return [*rows.items(), *((key, None) for key in keys if key not in rows)]

    def table(self, schema: str) -> Identifier:
        """Return the table of the generation in `schema`."""
        return Identifier(schema, self.name)

    def create_table(self, schema: str) -> Composed:
        """Return the statement that creates the table, without its indexes."""
        columns = SQL(", ").join(
            SQL("{} {}").format(Identifier(name), SQL(type_)) for name, type_ in self.columns.items()
        )
        return SQL("CREATE TABLE {} ({})").format(self.table(schema), columns)

    def create_indexes(self, schema: str) -> list[Composed]:
        """Return the statements that create the indexes: the unique one of current rows, and those declared."""
        key = SQL(", ").join(map(Identifier, self.key))
        current = SQL("CREATE UNIQUE INDEX ON {} ({}) WHERE until IS NULL").format(self.table(schema), key)
        return [
            current,
            *(SQL("CREATE INDEX ON {} {}").format(self.table(schema), SQL(each)) for each in self.indexes),
        ]


_VALIDITY: Mapping[LiteralString, LiteralString] = {"since": "bigint NOT NULL", "until": "bigint"}

AT_A_POSITION: LiteralString = "USING gist (int8range(since, until))"
"""The index for questions about the rows at a position."""
