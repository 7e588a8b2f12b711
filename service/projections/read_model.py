"""What a read model declares: its table, and which rows a subject has; when each row stood is kept for it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, LiteralString, TypeVar

from psycopg.sql import SQL, Composed, Identifier

from domain.summary.summary import SummaryChanges

S = TypeVar("S")

Cells = tuple[object, ...]
"""The values of a row, in the order of the columns: first those of the key."""
Key = tuple[object, ...]
Change = tuple[Key, Cells | None]
"""How the row of a key reads now; None: there is none."""

SUBJECTS = Literal["incident", "source"]


@dataclass(frozen=True, slots=True)
class ReadModel(Generic[S]):
    """A rebuildable table, filled from the log, for questions across incidents.

    `rows` is pure: from a subject as it stands (a `Present` or a `Source`) and what of it may have moved,
    to how those rows read now. Each row is kept with the range of positions in which it read so (`since`, `until`; an
    open `until` stands), so one table answers for now and for any moment. Another `version` is built anew at the next
    start of a projector. `key` and `cells` are the columns with their types; `indexes` are what follows `ON table`.
    """

    name: LiteralString
    version: int
    meaning: str
    subject: SUBJECTS
    key: Mapping[LiteralString, LiteralString]
    cells: Mapping[LiteralString, LiteralString]
    rows: Callable[[S, SummaryChanges], Iterable[Change]]
    indexes: tuple[LiteralString, ...] = ()

    @property
    def columns(self) -> dict[LiteralString, LiteralString]:
        """Every column with its type, as a row is written."""
        return {**self.key, **self.cells, **_STOOD}

    def table(self, schema: str) -> Identifier:
        """Return the table of the generation that lives in `schema`."""
        return Identifier(schema, self.name)

    def making(self, schema: str) -> Composed:
        """Return the statement that makes the table, without its indexes."""
        columns = SQL(", ").join(SQL("{} {}").format(Identifier(name), SQL(of)) for name, of in self.columns.items())
        return SQL("CREATE TABLE {} ({})").format(self.table(schema), columns)

    def indexing(self, schema: str) -> list[Composed]:
        """Return the statements that make the indexes: one row of a key stands at a time, and what is declared."""
        key = SQL(", ").join(map(Identifier, self.key))
        standing = SQL("CREATE UNIQUE INDEX ON {} ({}) WHERE until IS NULL").format(self.table(schema), key)
        return [
            standing,
            *(SQL("CREATE INDEX ON {} {}").format(self.table(schema), SQL(each)) for each in self.indexes),
        ]


_STOOD: Mapping[LiteralString, LiteralString] = {"since": "bigint NOT NULL", "until": "bigint"}

AT_A_POSITION: LiteralString = "USING gist (int8range(since, until))"
"""The index for questions of what stood at a position."""
