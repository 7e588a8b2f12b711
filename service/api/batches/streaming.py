"""Buffered streaming: a response body that is written and sent at different speeds, while the request is still read."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

IN_MEMORY: Final = 1024 * 1024
"""The most bytes in memory; more go into a temporary file."""
_CHUNK_BYTES: Final = 64 * 1024


class StreamBuffer:
    """A buffer that one task writes and another reads."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile[bytes](IN_MEMORY)
        self._written = self._read = 0
        self._changed = asyncio.Event()
        self._ended = False
        self._error: BaseException | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was written yet."""
        return not self._written

    def write(self, content: bytes) -> None:
        """Append; does not wait for the reader."""
        self._file.seek(self._written)
        self._written += self._file.write(content)
        self._changed.set()

    def end(self, error: BaseException | None = None) -> None:
        """Mark the end, or the error that ended the writing."""
        self._ended, self._error = True, error
        self._changed.set()

    def close(self) -> None:
        """Release the temporary file."""
        self._file.close()

    async def wait_for_first(self) -> None:
        """Wait for the first bytes or the end. Raises the writer's error if nothing was written."""
        await self._changed.wait()
        if self._error and self.empty:
            raise self._error

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they are written. Raises the writer's error at its end."""
        while True:
            self._changed.clear()
            while self._read < self._written:
                self._file.seek(self._read)
                chunk = self._file.read(_CHUNK_BYTES)
                self._read += len(chunk)
                yield chunk
            if self._error:
                raise self._error
            if self._ended:
                return
            await self._changed.wait()


class BufferedStreamResponse(Response):
    """Streams a buffer while the task `work` fills it.

    Unlike Starlette's StreamingResponse it does not call `receive`, since `work` still reads the request body.
    """

    def __init__(
        self, buffer: StreamBuffer, work: "asyncio.Task[None]", headers: Mapping[str, str], media_type: str
    ) -> None:
        super().__init__(None, 200, headers, media_type)
        del self.headers["content-length"]
        self._buffer, self._work = buffer, work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the protocol's
        """Send the response, and cancel the work if that fails."""
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for chunk in self._buffer.pieces():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await self.end()

    async def end(self) -> None:
        """Cancel the work if it runs, and release the buffer."""
        self._work.cancel()
        await asyncio.wait([self._work])
        self._buffer.close()
