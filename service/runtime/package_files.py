"""Where the files that are not Python lie: in the source tree beside `service`, in an installed wheel inside it."""

from pathlib import Path

_HERE = Path(__file__).resolve().parents[1]


def migrations() -> Path:
    """Return the folder with the SQL migrations."""
    return _find("migrations")


def samples() -> Path:
    """Return the folder with the sample reports."""
    return _find("samples")


def _find(name: str) -> Path:
    installed, source = _HERE / name, _HERE.parent / name
    return installed if installed.is_dir() else source
