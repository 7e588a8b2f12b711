"""The history of a file in a git repository: every version is told against the one before, with its commit's time.

Commits are taken along first parents from HEAD, so that each version is one that the file had in the main line.
"""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from dulwich.errors import NotGitRepository, NotTreeError
from dulwich.object_store import tree_lookup_path
from dulwich.objects import Blob, Commit, ObjectID, SubmoduleEncountered
from dulwich.repo import Repo

from domain.clocks import format_instant
from service.importer import Bad, Importer, Line, Source, Unreadable
from service.tables.files import mapped, registered
from service.tables.versions import Following, Version


class _State(NamedTuple):
    """A commit, when it was made (seconds since 1970, UTC), and the file in it."""

    commit: bytes
    made: int
    blob: bytes


def _read(source: Source) -> Iterator[Line | Bad]:
    """Yield what every version of the file changed, from the oldest on. Raises Unreadable."""
    table, file = mapped(source), _file(source)
    with _opened(source) as repository:
        changes = _changes(repository, file)
        yield from registered(source, table)
        following = Following(table, file)
        latest = 0
        for number, changed in enumerate(changes, 1):
            # No version was said before the one that it changed, whatever the clocks of those who made them showed.
            latest = max(latest, changed.made)
            moment = format_instant(datetime.fromtimestamp(latest, UTC))
            yield from following.take(Version(number, changed.commit.decode(), moment, _data(repository, changed)))
            source.advance(1)


def _steps(source: Source) -> int:
    with _opened(source) as repository:
        return len(_changes(repository, _file(source)))


def _opened(source: Source) -> Repo:
    if len(source.paths) != 1:
        raise Unreadable("Name one repository, and the file in it by --path.")
    path: Path = source.paths[0]
    try:
        repository = Repo(str(path))
    except NotGitRepository as problem:
        raise Unreadable(f"{path} is no git repository.") from problem
    if repository.get_shallow():
        repository.close()
        raise Unreadable(f"{path} has only part of its history; fetch the rest: git fetch --unshallow.")
    return repository


def _file(source: Source) -> str:
    if not source.path:
        raise Unreadable("Say which file of the repository is the table: --path FILE.")
    return source.path.strip("/")


def _changes(repository: Repo, file: str) -> list[_State]:
    """Return the commits of the main line that changed the file, oldest first; where it is missing, it says nothing."""
    found: list[_State] = []
    for state in reversed(list(_states(repository, file.encode()))):
        if state.blob and (not found or found[-1].blob != state.blob):
            found.append(state)
    if not found:
        raise Unreadable(f"No commit of the repository’s main line has a file “{file}”.")
    return found


def _states(repository: Repo, path: bytes) -> Iterator[_State]:
    """Yield the commits of the main line, newest first, each with the file as it is there (empty: it is not)."""
    try:
        commit_id: ObjectID | None = repository.head()
    except KeyError as problem:
        raise Unreadable("The repository has no commit yet.") from problem
    tree = blob = None
    while commit_id is not None:
        commit = repository[commit_id]
        if not isinstance(commit, Commit):
            raise Unreadable("The HEAD of the repository is no commit.")
        if blob is None or commit.tree != tree:
            tree, blob = commit.tree, _blob(repository, commit.tree, path)
        yield _State(commit.id, commit.commit_time, blob)
        commit_id = commit.parents[0] if commit.parents else None


def _blob(repository: Repo, tree: ObjectID, path: bytes) -> bytes:
    try:
        mode, found = tree_lookup_path(repository.__getitem__, tree, path)
    except (KeyError, NotTreeError, SubmoduleEncountered):
        return b""
    return found if stat.S_ISREG(mode) else b""


def _data(repository: Repo, changed: _State) -> bytes:
    blob = repository[changed.blob]
    return blob.data if isinstance(blob, Blob) else b""


IMPORTER = Importer(
    name="git",
    summary="every version that a CSV or JSON file had in a git repository, by a mapping file",
    files="a git repository; --path names the file in it",
    read=_read,
    steps=_steps,
    mapped=True,
)
