"""A database with a log to sign, its keys, and what signs it."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from uuid import UUID

import psycopg

from domain.ledger.receipt import origin_of
from domain.ledger.signed_note import ED25519, SigningKey
from service import wiring
from service.console import samples
from service.transparency.log_keys import write_log_keys
from service.transparency.signing import SigningProcess, SigningSettings


async def _load(url: str, name: str) -> None:
    async with wiring.services(url) as services:
        await samples.load(services.writer, samples.read_named(name), lambda _: None)


def load_sample(url: str, name: str = "syria-coast-2025") -> None:
    """Record a sample."""
    asyncio.run(_load(url, name))


def log_id(url: str) -> UUID:
    with psycopg.connect(url) as connection:
        ((found,),) = connection.execute("SELECT log_id FROM public.log").fetchall()
    return found


def key_of(url: str, seed: str = "one") -> SigningKey:
    """Return a key of this log."""
    return SigningKey(origin_of(log_id(url)), ED25519, hashlib.sha256(seed.encode()).digest())


def signing(url: str, folder: Path, *seeds: str, witnesses: Path | None = None) -> SigningProcess:
    """Return what signs the log at `url`, with keys and files in a folder."""
    settings = SigningSettings(folder / "keys", folder / "kept", folder / "published", witnesses)
    write_log_keys(settings.keys, [key_of(url, seed) for seed in seeds or ("one",)])
    return SigningProcess(url, settings, lambda: datetime.now(UTC), Event())


def without_files(process: SigningProcess) -> SigningProcess:
    """Return the same without static files."""
    return replace(process, settings=replace(process.settings, published=None))
