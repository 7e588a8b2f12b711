"""Reports: what one source states about one incident; a slot with one file per kind."""
