"""An incident: its facts, the commands that make them, the refusals, and what has been recorded of it."""
