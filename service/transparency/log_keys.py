"""The keys that sign the log, in a file (C2SP signed-note). All of them sign, so that one can replace another."""

import os
from pathlib import Path
from typing import Final

from domain.ledger.signed_note import ED25519, NoteError, SigningKey, format_signing_key, parse_signing_key

_HEADING: Final = (
    "# Keys that sign the log of Knownwhen, one a line. All of them sign. Keep them from everybody else.\n"
)
_MODE: Final = 0o600


class LogKeysUnreadable(Exception):
    """The file of the keys is missing or not of its form; the sentence says which, and nothing of the keys."""


def read_log_keys(path: Path, origin: str) -> list[SigningKey]:
    """Return the keys of a file for the log of an origin, in their order. Raises LogKeysUnreadable."""
    try:
        lines = path.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not ASCII"
        raise LogKeysUnreadable(f"The file of log keys {path} cannot be read: {why}.") from None
    keys: list[SigningKey] = []
    for number, line in enumerate(lines, start=1):
        if line and not line.startswith("#"):
            keys.append(_key(path, number, line))
    if foreign := [key.name for key in keys if key.name != origin]:
        raise LogKeysUnreadable(
            f"The file of log keys {path} has a key of “{foreign[0]}”, which is another log: this one is “{origin}”."
        )
    return keys


def _key(path: Path, number: int, line: str) -> SigningKey:
    try:
        key = parse_signing_key(line.strip())
    except NoteError as error:
        raise LogKeysUnreadable(f"Line {number} of the file of log keys {path} is no key: {error}.") from None
    if key.kind != ED25519:
        raise LogKeysUnreadable(f"Line {number} of the file of log keys {path} is the key of a witness, not of a log.")
    return key


def write_log_keys(path: Path, keys: list[SigningKey]) -> None:
    """Write the file of the keys; it is whole at any moment, and nobody else may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = _HEADING + "".join(f"{format_signing_key(key)}\n" for key in keys)
    new = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE), "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
