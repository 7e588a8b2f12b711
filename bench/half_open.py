"""Connections that never finish their requests: how long an honest client waits beside them, and when they are gone.

    python -m bench.half_open --number 1000

A third of them send half a head, a third half a body, and a third nothing at all.
"""

import argparse
import asyncio
import contextlib
import time
from typing import Final

from bench import processes
from bench.client import Asker
from bench.measuring import percentile, shown, table
from bench.processes import SERVED_HEAD
from bench.setup import add_options, set_up

SENT: Final = (
    b"",
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-",
    b"POST /v1/incidents HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
)
_ASKED: Final = 2_000
_OK: Final = 200


def main() -> None:
    """Measure each checkout in turn, and print what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add_options(parser)
    parser.add_argument("--number", type=int, default=1_000, help="how many connections never finish their requests")
    options = parser.parse_args()
    rows: list[list[str]] = []
    with set_up(options) as setup:
        for checkout in setup.checkouts:
            with setup.kept.copy(setup.log(1_000)) as url:
                processes.run(checkout, url, "rebuild")
                with processes.serving(checkout, url) as served:
                    taken, gone = asyncio.run(_beside(served.port, options.number))
            rows.append(
                [checkout.name, *(shown(percentile(taken, part)) for part in (50, 99, 100)), gone, *served.cells()]
            )
    print(table(["", "p50, ms", "p99, ms", "longest, ms", "gone after, s", *SERVED_HEAD], rows))


async def _beside(port: int, number: int) -> tuple[list[float], str]:
    """Return how long answers took while `number` connections wait, and when the last of these was closed."""
    begin = time.monotonic()
    waiting = [await _half_open(port, SENT[place % len(SENT)]) for place in range(number)]
    taken: list[float] = []
    async with Asker(port) as asker:
        for _ in range(_ASKED):
            answered = await asker.get("/v1/incidents?limit=5")
            assert answered.status == _OK, answered
            taken.append(answered.milliseconds)
    try:
        async with asyncio.timeout(120):
            await asyncio.gather(*(_closed(reader) for reader, _ in waiting))
        gone = shown(time.monotonic() - begin)
    except TimeoutError:
        gone = "never"
    for _, writer in waiting:
        writer.close()
    return taken, gone


async def _half_open(port: int, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    return reader, writer


async def _closed(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):
        await reader.read()


if __name__ == "__main__":
    main()
