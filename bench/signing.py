"""Signing: the first checkpoint of a whole log, bundles, how far checkpoints lie behind, and what posts lose to it."""

import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.synchronize import Event as EventType
from pathlib import Path
from typing import Final, NamedTuple, Self

import psycopg

from bench.measuring import CONSOLE, shown, table
from bench.memory import MIB, Watched
from bench.page import python
from bench.reporting import Commit, record
from bench.setup import Setup
from bench.signed_rows import fill_rows
from bench.world import ASKED_SLUG
from domain.ledger.receipt import origin_of
from domain.ledger.signed_note import ED25519, SigningKey, format_key
from service import wiring
from service.answers.answer import AnswerRequest
from service.console.sign import NICENESS
from service.postgres.pool import connect
from service.transparency.fork_guard import ForkGuard
from service.transparency.log_audit import audit_log
from service.transparency.log_keys import write_log_keys
from service.transparency.signing import SigningProcess, SigningSettings

RATE: Final = 400
"""Reports a second while it is looked at how far checkpoints lie behind."""
SMALL: Final = 10_000
REPORTS: Final = 2_000
WINDOW: Final = 5.0
"""Seconds for which a signer rests, and signs, in turn."""
PAIRS: Final = 4
"""How many times it does so in each run."""
MOST_POSTS: Final = 4_000
"""Reports for each pair of windows."""
LOOK: Final = 0.02
PUBLISHED: Final = "SELECT coalesce(max(size), 0) FROM public.published_checkpoints"
ABOUT: Final = """## The signed log

`python -m bench signing`: a log of {facts:,} facts that was never signed, signed and published with its static files
in a process of its own; then hashed anew (`audit --full`). The bundle of an incident of {reports:,} reports, made as
the service makes it and verified by `python -m service.console.verify`, start of Python included. Reports recorded
one a transaction, as fast as it goes, in one run, while a signer rests for {window:.0f} s and signs for as long in
turn, also what came meanwhile: so it signs twice as many as come in. At {rate} reports a second, how long it takes
from a commit until a checkpoint that has it is published. Python {python}.

{table}
"""


class _Lines(list[list[str]]):
    """The lines of the table; each is told as soon as it is there."""

    def __iadd__(self, lines: Iterable[list[str]]) -> Self:
        for line in lines:
            CONSOLE.print(": ".join(line))
            self.append(line)
        return self


class FirstSigned(NamedTuple):
    """What it took to sign a whole log: seconds and MiB of signing, seconds of publishing, seconds of auditing."""

    signing: float
    publishing: float
    auditing: float
    memory: float


def measure(setup: Setup) -> str:
    """Measure, and return the section."""
    lines = _Lines()
    facts = setup.facts
    with setup.kept.empty("signed") as url, _folder() as folder:
        fill_rows(url, facts)
        first = _first_signed(url, folder)
        lines += [
            [f"{facts:,} facts signed, s", shown(first.signing)],
            ["facts signed a second", shown(facts / first.signing)],
            ["the same published, with static files, s", shown(first.publishing)],
            ["most memory of that process, MiB", shown(first.memory)],
            ["`audit --full`, facts a second", shown(facts / first.auditing)],
        ]
    small = replace(setup.log(SMALL), asked=REPORTS, facts=min(setup.facts, SMALL) + REPORTS)
    with setup.kept.copy(small) as url, _folder() as folder:
        lines += _of_bundle(url, folder)
    lost = _lost(setup)
    lines += [
        ["reports a second while nothing is signed", shown(lost.without)],
        ["reports a second while twice as many are signed", shown(lost.signing)],
        ["lost to a signer that keeps up: half of the difference, %", shown(50 * (1 - lost.signing / lost.without))],
    ]
    lines += [["longest from commit to published checkpoint, s", shown(_longest_lag(setup))]]
    return ABOUT.format(
        facts=facts, reports=REPORTS, window=WINDOW, rate=RATE, python=python(), table=table(["", "figure"], lines)
    )


@contextmanager
def _folder() -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="knownwhen-signing-") as folder:
        yield Path(folder)


def _key(url: str, folder: Path) -> SigningKey:
    key = SigningKey(origin_of(wiring.log_id(url)), ED25519, secrets.token_bytes(32))
    write_log_keys(folder / "keys", [key])
    return key


def _process(url: str, folder: Path, stop: threading.Event, *, files: bool) -> SigningProcess:
    ways = SigningSettings(folder / "keys", folder / "kept", folder / "published" if files else None)
    return SigningProcess(url, ways, lambda: datetime.now(UTC), stop)


def _sign_once(url: str, folder: Path) -> None:
    _process(url, folder, threading.Event(), files=False).sign_once()


def _publish_files(url: str, folder: Path) -> None:
    _process(url, folder, threading.Event(), files=True).sign_once()


def _sign_on(url: str, folder: Path) -> None:
    os.nice(NICENESS)
    _process(url, folder, threading.Event(), files=True).run()


