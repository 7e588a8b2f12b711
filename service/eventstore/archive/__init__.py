"""The archive of a log: written as lines of JSON, and restored into an empty database."""
