"""Requests: JSON bodies, strictly parsed and validated, and writes with their headers."""
