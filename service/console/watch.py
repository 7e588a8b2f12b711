"""`knownwhen watch`: follows the checkpoints of a log, keeps them, and proves each to continue the one before."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.ledger.signed_note import ED25519
from service.console.verify import EXIT_COULD_NOT_RUN, EXIT_FAILED, EXIT_OK, EXIT_WRONG_USE, WrongUse, read_public_keys
from service.transparency.watching import CheckpointFolder, HttpLog, LogContradicts, LogUnavailable, compare, look


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """Which log is watched, by which keys, where its checkpoints are kept, and how often it is looked at, in seconds."""

    url: str
    keys: Sequence[str]
    kept: Path
    token: str | None = None
    every: float | None = None
    other: Path | None = None


def watch(options: WatchOptions) -> int:
    """Watch a log until stopped, or look once; returns the exit status: 1 where it contradicts itself."""
    log, folder = HttpLog(options.url, options.token), CheckpointFolder(options.kept)
    try:
        keys = read_public_keys(options.keys, ED25519)
        if not keys:
            raise WrongUse("Say by which key the log signs: --key, as its operator publishes it.")
        if options.other is not None:
            agreed = compare(log, folder, CheckpointFolder(options.other))
            sys.stdout.write(f"Both were shown one log: {agreed:,} checkpoints continue one another.\n")
            return EXIT_OK
        while True:
            seen, new = look(log, keys, folder)
            if new or options.every is None:
                sys.stdout.write(
                    f"{seen.checkpoint.origin}: {seen.checkpoint.size:,} facts, continuing all seen before.\n"
                )
                sys.stdout.flush()
            if options.every is None:
                return EXIT_OK
            time.sleep(options.every)
    except WrongUse as problem:
        sys.stderr.write(f"{problem}\n")
        return EXIT_WRONG_USE
    except LogUnavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return EXIT_COULD_NOT_RUN
    except LogContradicts as problem:
        place = folder.keep_evidence(problem.evidence)
        sys.stderr.write(f"THE LOG CONTRADICTS ITSELF. {problem} Both checkpoints, which it signed, are in {place}.\n")
        return EXIT_FAILED
