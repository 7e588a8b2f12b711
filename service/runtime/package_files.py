"""Folders of data files: beside `service` in the source tree, inside it in an installed wheel."""

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
