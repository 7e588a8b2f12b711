"""The HTTP interface (FastAPI): one file per resource in `resources/`; problems of RFC 9457 in `errors/`."""
