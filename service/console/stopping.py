"""Being told to stop: Ctrl-C and SIGTERM set an event that long work looks at where it may end.

An exception out of a signal handler would come anywhere, also where a library lets go of it and goes on.
"""

import signal
import threading
from dataclasses import dataclass, field
from types import FrameType

from service.console.command import Terminated


@dataclass(slots=True)
class StopRequest:
    """Whether this process has been told to stop, and by which signal."""

    event: threading.Event = field(default_factory=threading.Event)
    by: int = signal.SIGINT

    def interruption(self) -> KeyboardInterrupt:
        """Return what ends a command that was told to stop before it was done."""
        return Terminated() if self.by == signal.SIGTERM else KeyboardInterrupt()


def listen_for_stop(*, twice_at_once: bool = False) -> StopRequest:
    """Listen to SIGINT and SIGTERM from now on, in the main thread.

    With `twice_at_once`, being told a second time ends the process where it is.
    """
    asked = StopRequest()

    def told(number: int, _frame: FrameType | None) -> None:
        asked.by = number
        asked.event.set()
        if twice_at_once:
            for each in (signal.SIGINT, signal.SIGTERM):
                signal.signal(each, signal.SIG_DFL)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, told)
    return asked
