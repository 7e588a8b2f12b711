"""Slot: one file declares one read model, with its columns, indexes and rows."""
