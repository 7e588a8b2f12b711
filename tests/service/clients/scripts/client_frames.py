"""Asks with `knownwhen.client`: frames of pandas and Polars have the same cells, of the same types."""

import sys

address, folder = sys.argv[1:]
sys.path.insert(0, folder)

import matplotlib as mpl  # noqa: E402 - after the path

from knownwhen.client import Knownwhen  # noqa: E402 - likewise

mpl.use("Agg")

INCIDENT = "syria-coast-2025"

with Knownwhen(address) as kw:
    for name in ("state", "claims", "timeline", "tolls", "revisions", "escalation", "moments"):
        table = kw.table(INCIDENT, name)
        pandas, polars = table.to_pandas(), table.to_polars()
        assert list(pandas.columns) == polars.columns
        assert len(pandas) == polars.height == len(table.rows()) > 0
        for column in polars.columns:
            cells = pandas[column].astype(object).where(pandas[column].notna(), None)
            assert list(cells) == polars[column].to_list(), (name, column)
            assert str(pandas[column].dtype) in {"Int64", "boolean", "string", "str"}, (name, column)
    claims = kw.claims(INCIDENT).to_pandas()
    assert {"Int64"} == {str(claims[end].dtype) for end in ("lower", "best", "upper")}
    assert "1,383" in set(claims["verbatim"].dropna())  # words stay words
    archive = kw.archive(INCIDENT, population={"status": ["civilian"]})
    frame = archive.to_pandas()
    assert frame["at"].dt.tz is not None
    assert set(frame["best"].dropna()) <= set(claims["best"].dropna())
    assert archive.plot("best").lines
    print(len(frame))
