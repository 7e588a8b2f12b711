"""`git`: the history of a file in a repository; reports of each version are its differences from the one before.

Commits follow first parents from HEAD, the main line. The reported time is that of the commit.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from dulwich.errors import NotGitRepository
from dulwich.objects import Blob
from dulwich.repo import Repo

from domain.values.time.clocks import format_instant
from service.formats.importer import (
    BatchLine,
    Importer,
    ImportFault,
    ImportNote,
    ImportSource,
    Location,
    UnreadableSource,
)
from service.formats.tables.changes import FileVersion, VersionSequence, mapping_of, registration_lines
from service.formats.tables.git_history import FileAtCommit, history_of


def _read(source: ImportSource) -> Iterator[BatchLine | ImportFault | ImportNote]:
    """Yield the changes of every version of the file, oldest first. Raises UnreadableSource."""
    table, file = mapping_of(source), _file(source)
    with _opened(source) as repository:
        history = history_of(repository, file)
        yield from (ImportNote(Location(file), text) for text in history.notes)
        yield from registration_lines(source, table)
        following = VersionSequence(table, file, () if table.title_stays else source.current_rows(table))
        latest = 0
        for number, changed in enumerate(history.versions, 1):
            # Reported times never decrease, whatever the clocks of the committers.
            latest = max(latest, changed.committed_at)
            moment = format_instant(datetime.fromtimestamp(latest, UTC))
            yield from following.changes(
                FileVersion(number, changed.commit.decode(), moment, _data(repository, changed))
            )
            source.advance(1)


def _steps(source: ImportSource) -> int:
    with _opened(source) as repository:
        return len(history_of(repository, _file(source)).versions)


def _opened(source: ImportSource) -> Repo:
    if len(source.paths) != 1:
        raise UnreadableSource("Name one repository, and the file in it by --path.")
    path: Path = source.paths[0]
    try:
        repository = Repo(str(path))
    except NotGitRepository as problem:
        raise UnreadableSource(f"{path} is no git repository.") from problem
    if repository.get_shallow():
        repository.close()
        raise UnreadableSource(f"{path} has only part of its history; fetch the rest: git fetch --unshallow.")
    return repository


def _file(source: ImportSource) -> str:
    if not source.path:
        raise UnreadableSource("Say which file of the repository is the table: --path FILE.")
    return source.path.strip("/")


def _data(repository: Repo, changed: FileAtCommit) -> bytes:
    blob = repository[changed.blob]
    return blob.data if isinstance(blob, Blob) else b""


IMPORTER = Importer(
    name="git",
    summary="every version that a CSV or JSON file had in a git repository, by a mapping file",
    files="a git repository; --path names the file in it",
    read=_read,
    steps=_steps,
    needs_map=True,
)
