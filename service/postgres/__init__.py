"""The database: the bundled server, connections, and the migrations of what cannot be rebuilt."""
