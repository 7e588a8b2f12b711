"""Errors of the database; every message is a sentence that says what to do."""


class PostgresProblem(Exception):
    """The database cannot be used; the root of this package's errors."""


class EmbeddedServerError(PostgresProblem):
    """The bundled server could not be made, started or stopped."""


class DataFolderInUse(EmbeddedServerError):
    """Another Knownwhen, or a PostgreSQL started by hand, already works in the same data folder."""


class DatabaseUnreachable(PostgresProblem):
    """No connection, with what PostgreSQL's client library said about it."""


class DatabaseUnfit(PostgresProblem):
    """The database answers, but is too old or keeps text in an encoding that loses some of it."""


class MigrationFailed(PostgresProblem):
    """A migration was refused by the database, or the database is that of a later release."""
