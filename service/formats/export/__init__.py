"""Incidents as of one position, folded in pieces for an exporter to write."""
