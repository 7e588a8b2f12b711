"""Tests of importers: `test_NAME.py` declares SAMPLE for the contract that every importer keeps (test_importers.py)."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from service.formats import registry
from service.formats.importer import ImportSource, Layout


def _file(folder: Path, data: bytes) -> tuple[Path, str | None]:
    (folder / "sample").write_bytes(data)
    return folder / "sample", None


@dataclass(frozen=True)
class Sample:
    """The text of a file of a format, with a letter beyond ASCII and at least one report; and its mapping file.

    `placed` writes the bytes below a folder, and returns what to import and the path in it.
    """

    text: str
    mapping: str | None = None
    placed: Callable[[Path, bytes], tuple[Path, str | None]] = _file
    is_file: bool = True

    def source(self, folder: Path, data: bytes | None = None, encoding: str | None = None) -> ImportSource:
        """Write the sample, or other bytes in its place, below a folder."""
        path, inside = self.placed(folder, self.text.encode() if data is None else data)
        map_ = None
        if self.mapping is not None:
            map_ = folder / "map.toml"
            map_.write_text(self.mapping, encoding="utf-8")
        return ImportSource((path,), map_, inside, layout=Layout(encoding))


def samples() -> dict[str, Sample]:
    """Return the sample of every importer, by name."""
    return {name: import_module(f"tests.service.importers.test_{name}").SAMPLE for name in registry.IMPORTERS}


def coded(row: dict[str, str], place: str) -> str:
    """Return the text of a CSV file with one coded event, at a place with a name that may be beyond ASCII."""
    cells = {name: "" if set(cell) & set(',"\n') else cell for name, cell in row.items() if cell.isascii()}
    cells |= {"location" if "location" in row else "where_coordinates": place}
    return "\r\n".join((",".join(cells), ",".join(cells.values()), ""))
