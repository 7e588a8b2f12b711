"""A service that dies at its first commit, before anybody is answered: python -m tests.service.dying DATABASE_URL."""

import os
import sys
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from uuid import uuid4

from service.api.app import create_app
from service.api.services import Services
from service.eventstore import AppendSession, FactRecorder
from service.eventstore.writer import Writer
from service.runtime.time_zones import zone
from service.wiring import services
from tests.patience import PATIENCE
from tests.service.logs import recording
from tests.service.serving import serving

STATUS = 9


class Mortal:
    """A log that ends its process as soon as a transaction on it is committed."""

    def __init__(self, log: FactRecorder) -> None:
        self._log = log

    @contextmanager
    def appending(self) -> Generator[AppendSession]:
        with self._log.appending() as tail:
            yield tail
        os._exit(STATUS)


def main(url: str) -> None:
    """Serve on a port that is printed, until the first commit."""

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Services]:
        async with services(url) as whole:
            with recording(url) as log:
                yield replace(whole, writer=Writer(Mortal(log), zone))

    with serving(create_app(opened, uuid4)) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        threading.Event().wait(PATIENCE)


if __name__ == "__main__":
    main(sys.argv[1])
