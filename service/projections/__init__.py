"""The slot of read models: one file is one table for questions across incidents, with its columns and its rows."""
