"""The table of a view in Apache Parquet: each column keeps its type, and the file's metadata has the coordinates."""

import io
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from typing import Any, Final

from domain.ledger.canonical import canonical
from domain.reading import Document, View
from service.answers.column_types import column_types, typed_row

MISSING: Final = "This service is installed without Parquet: whoever runs it runs `pip install 'knownwhen[parquet]'`."
"""What to do where the extra is missing."""
TOGETHER: Final = 10_000
"""Rows of a row group."""


def can_write() -> bool:
    """Say whether the library is there: it comes with an extra."""
    return find_spec("pyarrow") is not None


def parquet_table(view: View, document: Document, about: Mapping[str, object]) -> bytes:
    """Return the document of a view as a file; its metadata has the coordinates as JSON, under `knownwhen`."""
    arrow: Any = import_module("pyarrow")  # of an extra
    parquet: Any = import_module("pyarrow.parquet")
    types, arrow_types = column_types(view), {"text": arrow.string(), "number": arrow.int64(), "truth": arrow.bool_()}
    schema = arrow.schema(
        [(name, arrow_types[of]) for name, of in types.items()], {"knownwhen": canonical(dict(about))}
    )
    rows: Iterator[list[object]] = (list(typed_row(types, row)) for row in view.rows(document))
    out = io.BytesIO()
    with parquet.ParquetWriter(out, schema, compression="zstd") as file:
        while together := list(islice(rows, TOGETHER)):
            columns = [
                arrow.array(each, field.type) for each, field in zip(zip(*together, strict=True), schema, strict=True)
            ]
            file.write_table(arrow.Table.from_arrays(columns, schema=schema))
    return out.getvalue()
