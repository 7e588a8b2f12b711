"""Asks a service over one connection that is kept, with as little of the client's own work as can be."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import Final, Self

_NONE: Mapping[str, str] = MappingProxyType({})
_LENGTH: Final = "content-length"
_IDLE: Final = 2.0
"""A connection on which nothing was asked for so many seconds is made anew, before the server hangs up."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: its status, its headers with names in lower case, its body, and how many milliseconds it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: float


class Asker(AbstractAsyncContextManager["Asker"]):
    """One connection to a service on this machine; a question at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self._asked = 0.0

    async def __aenter__(self) -> Self:
        """Connect."""
        await self._connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        await self._hang_up()

    async def get(self, target: str, headers: Mapping[str, str] = _NONE) -> Answered:
        """Ask for a target, such as `/healthz`; timed from the first byte sent to the last one read."""
        lines = [f"GET {target} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
        if time.perf_counter() - self._asked > _IDLE:
            await self._hang_up()
            await self._connect()
        question = ("\r\n".join(lines) + "\r\n\r\n").encode()
        begin = time.perf_counter()
        self._writer.write(question)
        head = await self._reader.readuntil(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").rstrip().split("\r\n")
        found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        body = await self._reader.readexactly(int(found.get(_LENGTH, 0)))
        self._asked = time.perf_counter()
        took = 1000 * (self._asked - begin)
        return Answered(int(first.split()[1]), found, body, took)

    async def _connect(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**24)
        self._asked = time.perf_counter()

    async def _hang_up(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
