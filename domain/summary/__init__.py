"""The incremental summary of an incident, from which read models take their rows."""
