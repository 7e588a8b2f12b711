"""Sealed parts of reports: encrypted under a data key per source, which a key-encryption key wraps."""
