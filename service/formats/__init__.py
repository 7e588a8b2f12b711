"""File formats: importers and exporters (slots), tables by mapping file, and reading files of text or sheets."""
