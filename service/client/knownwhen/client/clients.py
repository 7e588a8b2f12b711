"""The clients: one blocks, the other awaits; both run the same plans."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Self, TypeVar

import httpx

from knownwhen.client.exchange import Call, Pause, Plan, Reply, Retries
from knownwhen.client.operations import Operations

T = TypeVar("T")

SECONDS: Final = 60.0
"""How long a request is waited for."""


class Knownwhen(Operations):
    """Client of the service at an address. `token` is sent where one is given, `transport` is httpx's."""

    def __init__(
        self,
        address: str,
        token: str | None = None,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.retries = retries or Retries()
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=address, headers=_headers(token), timeout=SECONDS, follow_redirects=True, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def run(self, plan: Plan[T]) -> T:
        """Send the requests of a plan, and return its result."""
        reply: Reply = None
        try:
            while True:
                step = plan.send(reply)
                reply = None
                if isinstance(step, Pause):
                    self._sleep(step.seconds)
                else:
                    reply = self._sent(step)
        except StopIteration as done:
            return done.value

    def _sent(self, call: Call) -> Reply:
        try:
            return self._http.request(
                call.method, call.path, params=call.params or None, headers=call.headers, content=call.content
            )
        except httpx.TransportError as error:
            return error


class AsyncKnownwhen(Operations):
    """Client of the service at an address, whose operations are awaited."""

    def __init__(
        self,
        address: str,
        token: str | None = None,
        retries: Retries | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.retries = retries or Retries()
        self._http = httpx.AsyncClient(
            base_url=address, headers=_headers(token), timeout=SECONDS, follow_redirects=True, transport=transport
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *ended: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def run_async(self, plan: Plan[T]) -> T:
        """Send the requests of a plan, and return its result."""
        reply: Reply = None
        try:
            while True:
                step = plan.send(reply)
                reply = None
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                else:
                    reply = await self._sent(step)
        except StopIteration as done:
            return done.value

    async def _sent(self, call: Call) -> Reply:
        try:
            return await self._http.request(
                call.method, call.path, params=call.params or None, headers=call.headers, content=call.content
            )
        except httpx.TransportError as error:
            return error


def _headers(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
