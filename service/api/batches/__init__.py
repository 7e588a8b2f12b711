"""Batches: NDJSON lines as commands, recorded in groups, with a streamed outcome for each line."""
