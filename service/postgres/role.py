"""The database role of the service: it may read the log and append to it, and little else."""

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.postgres.pool import connect

ROLE = "knownwhen_service"
"""The role's name; a migration makes it where it may."""

_MAY = """
    SELECT has_table_privilege('public.facts', 'SELECT') AND has_table_privilege('public.facts', 'INSERT')
    AND has_table_privilege('public.log', 'SELECT')
    AND has_function_privilege('public.make_projection_schema(text)', 'EXECUTE')
"""


def service_role_url(url: str) -> str:
    """Return the address with which sessions act as the service's role, or unchanged where that role cannot be used.

    The role may be missing (a managed server), not ours to take, or without rights
    (this database was migrated by another); the log's triggers bind everyone anyway.
    """
    with connect(url) as connection:
        try:
            connection.execute(f"SET ROLE {ROLE}")
            row: tuple[Any, ...] | None = connection.execute(_MAY).fetchone()
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
