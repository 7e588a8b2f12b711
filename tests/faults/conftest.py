"""The tests of faults start from the same servers and databases as those of the service."""

from tests.service.conftest import create_database, database_url, migrated_template, server

__all__ = ["create_database", "database_url", "migrated_template", "server"]
