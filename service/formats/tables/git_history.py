"""Git history of a file: the commits of the main line that changed it, followed through renames."""

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from dulwich.diff_tree import CHANGE_RENAME, RenameDetector
from dulwich.errors import NotTreeError
from dulwich.object_store import iter_tree_contents, tree_lookup_path
from dulwich.objects import Commit, ObjectID, SubmoduleEncountered
from dulwich.repo import Repo

from service.formats.importer import UnreadableSource

_MOST_NAMED = 3


class FileAtCommit(NamedTuple):
    """A commit, its time (seconds since 1970, UTC), its tree, and the file's blob (empty: no such file)."""

    commit: ObjectID
    committed_at: int
    tree: ObjectID
    blob: ObjectID


@dataclass(slots=True)
class FileHistory:
    """The commits that changed a file, oldest first, and notes on renames and on other files at its paths."""

    versions: list[FileAtCommit] = field(default_factory=list[FileAtCommit])
    notes: list[str] = field(default_factory=list[str])


def history_of(repository: Repo, file: str) -> FileHistory:
    """Follow a file from HEAD along first parents, through renames; commits without it are skipped.

    A rename is a commit that adds the path and removes a file of mostly the same content. A similar file that stays is
    only named in a note. Raises UnreadableSource.
    """
    found = FileHistory()
    newest: list[FileAtCommit] = []
    path, start = file.encode(), _head(repository)
    other_paths: set[bytes] = set()
    while start is not None:
        other_paths.discard(path)
        states = list(_states(repository, path, start))
        present = [place for place, state in enumerate(states) if state.blob]
        if not present:
            break
        if not newest and present[0] > 0:
            found.notes.append(_removal_note(repository, path, states[present[0]], states[present[0] - 1]))
        added = _introduced_at(repository, path, states, present)
        newest += [states[place] for place in present if place <= added]
        other_paths |= {path} if added < present[-1] else set()
        path, start = _earlier_path(repository, path, states[added:], found.notes)
    found.notes += [
        f"Another file lay at “{_text(each)}” before; its versions are not read." for each in sorted(other_paths)
    ]
    if not newest:
        raise UnreadableSource(f"No commit of the repository’s main line has a file “{file}”.")
    for state in reversed(newest):
        if not found.versions or found.versions[-1].blob != state.blob:
            found.versions.append(state)
    return found


def _introduced_at(repository: Repo, path: bytes, states: Sequence[FileAtCommit], present: Sequence[int]) -> int:
    """Return the index of the commit that adds a path: the oldest, or the newest that renames a file to it."""
    for place, older in pairwise(present):
        if older > place + 1 and any(
            new == path for _, new in _moves(repository, states[place + 1].tree, states[place].tree)
        ):
            return place
    return present[-1]


def _earlier_path(
    repository: Repo, path: bytes, states: Sequence[FileAtCommit], notes: list[str]
) -> tuple[bytes, ObjectID | None]:
    """Return the path before the first of these commits, which adds the file, and the commit to continue from."""
    if len(states) == 1:
        return path, None
    added, parent = states[0], states[1]
    renames = _moves(repository, parent.tree, added.tree)
    if old := next((old for old, new in renames if new == path), None):
        notes.append(
            f"Commit {_short(added)} moved “{_text(path)}” from “{_text(old)}”; its versions there are read too."
        )
        return old, parent.commit
    if alike := _alike(repository, parent.tree, path, added.blob):
        names = " and ".join(f"“{_text(each)}”" for each in alike[:_MOST_NAMED])
        notes.append(
            f"“{_text(path)}” begins with commit {_short(added)}, beside {names}, whose versions are not read."
            f" If the table lay there before, import that as well: the same command with --path {_text(alike[0])}."
        )
    return path, None


def _removal_note(repository: Repo, path: bytes, last: FileAtCommit, after: FileAtCommit) -> str:
    """Return a note on a file that HEAD lacks."""
    new_path = next((new for old, new in _moves(repository, last.tree, after.tree) if old == path), None)
    if new_path:
        return (
            f"Commit {_short(after)} moved “{_text(path)}” to “{_text(new_path)}”, and nothing later is read here."
            f" Import --path {_text(new_path)} instead: it has these versions too."
        )
    return f"“{_text(path)}” is gone since commit {_short(after)}; what it said last still stands."


def _moves(repository: Repo, before: ObjectID, after: ObjectID) -> list[tuple[bytes, bytes]]:
    """Return the renames of a commit, as old and new path."""
    changes = RenameDetector(repository.object_store).changes_with_renames(before, after)
    return [
        (each.old.path, each.new.path)
        for each in changes
        if each.type == CHANGE_RENAME and each.old and each.old.path and each.new and each.new.path
    ]


def _alike(repository: Repo, tree: ObjectID, path: bytes, blob: ObjectID) -> list[bytes]:
    """Return the files of equal content, then those of equal name."""
    name = path.rpartition(b"/")[2]
    found = [
        (entry.sha != blob, entry.path)
        for entry in iter_tree_contents(repository.object_store, tree)
        if entry.path and (entry.sha == blob or entry.path.rpartition(b"/")[2] == name)
    ]
    return [each for _, each in sorted(found)]


def _head(repository: Repo) -> ObjectID:
    try:
        return repository.head()
    except KeyError as problem:
        raise UnreadableSource("The repository has no commit yet.") from problem


def _states(repository: Repo, path: bytes, start: ObjectID) -> Iterator[FileAtCommit]:
    """Yield the commits of the main line, newest first, each with the file's blob."""
    commit_id: ObjectID | None = start
    state: FileAtCommit | None = None
    while commit_id is not None:
        commit = repository[commit_id]
        if not isinstance(commit, Commit):
            raise UnreadableSource("The HEAD of the repository is no commit.")
        same = state is not None and commit.tree == state.tree
        blob = state.blob if state is not None and same else _blob(repository, commit.tree, path)
        state = FileAtCommit(commit.id, commit.commit_time, commit.tree, blob)
        yield state
        commit_id = commit.parents[0] if commit.parents else None


def _blob(repository: Repo, tree: ObjectID, path: bytes) -> ObjectID:
    try:
        mode, found = tree_lookup_path(repository.__getitem__, tree, path)
    except (KeyError, NotTreeError, SubmoduleEncountered):
        return ObjectID(b"")
    return found if stat.S_ISREG(mode) else ObjectID(b"")


def _short(state: FileAtCommit) -> str:
    return state.commit.decode()[:10]


def _text(path: bytes) -> str:
    return path.decode("utf-8", "replace")
