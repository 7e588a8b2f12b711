"""The doctor's check of the signed log: its keys, the fork guard, and whether a signer runs."""

from typing import Any, Final
from uuid import UUID

from psycopg import Connection

from domain.ledger.receipt import origin_of
from service import wiring
from service.console.doctor_check import Check
from service.console.terminal import count
from service.settings import Settings
from service.transparency.fork_guard import LogForked
from service.transparency.log_keys import LogKeysUnreadable, read_log_keys
from service.transparency.signer import SIGNER_IS_ACTIVE

_NAME: Final = "signed log"
_SIZES: Final = """
    SELECT log_id, (SELECT coalesce(max(size), 0) FROM public.published_checkpoints),
        (SELECT coalesce(max(notification_id), 0) FROM public.facts)
    FROM public.log
"""


def signing_check(settings: Settings, connection: Connection[Any]) -> Check:
    """Check that the log can be signed, and that what was recorded is signed or will be."""
    ((log, published, head),) = connection.execute(_SIZES).fetchall()
    signed = f"{published:,} of {count(head, 'fact')} signed"
    if settings.log_keys is None:
        if not published:
            return Check(_NAME, "ok", "no key set: nothing is signed, and nothing can be proved")
        return Check(_NAME, "warn", f"no key set, and {signed}", "Set KNOWNWHEN_LOG_KEYS as the service has it.")
    try:
        keys = read_log_keys(settings.log_keys, origin_of(log))
        _expect_continued(settings, connection, log)
    except LogKeysUnreadable as problem:
        advice = "Put the file back from your copy. Where there never was one, `knownwhen keys log create` makes it."
        return Check(_NAME, "fail", str(problem), advice)
    except LogForked as problem:
        return Check(_NAME, "fail", str(problem), "See “The signer refuses” in docs/verify.md.")
    ((active,),) = connection.execute(SIGNER_IS_ACTIVE).fetchall()
    if published < head and not active:
        return Check(_NAME, "warn", f"{signed}, and no signer runs", "`knownwhen serve` or `knownwhen sign` signs.")
    return Check(_NAME, "ok", f"{signed}, by {count(len(keys), 'key')}")


def _expect_continued(settings: Settings, connection: Connection[Any], log: UUID) -> None:
    with connection.transaction(), connection.cursor(binary=True) as cursor:
        wiring.fork_guard(settings).expect_continued(cursor, log)
