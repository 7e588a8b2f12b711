"""Coded events (ACLED, UCDP GED): columns, cells, countries, import, and rows kept verbatim."""
