"""What every test may use: how hard Hypothesis tries, which files begin, and a free port."""

import os
import signal
import socket
import sys

import pytest
from hypothesis import HealthCheck, settings

# What a shell starts in the background ignores Ctrl-C, and hands that down; the processes under test must not.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Without compiled files each process under test would compile every module anew, and pytest every test.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

LONGEST = (
    *("two_logs", "api_contract", "writers_in_turn", "invariants", "cli_serve", "cli_import", "same_everywhere"),
    *("projector", "api_listing", "cli_audit", "rebuild", "api_changes", "estimate_properties"),
)
"""The files that take longest, which begin: one that began last would keep one process busy when others have ended."""

# A slow machine is no failure, so no example has a deadline.
# `make test` tries the same examples every time, to tell what a change did; `make properties` looks for new ones.
settings.register_profile(
    "dev", max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "ci", parent=settings.get_profile("dev"), max_examples=500, derandomize=False, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "dev")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, and those that open a browser."""
    items.sort(key=lambda item: not (_is_long(item) or item.get_closest_marker("core_of_page")))


def _is_long(item: pytest.Item) -> bool:
    return item.path.stem.removeprefix("test_") in LONGEST


@pytest.fixture
def unused_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
