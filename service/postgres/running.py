"""The address of the bundled server that another Knownwhen runs in a data folder."""

from pathlib import Path
from urllib.parse import urlencode

_PORT, _SOCKETS, _STATE = 3, 4, 7
_READY = "ready"


def running_url(data: Path, name: str) -> str | None:
    """Return the address of the role and database `name` in the server of `data`; None while there is none ready.

    PostgreSQL keeps it in postmaster.pid (src/include/utils/pidfile.h): process,
    data folder, start, port, socket folder, listen address, shared memory, state;
    one a line. After a crash the file stays, so only a connection proves that the server runs.
    """
    try:
        lines = (data / "postgres" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError):
        return None
    if len(lines) <= _STATE or lines[_STATE].strip() != _READY or not lines[_SOCKETS]:
        return None
    return f"postgresql://{name}@/{name}?{urlencode({'host': lines[_SOCKETS], 'port': lines[_PORT].strip()})}"
