"""Incidents as of one position, for exporters."""
