"""The signing process: follows the log, signs and publishes checkpoints, until it is stopped."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any, Final

import psycopg
import structlog
from psycopg import Connection

from domain.ledger.receipt import origin_of
from service.postgres.pool import connect
from service.postgres.problems import PostgresProblem
from service.transparency.fork_guard import ForkGuard, LogForked
from service.transparency.log_keys import LogKeysUnreadable, read_log_keys
from service.transparency.publisher import Publisher
from service.transparency.signer import TRY_SIGNER, LogDamaged, LogSigner
from service.transparency.witnesses import WitnessesUnreadable, WitnessPolicy, read_policy

SECONDS: Final = 2.0
"""Seconds from one checkpoint to the next, at least."""
STANDBY_SECONDS: Final = 2.0
"""Seconds between tries to become the active signer."""
REFUSED_SECONDS: Final = 30.0
"""Seconds until it is looked again whether a log that is not signed can be."""
_RETRY_SECONDS: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
_REFUSALS: Final = (LogForked, LogDamaged, LogKeysUnreadable, WitnessesUnreadable)

_log = structlog.stdlib.get_logger("service.signing")


@dataclass(frozen=True, slots=True)
class SigningSettings:
    """Paths of a signer: its keys, the folder of the last published checkpoint, of static files, and the witnesses."""

    keys: Path
    kept: Path
    published: Path | None = None
    witnesses: Path | None = None


@dataclass(frozen=True, slots=True)
class SigningProcess:
    """Signs the log of the database at `url`, while `stop` is not set; `seconds` lie between checkpoints at least."""

    url: str
    settings: SigningSettings
    now: Callable[[], datetime]
    stop: Event
    seconds: float = SECONDS

    def run(self) -> None:
        """Sign until stopped; errors of the database are logged, and it connects again."""
        failed = 0
        while not self.stop.is_set():
            try:
                with connect(self.url) as connection:
                    if self._activate(connection):
                        self._sign_on(connection)
                failed = 0
            except _REFUSALS as refusal:
                _log.error("the log is not signed", why=str(refusal))
                self.stop.wait(REFUSED_SECONDS)
            except (psycopg.Error, PostgresProblem) as problem:
                pause = _RETRY_SECONDS[min(failed, len(_RETRY_SECONDS) - 1)]
                failed += 1
                if not self.stop.is_set():
                    _log.warning("signing was interrupted; trying again", problem=str(problem).strip(), seconds=pause)
                self.stop.wait(pause)

    def sign_once(self) -> int | None:
        """Sign and publish all that is recorded; returns the size that was published last, None if nothing is new.

        Raises LogForked, LogDamaged, LogKeysUnreadable, WitnessesUnreadable.
        """
        with connect(self.url) as connection:
            return self._round(*self._opened(connection))

    def _activate(self, connection: Connection[Any]) -> bool:
        while not self.stop.is_set():
            ((active,),) = connection.execute(TRY_SIGNER).fetchall()
            if active:
                return True
            self.stop.wait(min(self.seconds, STANDBY_SECONDS))
        return False

    def _sign_on(self, connection: Connection[Any]) -> None:
        signer, publisher = self._opened(connection)
        _log.info("signing the log", origin=origin_of(publisher.log), keys=len(signer.keys))
        while not self.stop.is_set():
            self._round(signer, publisher)
            self.stop.wait(self.seconds)

    def _round(self, signer: LogSigner, publisher: Publisher) -> int | None:
        signer.sign_all(self.stop.is_set)
        return publisher.publish_next()

    def _opened(self, connection: Connection[Any]) -> tuple[LogSigner, Publisher]:
        """Return signer and publisher, once the log is known to continue what was published."""
        signer = LogSigner(connection, (), self.now)
        log = signer.log_id()
        guard = ForkGuard(self.settings.kept)
        with connection.transaction(), connection.cursor(binary=True) as cursor:
            guard.expect_continued(cursor, log)
        signer.keys = read_log_keys(self.settings.keys, origin_of(log))
        policy = read_policy(self.settings.witnesses) if self.settings.witnesses else WitnessPolicy()
        return signer, Publisher(connection, log, guard, self.now, policy, self.settings.published)