def _first_signed(url: str, folder: Path) -> FirstSigned:
    _key(url, folder)
    signing, memory = _timed(_sign_once, url, folder)
    publishing, more = _timed(_publish_files, url, folder)
    begin = time.perf_counter()
    with connect(url) as connection:
        found = audit_log(connection, ForkGuard(folder / "kept"))
    assert found.matches, found.damages
    return FirstSigned(signing, publishing, time.perf_counter() - begin, max(memory, more) / MIB)


def _timed(work: Callable[..., None], *given: object) -> tuple[float, int]:
    """Run work in a process of its own; returns its seconds, and the most memory that it held."""
    process = get_context("spawn").Process(target=work, args=given)
    begin = time.perf_counter()
    process.start()
    assert process.pid is not None
    with Watched(process.pid) as memory:
        process.join()
        seconds = time.perf_counter() - begin
    assert process.exitcode == 0
    return seconds, max((peak.resident for peak in memory.peaks.values()), default=0)


def _of_bundle(url: str, folder: Path) -> list[list[str]]:
    key = _key(url, folder)
    _sign_once(url, folder)
    made, data = asyncio.run(_bundle(url))
    file, public = folder / "bundle.kw.json.gz", folder / "log.pub"
    file.write_bytes(data)
    public.write_text(f"{format_key(key.verifier)}\n", "ascii")
    begin = time.perf_counter()
    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "service.console.verify", str(file), "--key", str(public)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    verified = time.perf_counter() - begin
    return [
        [f"bundle of {REPORTS:,} reports made, s", shown(made)],
        ["verified, s", shown(verified)],
        ["its size, MiB", shown(len(data) / MIB)],
    ]


async def _bundle(url: str) -> tuple[float, bytes]:
    """Make the bundle twice, as the second request of a service would; returns the seconds of the second."""
    async with wiring.opened_log(url) as log:
        await log.bundles.of_answer(AnswerRequest(ASKED_SLUG, "state/1"))
        begin = time.perf_counter()
        made = await log.bundles.of_answer(AnswerRequest(ASKED_SLUG, "state/1"))
        return time.perf_counter() - begin, made.content


class LostPosts(NamedTuple):
    """Reports a second: while the signer rests, and while it signs those and what came during its rest."""

    without: float
    signing: float


def _lost(setup: Setup) -> LostPosts:
    """Record reports one by one as fast as it goes, in one run, while a signer rests and signs in turn.

    Speed drifts by more within minutes than a signer takes, so windows of seconds are compared.
    """
    context = get_context("spawn")
    gate = context.Event()
    with setup.kept.copy(setup.log(SMALL)) as url, _folder() as folder:
        _key(url, folder)
        _publish_files(url, folder)
        signer = context.Process(target=_sign_while, args=(url, folder, gate), daemon=True)
        signer.start()
        try:
            commits = _recorded_in_windows(setup, url, gate)
        finally:
            signer.kill()
            signer.join()
    return commits


def _recorded_in_windows(setup: Setup, url: str, gate: EventType) -> LostPosts:
    commits: list[Commit] = []
    pairs = PAIRS * setup.runs
    recording = threading.Thread(target=lambda: commits.extend(record(url, MOST_POSTS * pairs, 1, setup.seed, 1)))
    recording.start()
    edges: list[float] = []
    while recording.is_alive():
        edges.append(time.monotonic())
        (gate.clear if len(edges) % 2 else gate.set)()
        recording.join(WINDOW)
    moments = [at for _, at in commits]
    counts = [bisect_left(moments, end) - bisect_left(moments, begin) for begin, end in pairwise(edges)]
    begun = next(place for place, count in enumerate(counts) if count) + 2  # whole windows only
    counts = counts[begun - begun % 2 :][: len(counts[begun - begun % 2 :]) // 2 * 2]
    rests, works = sum(counts[::2]), sum(counts[1::2])
    windows = len(counts) // 2 * WINDOW
    return LostPosts(rests / windows, works / windows)


def _sign_while(url: str, folder: Path, gate: EventType) -> None:
    os.nice(NICENESS)
    process = _process(url, folder, threading.Event(), files=True)
    while gate.wait():
        process.sign_once()
        time.sleep(process.seconds)


@contextmanager
def _beside(url: str, folder: Path) -> Generator[None]:
    _key(url, folder)
    _publish_files(url, folder)
    process = get_context("spawn").Process(target=_sign_on, args=(url, folder), daemon=True)
    process.start()
    time.sleep(3)
    try:
        yield
    finally:
        process.kill()
        process.join()


def _longest_lag(setup: Setup) -> float:
    looks: list[Commit] = []
    with setup.kept.copy(setup.log(SMALL)) as url, _folder() as folder, _beside(url, folder):
        recording = threading.Thread(target=lambda: commits.extend(record(url, RATE, setup.seconds, setup.seed, 1)))
        commits: list[Commit] = []
        recording.start()
        with psycopg.connect(url, autocommit=True) as connection:
            while recording.is_alive() or looks[-1][0] < commits[-1][0]:
                looks.append((int(connection.execute(PUBLISHED).fetchall()[0][0]), time.monotonic()))
                time.sleep(LOOK)
    sizes = [size for size, _ in looks]
    return max(looks[bisect_left(sizes, position)][1] - at for position, at in commits)
