"""Key-encryption keys, which wrap the data keys: in a file, or behind a command such as that of a key service."""

import base64
import hashlib
import os
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.access.sealing.envelope import KEY_BYTES, NONCE_BYTES
from service.access.sealing.refusals import KeyCommandFailed, NoSealingKey, SealedPartDamaged, SealingKeyLost

COMMAND_SECONDS: Final = 3
"""Seconds that a command may take; a writer waits for it with the log locked, for 5 at most."""
BY_COMMAND: Final = "command"
"""The id that keys wrapped by a command have."""

_HEADING: Final = "# Key-encryption keys of Knownwhen, one a line: id and key. The last one wraps; keep all of them.\n"

RandomBytes = Callable[[int], bytes]


class KeyFileUnreadable(Exception):
    """The file of key-encryption keys is missing or not of its form; the sentence says which."""


class WrappedKey(NamedTuple):
    """A wrapped data key, and the id of the key-encryption key that wrapped it."""

    wrapped_by: str
    wrapped: bytes


class KeyEncryption(Protocol):
    """Wraps and unwraps data keys. `binding` says whose they are, and has to be the same for both."""

    def wrap(self, key: bytes, binding: bytes) -> WrappedKey:
        """Wrap a key; raises NoSealingKey, KeyCommandFailed."""
        ...

    def unwrap(self, key: WrappedKey, binding: bytes) -> bytes:
        """Unwrap a key; raises SealingKeyLost, SealedPartDamaged, KeyCommandFailed."""
        ...


class NoKeys:
    """No key-encryption key is set: nothing is sealed, and nothing opened."""

    def wrap(self, key: bytes, binding: bytes) -> WrappedKey:  # noqa: ARG002 - the protocol's
        raise NoSealingKey

    def unwrap(self, key: WrappedKey, binding: bytes) -> bytes:  # noqa: ARG002 - the protocol's
        raise SealingKeyLost(key=f"“{key.wrapped_by}”")


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Keys in a file, read at each use, so that a running service follows a rotation. The last one wraps."""

    path: Path
    random_bytes: RandomBytes

    def wrap(self, key: bytes, binding: bytes) -> WrappedKey:
        try:
            keys = read_keys(self.path)
        except KeyFileUnreadable:
            keys = {}
        if not keys:
            raise NoSealingKey
        kek_id = next(reversed(keys))
        nonce = self.random_bytes(NONCE_BYTES)
        return WrappedKey(kek_id, nonce + AESGCM(keys[kek_id]).encrypt(nonce, key, binding))

    def unwrap(self, key: WrappedKey, binding: bytes) -> bytes:
        try:
            kek = read_keys(self.path).get(key.wrapped_by)
        except KeyFileUnreadable:
            kek = None
        if kek is None:
            raise SealingKeyLost(key=f"“{key.wrapped_by}”")
        try:
            return AESGCM(kek).decrypt(key.wrapped[:NONCE_BYTES], key.wrapped[NONCE_BYTES:], binding)
        except (InvalidTag, ValueError):
            raise SealedPartDamaged(what="The key of its source") from None


@dataclass(frozen=True, slots=True)
class KeyCommand:
    """A command that is run with `wrap` or `unwrap`, and has base64 for standard input and output.

    What it wraps is the key after a digest of its binding, so that a wrapped key cannot be put in another's place.
    """

    command: str

    def wrap(self, key: bytes, binding: bytes) -> WrappedKey:
        return WrappedKey(BY_COMMAND, self._run("wrap", hashlib.sha256(binding).digest() + key))

    def unwrap(self, key: WrappedKey, binding: bytes) -> bytes:
        found = self._run("unwrap", key.wrapped)
        if found[:-KEY_BYTES] != hashlib.sha256(binding).digest():
            raise SealedPartDamaged(what="The key of its source")
        return found[-KEY_BYTES:]

    def _run(self, what: str, content: bytes) -> bytes:
        """Run the command; what it writes to standard error stays unread, as it may hold the key."""
        try:
            done = subprocess.run(  # noqa: S603 - the administrator's own command, without a shell
                [*shlex.split(self.command), what],
                input=base64.b64encode(content),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                check=False,
                timeout=COMMAND_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise KeyCommandFailed(what=what, why=f"it took more than {COMMAND_SECONDS} seconds") from None
        except OSError as problem:
            raise KeyCommandFailed(what=what, why=problem.strerror) from None
        if done.returncode:
            raise KeyCommandFailed(what=what, why=f"it ended with status {done.returncode}")
        try:
            return base64.b64decode(done.stdout.strip(), validate=True)
        except ValueError:
            raise KeyCommandFailed(what=what, why="what it wrote is not base64") from None


def read_keys(path: Path) -> dict[str, bytes]:
    """Return the keys of a file by id, in their order. Raises KeyFileUnreadable, which tells nothing of the keys."""
    try:
        lines = path.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not ASCII"
        raise KeyFileUnreadable(f"The key file {path} cannot be read: {why}.") from None
    found: dict[str, bytes] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            kek_id, _, encoded = line.strip().partition(" ")
            try:
                key = base64.b64decode(encoded, validate=True)
            except ValueError:
                key = b""
            if len(key) != KEY_BYTES or kek_id != id_of(key):
                raise KeyFileUnreadable(f"Line {number} of the key file {path} is no key as `keys create` writes it.")
            found[kek_id] = key
    return found


def add_key(path: Path, key: bytes) -> str:
    """Add a key of 32 random bytes to a file, which is made, for its owner alone, if it is missing; return its id.

    The file is replaced as a whole, so that whoever reads it meanwhile finds all keys. Raises KeyFileUnreadable.
    """
    existing = path.read_text("ascii") if path.exists() else _HEADING
    if path.exists():
        read_keys(path)
    kek_id = id_of(key)
    text = f"{existing.rstrip()}\n{kek_id} {base64.b64encode(key).decode()}\n"
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as problem:
        raise KeyFileUnreadable(f"The key file {path} cannot be written: {problem.strerror}.") from None
    return kek_id


def id_of(key: bytes) -> str:
    """Return the id of a key-encryption key, by which one that was changed is noticed."""
    return hashlib.sha256(b"knownwhen/kek/1\x00" + key).hexdigest()[:12]


def key_encryption(path: Path | None, command: str | None, random_bytes: RandomBytes) -> KeyEncryption:
    """Return the keys that the settings name: of the command, else of the file, else none."""
    if command:
        return KeyCommand(command)
    return KeyFile(path, random_bytes) if path else NoKeys()
