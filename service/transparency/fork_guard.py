"""The fork guard: a log that lost published facts, as a restored backup has, is not signed or published again.

The last published checkpoint is kept in a file outside the database, one a log.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from psycopg import Cursor

from domain.ledger.checkpoint import CheckpointError, LogCheckpoint, parse_checkpoint
from domain.ledger.receipt import origin_of
from domain.ledger.signed_note import NoteError, parse_note
from service.transparency.tile_store import GrowingTree, root_at


class LogForked(Exception):
    """The log lacks facts that were published; the sentence says what is missing, and what to do."""


@dataclass(frozen=True, slots=True)
class ForkGuard:
    """Keeps the last published checkpoint of each log in a folder."""

    folder: Path

    def path(self, log: UUID) -> Path:
        """Return where the last published checkpoint of a log is kept."""
        return self.folder / f"{log}.checkpoint"

    def published(self, log: UUID) -> LogCheckpoint | None:
        """Return the last published checkpoint of a log; None where none was. Raises LogForked if it is unreadable."""
        path = self.path(log)
        try:
            return parse_checkpoint(parse_note(path.read_bytes()).text)
        except FileNotFoundError:
            return None
        except (OSError, NoteError, CheckpointError) as error:
            raise LogForked(
                f"The last published checkpoint, in {path}, cannot be read ({error}), so it is not known whether this"
                " log still has what was published. Put back a copy of that file; nothing is signed before."
            ) from error

    def expect_continued(self, cursor: Cursor[object], log: UUID) -> None:
        """Compare the stored tree with what was published. Raises LogForked."""
        published = self.published(log)
        if published is None or not published.size:
            return
        stored = GrowingTree.stored(cursor).size
        if published.origin != origin_of(log):
            raise LogForked(f"The checkpoint in {self.path(log)} is of another log, “{published.origin}”.")
        if stored >= published.size and root_at(cursor, published.size) == published.root:
            return
        what = (
            f"has a signed tree of {stored:,} facts, and {published.size:,} were published"
            if stored < published.size
            else f"has other facts up to position {published.size:,} than were published"
        )
        raise LogForked(
            f"This log {what} (by {self.path(log)}): a backup was restored, or a failover lost facts. Signing it would"
            " tell two truths under one name, so nothing more is signed or published. Restore a copy of the database"
            " that has all of it. If that is lost for good, begin a log of another name: `knownwhen export ndjson` and,"
            " into an empty database, `knownwhen import ndjson --restore`."
        )

    def keep(self, log: UUID, note: bytes) -> None:
        """Keep a checkpoint that was published; the file is whole at any moment."""
        write_whole(self.path(log), note)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it has the old content or the new, whatever happens meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
