"""An answer that is written while its reader may be slow or still busy sending: spooled, and streamed from there."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

IN_MEMORY: Final = 1024 * 1024
"""How many bytes are kept before they go into a temporary file."""
_PIECE: Final = 64 * 1024


class Spool:
    """Bytes that one task writes and another reads, each at its own pace."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile[bytes](IN_MEMORY)
        self._written = self._read = 0
        self._moved = asyncio.Event()
        self._ended = False
        self._error: BaseException | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was written yet."""
        return not self._written

    def write(self, content: bytes) -> None:
        """Add to the end; never waits for the reader."""
        self._file.seek(self._written)
        self._written += self._file.write(content)
        self._moved.set()

    def end(self, error: BaseException | None = None) -> None:
        """Say that no more will come, or what keeps it from coming."""
        self._ended, self._error = True, error
        self._moved.set()

    def close(self) -> None:
        """Free what it holds."""
        self._file.close()

    async def begun(self) -> None:
        """Wait until there is something to read, or the end. Raises what brought the end before anything came."""
        await self._moved.wait()
        if self._error and self.empty:
            raise self._error

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield all of it, as it comes; raises what keeps the rest from coming."""
        while True:
            self._moved.clear()
            while self._read < self._written:
                self._file.seek(self._read)
                piece = self._file.read(_PIECE)
                self._read += len(piece)
                yield piece
            if self._error:
                raise self._error
            if self._ended:
                return
            await self._moved.wait()


class Spooled(Response):
    """Sends a spool while `work` fills it.

    Unlike the framework's own, it does not listen for the client: what the client still sends is the work's to read.
    """

    def __init__(self, spool: Spool, work: "asyncio.Task[None]", headers: Mapping[str, str], media_type: str) -> None:
        super().__init__(None, 200, headers, media_type)
        del self.headers["content-length"]
        self._spool, self._work = spool, work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the protocol's
        """Send it; whatever ends this early ends the work too."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for piece in self._spool.pieces():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await self.end()

    async def end(self) -> None:
        """End the work, if it has not ended, and free the spool."""
        self._work.cancel()
        await asyncio.wait([self._work])
        self._spool.close()
