"""Slot: one file = one format that is read. Each declares `IMPORTER`; nothing else knows the formats' names."""
