"""A service that seals, for tests: its keys, a report with a marked string in each protected field, its requests."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from service import wiring
from service.access.sealing.key_encryption import KeyEncryption, KeyFile
from service.postgres.binaries import bundled
from service.wiring import make_app
from tests.patience import PATIENCE
from tests.service.projected import projecting
from tests.service.serving import serving, toll

FIELDS = ("identity", "contact", "place", "notes")
OK, CREATED = 200, 201


def key_file(folder: Path) -> KeyFile:
    """Return new keys in a file of this folder."""
    path = folder / f"keys-{uuid4()}"
    wiring.make_key(path)
    return KeyFile(path, wiring.secrets.token_bytes)


@contextmanager
def sealing_service(url: str, keys: KeyEncryption | None) -> Iterator[httpx.Client]:
    """Serve a database with keys and a projector, and yield a client."""
    app = make_app(url, keys=keys)
    with projecting(url), serving(app) as address, httpx.Client(base_url=address, timeout=PATIENCE) as client:
        yield client


def marked(mark: str) -> dict[str, str]:
    """Return a protected part with a marked string in each of its fields."""
    return {name: f"{name} {mark}" for name in FIELDS}


def sealed_toll(mark: str, figure: str = "1,383", **given: Any) -> dict[str, Any]:
    """Return a report of one figure with a marked protected part."""
    return {**toll(figure, **given), "sealed": marked(mark)}


def read_sealed(client: httpx.Client, report_id: str, reason: str = "To ask again.") -> httpx.Response:
    """Ask for the protected parts of a report."""
    return client.post(f"/v1/reports/{report_id}/sealed", json={"reason": reason})


def erase(
    client: httpx.Client, report_id: str, *parts: str, reason: str = "The source asked for it."
) -> httpx.Response:
    """Ask for the erasure of parts of a report."""
    return client.post(f"/v1/reports/{report_id}/erasure", json={"parts": parts, "reason": reason})


def dumped(url: str) -> str:
    """Return the whole database as `pg_dump` writes it, with bytes as text where they are text."""
    program = bundled() / "pg_dump"
    env = {"PATH": "", "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", "")}
    done = subprocess.run([program, "--dbname", url], capture_output=True, check=True, env=env)
    return done.stdout.decode()
