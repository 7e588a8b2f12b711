"""The projector, the rebuild and PostgreSQL, killed at random moments: nothing is missed, and nothing counts twice."""
