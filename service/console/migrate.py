"""`knownwhen migrate`: brings the database to this release's tables."""

import sys

from service.console.command import EXIT_OK
from service.console.database import on_database
from service.postgres.migrate import migrate
from service.settings import Settings


def run(settings: Settings) -> int:
    """Apply the migrations that the database lacks, and say which they were.

    Raises PostgresProblem.
    """
    done = on_database(settings, migrate)
    for version in done.applied:
        sys.stdout.write(f"applied {version}\n")
    sys.stdout.write(f"The database is at version {done.version}{'' if done.applied else ', as it was'}.\n")
    return EXIT_OK
