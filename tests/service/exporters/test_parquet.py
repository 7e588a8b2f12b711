"""`parquet`: as text for the contract; its columns have their tests in tests/service/test_exporters.py."""

import io
import json
import sys

import pytest
from pyarrow import parquet

from service.formats import registry
from service.formats.exporter import Unwritable
from tests.service.exporters import export_of, world


def as_text(data: bytes) -> str:
    """Return all cells as text."""
    return json.dumps(parquet.read_table(io.BytesIO(data)).to_pylist(), default=str, ensure_ascii=False)


def test_without_pyarrow_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Unwritable, match=r"pip install 'knownwhen\[parquet\]'"):
        registry.EXPORTERS["parquet"].write(export_of(world()), io.BytesIO())
