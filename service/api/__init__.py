"""HTTP: one file per resource; what is refused becomes a problem in one table, and nothing here decides anything."""
