"""The log as lines of JSON: exported whole, and restored into an empty database."""
