"""The service: PostgreSQL, HTTP and the command line; all code that reads a clock, a file or a socket."""
