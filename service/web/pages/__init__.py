"""SLOT: one file, one page or several of one thing. Each declares `PAGES`."""
