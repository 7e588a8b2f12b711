"""How long a service is silent at most: `/healthz` asked every few milliseconds by a process of its own."""

import argparse
import asyncio
import contextlib
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from bench.client import Asker
from service.runtime import subprocesses

BETWEEN: Final = 0.01
"""How many seconds lie between two questions, unless an answer takes longer."""
_ENDING: Final = 30.0


@dataclass(slots=True)
class Silence:
    """The longest time from a question to its answer, in milliseconds, and how many were answered."""

    longest: float = 0.0
    answers: int = 0


@contextmanager
def listened(port: int, found: Silence) -> Generator[None]:
    """Ask the service at a port for as long as this lasts; `found` says in the end how long it was silent."""
    words = subprocesses.command_line("bench.silence", str(port))
    with subprocess.Popen(  # noqa: S603 - our own module
        words, env=subprocesses.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            if process.stdout is not None:
                process.stdout.readline()  # it has begun
            yield
        finally:
            said, _ = process.communicate(timeout=_ENDING)  # which closes its standard input, and so ends it
    longest, answers = said.split()
    found.longest, found.answers = float(longest), int(answers)


async def _listen(port: int) -> Silence:
    found, ended = Silence(), asyncio.create_task(asyncio.to_thread(input))
    async with Asker(port) as asker:
        print(flush=True)
        while not ended.done():
            begin = time.perf_counter()
            answered = await asker.get("/healthz")
            found.longest, found.answers = max(found.longest, answered.milliseconds), found.answers + 1
            await asyncio.sleep(max(0.0, begin + BETWEEN - time.perf_counter()))
    with contextlib.suppress(EOFError):
        await ended
    return found


def main() -> None:
    """Listen until standard input ends, and print the longest silence and the number of answers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("port", type=int)
    silence = asyncio.run(_listen(parser.parse_args().port))
    print(silence.longest, silence.answers)


if __name__ == "__main__":
    main()
