"""Files as they come: encodings, compression, CSV (RFC 4180), workbooks, headers, JSON objects."""
