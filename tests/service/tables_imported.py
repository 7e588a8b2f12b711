"""Tables in tests: repositories made of versions, files imported by the real write path, tables exported again."""

import asyncio
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.repo import Repo

from domain.values.time.clocks import parse_instant
from service import wiring
from service.api.batches.line import write_of
from service.api.batches.outcomes import GROUP_SIZE, record
from service.eventstore.writer import Acknowledgement, WriteRequest
from service.formats import registry, tables
from service.formats.export.incidents import ExportRequest, open_export
from service.formats.importer import BatchLine, ImportFault, ImportNote, ImportSource
from service.formats.tables import TableMap, write_csv, write_json

FILE = "data/table"
"""Where the table lies in a repository of a test."""
_BY = b"A Test <test@example.org>"


def repository(folder: Path, versions: Iterable[tuple[str, bytes | None]], *, start: ObjectID | None = None) -> Path:
    """Make a repository in which a commit at each moment (RFC 3339) holds these bytes as the table; None: no file."""
    folder.mkdir(exist_ok=True)
    repo = Repo(str(folder)) if (folder / ".git").exists() else Repo.init(str(folder))
    head = start or (repo.head() if b"refs/heads/master" in repo.refs.allkeys() else None)
    for moment, data in versions:
        head = _committed(repo, moment, data, head)
    assert head is not None
    repo.refs[b"refs/heads/master"] = head
    repo.close()
    return folder


def repository_of_files(folder: Path, versions: Iterable[tuple[str, Mapping[str, bytes]]]) -> Path:
    """Make a repository in which a commit at each moment (RFC 3339) holds these files, by path, and no others."""
    folder.mkdir()
    repo = Repo.init(str(folder))
    head = None
    for moment, files in versions:
        head = _stored(repo, _commit(_tree(repo, files), moment, head))
    assert head is not None
    repo.refs[b"refs/heads/master"] = head
    repo.close()
    return folder


def _tree(repo: Repo, files: Mapping[str, bytes]) -> ObjectID:
    tree = Tree()
    folders: dict[str, dict[str, bytes]] = {}
    for path, data in files.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = data
        else:
            tree.add(name.encode(), 0o100644, _stored(repo, Blob.from_string(data)))
    for name, inner in folders.items():
        tree.add(name.encode(), 0o040000, _tree(repo, inner))
    return _stored(repo, tree)


def _commit(tree: ObjectID, moment: str, parent: ObjectID | None) -> Commit:
    commit = Commit()
    commit.tree = tree
    commit.parents = [parent] if parent else []
    commit.author = commit.committer = _BY
    commit.author_time = commit.commit_time = int(parse_instant(moment).timestamp())
    commit.author_timezone = commit.commit_timezone = 0
    commit.message = b"A version"
    return commit


def _committed(repo: Repo, moment: str, data: bytes | None, parent: ObjectID | None) -> ObjectID:
    inner, root = Tree(), Tree()
    if data is not None:
        blob = Blob.from_string(data)
        repo.object_store.add_object(blob)
        inner.add(b"table", 0o100644, blob.id)
    inner.add(b"other", 0o100644, _stored(repo, Blob.from_string(moment.encode())))
    root.add(b"data", 0o040000, _stored(repo, inner))
    return _stored(repo, _commit(_stored(repo, root), moment, parent))


def _stored(repo: Repo, what: Blob | Tree | Commit) -> ObjectID:
    repo.object_store.add_object(what)
    return what.id


@dataclass(frozen=True, slots=True)
class Import:
    """What came of an import: what was recorded, what had been, and what could not be taken."""

    recorded: int
    replayed: int
    refused: list[str]
    bad: list[ImportFault]
    notes: list[str]


def imported(url: str, name: str, source: ImportSource, most: int | None = None) -> Import:
    """Import by the writer of the service; with `most`, stop after so many lines as if the process had been killed."""
    source = replace(source, current_rows=partial(tables.current_rows, url))
    bad: list[ImportFault] = []
    notes: list[str] = []
    answers: list[Any] = []

    async def run() -> None:
        async with wiring.services(url) as house:
            groups = _groups(registry.IMPORTERS[name].read(source), bad, notes, most)
            while (writes := await asyncio.to_thread(next, groups, None)) is not None:
                answers.extend(await record(house.writer, writes))

    asyncio.run(run())
    written = [each for each in answers if isinstance(each, Acknowledgement)]
    known = [each for each in written if each.replayed or each.position is None]
    refused = [str(each) for each in answers if not isinstance(each, Acknowledgement)]
    return Import(len(written) - len(known), len(known), refused, bad, notes)


def _groups(
    read: Iterator[BatchLine | ImportFault | ImportNote], bad: list[ImportFault], notes: list[str], most: int | None
) -> Iterator[list[WriteRequest]]:
    group: list[WriteRequest] = []
    for number, each in enumerate(read):
        if number == most:
            break
        if isinstance(each, ImportFault):
            bad.append(each)
        elif isinstance(each, ImportNote):
            notes.append(each.text)
        else:
            group.append(write_of(each.document))
        if len(group) == GROUP_SIZE:
            yield group
            group = []
    yield group


def exported(url: str, table: TableMap, **asked: Any) -> bytes:
    """Export a table at a reading: `as_of`, `reported_until`."""
    out = io.BytesIO()
    with open_export(url, ExportRequest(**asked)) as export:
        (write_csv if table.format == "csv" else write_json)(export, table, out)
    return out.getvalue()


def as_json(url: str, table: TableMap, **asked: Any) -> Any:
    """Export a table of JSON at a reading, and read it."""
    return json.loads(exported(url, table, **asked))
