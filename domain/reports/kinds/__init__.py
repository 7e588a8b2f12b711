"""The kinds of report: one file is one kind, with its codes, its tier and a golden example, and ends in `KIND`."""
