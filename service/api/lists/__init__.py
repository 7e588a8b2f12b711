"""Paged lists over the read models: filters, sort orders, cursors, pages, and the snapshots they are read from."""
