"""`knownwhen watch`: follows the checkpoints of a log, keeps them, and proves each to continue the one before."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.ledger.signed_note import ED25519, VerifierKey
from service.console.verify import EXIT_COULD_NOT_RUN, EXIT_FAILED, EXIT_OK, EXIT_WRONG_USE, WrongUse, read_public_keys
from service.transparency.watching import (
    CheckpointFolder,
    HttpLog,
    LogContradicts,
    LogUnavailable,
    SeenCheckpoint,
    compare,
    look,
)


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """Options of `watch`: the log, its keys, the folder that keeps its checkpoints, and the seconds between looks."""

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
        keys = _keys(options)
        if options.other is not None:
            agreed = compare(log, folder, CheckpointFolder(options.other))
            sys.stdout.write(f"Both were shown one log: {agreed:,} checkpoints continue one another.\n")
        elif options.every is None:
            _look(log, keys, folder)
        else:
            _keep_looking(log, keys, folder, options.every)
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
    return EXIT_OK


def _keys(options: WatchOptions) -> list[VerifierKey]:
    keys = read_public_keys(options.keys, ED25519)
    if not keys:
        raise WrongUse("Say by which key the log signs: --key, as its operator publishes it.")
    return keys


def _look(log: HttpLog, keys: Sequence[VerifierKey], folder: CheckpointFolder) -> None:
    seen, _ = look(log, keys, folder)
    _tell(seen)


def _keep_looking(log: HttpLog, keys: Sequence[VerifierKey], folder: CheckpointFolder, seconds: float) -> None:
    """Look again and again; a log that does not answer is asked again."""
    while True:
        try:
            seen, new = look(log, keys, folder)
        except LogUnavailable as problem:
            sys.stderr.write(f"{problem}\n")
        else:
            if new:
                _tell(seen)
        time.sleep(seconds)


def _tell(seen: SeenCheckpoint) -> None:
    checkpoint = seen.checkpoint
    sys.stdout.write(f"{checkpoint.origin}: {checkpoint.size:,} facts, continuing all that was seen before.\n")
    sys.stdout.flush()
