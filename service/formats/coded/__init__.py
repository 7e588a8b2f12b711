"""Tables of coded events (ACLED, UCDP GED): their cells, countries, and rows kept verbatim."""
