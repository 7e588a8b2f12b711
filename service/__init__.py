"""What runs: PostgreSQL, HTTP, the command line; everything that reads a clock, a file or a socket."""
