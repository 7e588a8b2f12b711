"""`knownwhen keys`: makes, lists and rotates the key-encryption keys that protect sealed parts."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from psycopg import Connection
from psycopg.rows import TupleRow

from domain.incident.refusals import Refusal
from service import wiring
from service.access.sealing.key_encryption import BY_COMMAND, KeyFileUnreadable, read_keys
from service.access.sealing.rotation import sources_by_key, wrap_anew
from service.console.command import EXIT_FAILED, EXIT_OK, CannotRun, Misuse, announce
from service.console.database import expect_data, expect_migrated, on_database
from service.console.terminal import count, print_json
from service.postgres.pool import connect
from service.settings import Settings

T = TypeVar("T")

_NAME_IT = (
    "KNOWNWHEN_KEK_FILE names the file of the keys; set it to a path that is in no backup of the database. For a key"
    " service, KNOWNWHEN_KEK_COMMAND names a command instead (docs/erasure.md)."
)


def create(settings: Settings) -> int:
    """Make the first key, in the file that the settings name. Raises Misuse, CannotRun."""
    path = _file(settings)
    if path.exists() and _keys(path):
        raise CannotRun(f"There is a key in {path} already; `knownwhen keys rotate` adds another and uses that.")
    made = _made(path)
    announce(
        f"The key {made} is in {path}. Keep a copy where no backup of the database is: without it, nothing sealed can"
        " ever be opened.\n"
    )
    return EXIT_OK


def keys_at_hand(settings: Settings) -> list[str]:
    """Return the ids of the key-encryption keys that the settings name; the last wraps. Raises Misuse, CannotRun."""
    return [BY_COMMAND] if settings.kek_command else list(_keys(_file(settings)))


def list_(settings: Settings, *, json: bool) -> int:
    """Print the keys at hand and the lost ones, and how many sources each protects; EXIT_FAILED where one is lost.

    Raises Misuse, CannotRun, PostgresProblem.
    """
    at_hand = keys_at_hand(settings)
    expect_data(settings)
    used = _on_log(settings, sources_by_key)
    lost = sorted(used.keys() - set(at_hand))
    states = dict.fromkeys(at_hand, "kept") | dict.fromkeys(lost, "lost")
    if at_hand:
        states[at_hand[-1]] = "wraps"
    if json:
        keys = [{"key": key, "state": state, "sources": used.get(key, 0)} for key, state in states.items()]
        print_json({"ok": not lost, "keys": keys})
        return EXIT_FAILED if lost else EXIT_OK
    for key, state in states.items():
        announce(f"{key}  {_IN_WORDS[state]}; protects {count(used.get(key, 0), 'source')}\n")
    return EXIT_FAILED if lost else EXIT_OK


_IN_WORDS = {"wraps": "wraps new keys", "kept": "kept", "lost": "LOST, not at hand"}


def rotate(settings: Settings) -> int:
    """Add a key to the file, and wrap every data key by it; by a command, wrap all of them anew.

    Raises Misuse, CannotRun and PostgresProblem.
    """
    expect_data(settings)
    made = BY_COMMAND if settings.kek_command else _added(_file(settings))
    try:
        number = _on_log(settings, lambda connection: wrap_anew(connection, wiring.keys_of(settings)))
    except Refusal as problem:
        raise CannotRun(str(problem)) from problem
    announce(f"{count(number, 'data key')} wrapped by {made}. Older keys protect only what older backups hold.\n")
    return EXIT_OK


def _on_log(settings: Settings, work: Callable[[Connection[TupleRow]], T]) -> T:
    def on_url(url: str) -> T:
        expect_migrated(url)
        with connect(url) as connection:
            return work(connection)

    return on_database(settings, on_url)


def _file(settings: Settings) -> Path:
    if settings.kek_file is None:
        raise Misuse(_NAME_IT)
    return settings.kek_file


def _keys(path: Path) -> dict[str, bytes]:
    try:
        return read_keys(path)
    except KeyFileUnreadable as problem:
        raise CannotRun(str(problem)) from problem


def _added(path: Path) -> str:
    if not _keys(path):
        raise CannotRun(f"There is no key in {path} yet; `knownwhen keys create` makes one.")
    return _made(path)


def _made(path: Path) -> str:
    try:
        return wiring.make_key(path)
    except KeyFileUnreadable as problem:
        raise CannotRun(str(problem)) from problem
