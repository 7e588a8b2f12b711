"""Claims: a figure of a source under a key; the order, revisions and running totals of one source's claims."""
