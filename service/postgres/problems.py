"""Errors of the database; every message is a sentence that says what to do."""


class PostgresProblem(Exception):
    """The database cannot be used; the root of this package's errors."""


class EmbeddedServerError(PostgresProblem):
    """The bundled server could not be made, started or stopped."""


class DataFolderInUse(EmbeddedServerError):
    """Another Knownwhen, or a PostgreSQL started by hand, uses the same data folder."""


class DatabaseUnreachable(PostgresProblem):
    """No connection; the message is that of PostgreSQL's client library."""


class DatabaseUnfit(PostgresProblem):
    """The database is too old, or its encoding cannot represent all text."""


class MigrationFailed(PostgresProblem):
    """A migration was refused by the database, or the database is that of a later release."""
