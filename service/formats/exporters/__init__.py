"""Slot: one file = one format that is written. Each declares `EXPORTER`; nothing else knows the formats' names."""
