"""Tests of what runs, against real PostgreSQL."""
