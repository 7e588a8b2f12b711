"""Tests: the domain in memory, the service on a real PostgreSQL and over real HTTP."""
