"""Rebuilds read models from the log beside the live ones, in parallel, and cuts over in one transaction."""
