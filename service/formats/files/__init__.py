"""Reading of input files: encodings, compression, CSV (RFC 4180), workbooks, headers."""
