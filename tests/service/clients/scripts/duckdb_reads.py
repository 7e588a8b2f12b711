"""Asks a view as Parquet and an export as SQLite in SQL."""

import sqlite3
import sys
import urllib.request

import duckdb

site, folder = sys.argv[1:]
own = f"{site}/v1/incidents/syria-coast-2025"
urllib.request.urlretrieve(f"{own}/claims.parquet", f"{folder}/claims.parquet")
((most,),) = duckdb.sql(f"SELECT max(lower) FROM '{folder}/claims.parquet' WHERE measure = 'killed'").fetchall()
urllib.request.urlretrieve(f"{own}/claims.csv", f"{folder}/claims.csv")
((same,),) = duckdb.sql(f"SELECT max(lower) FROM '{folder}/claims.csv' WHERE measure = 'killed'").fetchall()
assert most == same > 1_000, (most, same)
urllib.request.urlretrieve(f"{site}/v1/exports/sqlite", f"{folder}/log.sqlite")
with sqlite3.connect(f"{folder}/log.sqlite") as log:
    tables = [name for (name,) in log.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert log.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert log.execute("PRAGMA foreign_key_check").fetchall() == []
print(tables)
