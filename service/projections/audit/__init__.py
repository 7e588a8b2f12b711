"""Audits read models: replays subjects from the log and compares the rows."""
