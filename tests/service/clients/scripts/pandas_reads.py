"""Reads tables with pandas and polars by their addresses, as pasted."""

import sys
import urllib.request

import pandas as pd
import polars as pl

own = f"{sys.argv[1]}/v1/incidents/syria-coast-2025"
reading = "reported_until=2025-03-09T20:59:59Z"
claims = pd.read_csv(f"{own}/claims?{reading}&format=csv")
civilians = claims[(claims["measure"] == "killed") & (claims["source"] == "sohr") & (claims["status"] == "used")]
assert 830 in set(civilians["lower"]), civilians
with urllib.request.urlopen(f"{own}/claims.csv?{reading}") as answer:  # by an address, polars asks for ranges of bytes
    assert set(claims["measure"]) == set(pl.read_csv(answer.read(), infer_schema_length=None)["measure"])
frame = pd.read_parquet(f"{own}/claims.parquet?{reading}")
assert list(frame.columns) == list(claims.columns)
assert len(frame) == len(claims)
print(len(claims), len(frame))
