"""What the tests of the log start from: facts to append, and a recorder over a database."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from service.eventstore import FactRecorder, StoredFact, open_recorder

TOPIC = "toll_revised.v1"


def new_id() -> UUID:
    """Return an id that no other process of this test has."""
    return UUID(bytes=secrets.token_bytes(16), version=4)


def salt() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(32)


def facts(count: int, stream: UUID | None = None, after: int = 0, size: int = 200) -> list[StoredFact]:
    """Return facts that continue `stream` (or begin one) after a version; `size` is that of their state in bytes."""
    stream = stream or new_id()
    state = b'{"said":"' + b"x" * (size - 11) + b'"}'
    return [
        StoredFact(stream, version, TOPIC, state, fact_id=new_id(), text=b'{"summary":"words"}')
        for version in range(after + 1, after + count + 1)
    ]


def read_back(fact: StoredFact) -> StoredFact:
    """Return an appended fact as readers return it: without salts and without its sealed part."""
    return fact._replace(state_salt=None, text_salt=None, sealed=None, sealed_salt=None)


@contextmanager
def recording(address: str, lock_seconds: float = 10) -> Iterator[FactRecorder]:
    """Open a recorder over the database at `address`."""
    with open_recorder(address, salt=salt, new_id=new_id, lock_seconds=lock_seconds) as recorder:
        yield recorder
