"""The database role of the service, with the rights to read the log, to append to it, and to create read models."""

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.postgres.pool import connect

ROLE = "knownwhen_service"
"""The role's name; a migration creates it where permitted."""

_HAS_RIGHTS = """
    SELECT has_table_privilege('public.facts', 'SELECT') AND has_table_privilege('public.facts', 'INSERT')
    AND has_table_privilege('public.log', 'SELECT')
    AND has_function_privilege('public.make_projection_schema(text)', 'EXECUTE')
"""


def service_role_url(url: str) -> str:
    """Return the address with the service's role set for its sessions, or unchanged where that role cannot be used.

    The role may be missing (a managed server), not granted, or without rights
    (this database was migrated by another); the log's triggers apply to every role.
    """
    with connect(url) as connection:
        try:
            connection.execute(f"SET ROLE {ROLE}")
            row: tuple[Any, ...] | None = connection.execute(_HAS_RIGHTS).fetchone()
        except (
            psycopg.errors.InvalidParameterValue,
            psycopg.errors.InsufficientPrivilege,
            psycopg.errors.UndefinedFunction,
            psycopg.errors.UndefinedTable,
        ):
            return url
    if row is None or not row[0]:
        return url
    options = f"{conninfo_to_dict(url).get('options') or ''} -c role={ROLE}".strip()
    return make_conninfo(url, options=options)
