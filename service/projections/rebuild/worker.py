"""Worker process of a rebuild: `python -m service.projections.rebuild.worker`, told what by stdin.

It writes lines of JSON for whoever started it: {"facts": so many more}, now and then; {"trouble": a sentence}, before
it ends in trouble. It ends with whoever started it: then its standard input ends.
"""

import gc
import json
import os
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg

from service.postgres.problems import PostgresProblem
from service.projections.errors import RebuildProblem, problem_sentence
from service.projections.rebuild.tasks import lay

TROUBLED: Final = 1
"""The exit status of a worker that says what went wrong."""

_EVERY: Final = 0.2


@dataclass(slots=True)
class Told:
    """Says now and then how many facts are through."""

    _facts: int = 0
    _said: float = field(default_factory=time.monotonic)

    def more(self, facts: int) -> None:
        """Count facts, and say so unless that was said just now."""
        self._facts += facts
        if time.monotonic() - self._said >= _EVERY:
            self.say()

    def say(self) -> None:
        """Say how many facts came since this was last said."""
        if self._facts:
            _write({"facts": self._facts})
        self._facts, self._said = 0, time.monotonic()


def main() -> None:
    """Work as told in the first line of standard input: {"url": …, "building": number}."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; whoever started us ends us
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    gc.disable()  # folding leaves no cycles behind, and looking for some takes as long as decoding
    told = Told()
    try:
        lay(asked["url"], asked["building"], told.more)
        told.say()
    except (RebuildProblem, PostgresProblem, psycopg.Error, MemoryError) as problem:
        _write({"trouble": problem_sentence(problem)})
        sys.exit(TROUBLED)
    except Exception as problem:  # noqa: BLE001 - nobody else sees what ends this process
        _write({"trouble": problem_sentence(problem), "details": traceback.format_exc()})
        sys.exit(TROUBLED)


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(TROUBLED)


def _write(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
