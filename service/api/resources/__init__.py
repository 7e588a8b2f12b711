"""SLOT: one file, one resource. Each declares `RESOURCE`, its routes, and the models of its bodies and answers."""
