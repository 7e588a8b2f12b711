"""Signers killed while they sign, and PostgreSQL below them, never sign two roots for one size.

FAULT_ROUNDS says how often something is killed (8), FAULT_SEED repeats what a failure printed.
"""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

import psycopg
import pytest

from service.transparency.log_keys import write_log_keys
from tests.faults.killing import Machine, kill, machine, start
from tests.faults.signing import SignedLogObserver, post_on, settings_in, sign_on
from tests.patience import PATIENCE
from tests.service.signed_logs import key_of

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "8"))
SEED = int(os.environ.get("FAULT_SEED") or secrets.randbelow(10**9))
OF_POSTGRES = 6
"""One kill in so many is PostgreSQL's, which takes longest to come back."""
LAST = "SELECT coalesce(max(size), -1) FROM published_checkpoints"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Machine]:
    with machine() as running:
        yield running


def published(url: str) -> int:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        return (connection.execute(LAST).fetchone() or (-1,))[0]


def wait_for_more(url: str, than: int) -> int:
    """Wait until a larger checkpoint is published: each kill meets work."""
    until = time.monotonic() + PATIENCE
    while (found := published(url)) <= than:
        assert time.monotonic() < until
        time.sleep(0.02)
    return found


def test_no_kill_makes_a_second_truth(postgres: Machine, tmp_path: Path) -> None:
    print(f"FAULT_SEED={SEED}")  # noqa: T201 - pytest shows it where the test fails
    chance = Random(SEED)  # noqa: S311 - to be repeated
    postgres.create("signed")
    url = postgres.url("signed")
    write_log_keys(settings_in(tmp_path).keys, [key_of(url)])
    observer = SignedLogObserver(tmp_path)
    signers = [start(sign_on, url, tmp_path) for _ in range(2)]
    poster = start(post_on, url, 1)
    size = -1
    try:
        for number in range(1, ROUNDS + 1):
            size = wait_for_more(url, size)
            time.sleep(chance.uniform(0, 0.06))
            if number % OF_POSTGRES == 0:
                for each in (*(signers if chance.random() < 0.5 else ()), poster):
                    kill(each)
                postgres.kill()
                url = postgres.url("signed")
                _kill_all(signers)
                signers = [start(sign_on, url, tmp_path) for _ in range(2)]
            else:
                kill(signers.pop(0))
                signers.append(start(sign_on, url, tmp_path))
            if not poster.is_alive():
                poster = start(post_on, url, number * 1_000)
            with psycopg.connect(url, options="-c timezone=UTC") as connection:
                observer.look(connection)
        kill(poster)
        _assert_all_signed(url, observer, size)
    finally:
        _kill_all([*signers, poster])
    print(f"{ROUNDS} kills, {len(observer.roots)} checkpoints of {len(observer.leaves)} facts")  # noqa: T201 - likewise


def _kill_all(processes: list[BaseProcess]) -> None:
    for each in processes:
        with suppress(ValueError):
            kill(each)


def _assert_all_signed(url: str, observer: SignedLogObserver, size: int) -> None:
    """See that in the end all facts are signed and published, in rows and files."""
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        observer.look(connection)
        head = len(observer.leaves)
    until = time.monotonic() + PATIENCE
    while published(url) < head or observer.look_at_files(url) < head:
        assert time.monotonic() < until
        time.sleep(0.05)
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        observer.look(connection)
    assert observer.known == head >= size
