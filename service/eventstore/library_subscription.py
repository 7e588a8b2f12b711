"""The library's subscription, which also looks at the log of its own accord."""

from typing import Final

from eventsourcing.postgres import PostgresSubscription

PATIENCE_SECONDS: Final = 1.0
"""How long a notification is waited for before the log is looked at without one."""


class FactSubscription(PostgresSubscription):
    """Every fact after a position, as it is committed.

    The library begins to listen while it first reads the log: of a fact committed
    between the two it would hear only with the next one.
    """

    def _loop_on_pull(self) -> None:
        try:
            self._pull()
            while not self._has_been_stopped:
                self._has_been_notified.wait(PATIENCE_SECONDS)
                self._pull()
        except BaseException as error:  # noqa: BLE001 - whoever iterates is to meet it, not this thread
            if self._thread_error is None:
                self._thread_error = error
            self.stop()
