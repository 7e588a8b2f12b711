"""Settings of the library `eventsourcing` for a database."""

from psycopg.conninfo import conninfo_to_dict


def library_settings(url: str) -> dict[str, str]:
    """Return the environment variables that the library reads, for the database at `url`."""
    given = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": given["dbname"],
        "POSTGRES_HOST": given["host"],
        "POSTGRES_PORT": given["port"],
        "POSTGRES_USER": given["user"],
        "POSTGRES_PASSWORD": given.get("password", ""),
    }
