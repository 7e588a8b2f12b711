"""Rows of a log that is only signed: of real size, filled in by PostgreSQL itself in seconds, as no view reads them."""

from typing import Final

import psycopg

from domain.ledger.canonical import commitment

_STATE: Final = b'{"claims":[{"count":{"verbatim":"more than 1,400"},"id":"1","measure":"killed"}],"source":"sohr"}' * 4
_TEXT: Final = b'{"summary":"More than 1,400 were killed, says the observatory."}'
_SALT: Final = b"s" * 32
_FILL: Final = """
    INSERT INTO public.facts (
        notification_id, originator_version, recorded_at, originator_id, fact_id, topic,
        state, state_salt, state_commitment, text, text_salt, text_commitment
    )
    SELECT n, (n - 1) %% 100 + 1, '2026-01-01Z'::timestamptz + n * interval '1 ms', md5(((n - 1) / 100)::text)::uuid,
        gen_random_uuid(), 'toll_revised.v1',
        %(state)s, %(salt)s, %(state_commitment)s, %(text)s, %(salt)s, %(text_commitment)s
    FROM generate_series(1, %(facts)s::bigint) AS n
"""


def fill_rows(url: str, facts: int) -> None:
    """Record so many facts in an empty log, a hundred of each stream, as if one a millisecond had come."""
    parts = {
        "state": _STATE,
        "text": _TEXT,
        "salt": _SALT,
        "state_commitment": commitment("state", _SALT, _STATE),
        "text_commitment": commitment("text", _SALT, _TEXT),
    }
    with psycopg.connect(url) as connection:
        connection.execute(_FILL, {**parts, "facts": facts})
        connection.execute("ANALYZE public.facts")
