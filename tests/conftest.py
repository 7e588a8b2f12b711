"""What every test may use: how hard Hypothesis tries, and a free port."""

import os
import signal
import socket

import pytest
from hypothesis import HealthCheck, settings

# What a shell starts in the background ignores Ctrl-C, and hands that down; the processes under test must not.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A slow machine is no failure, so no example has a deadline.
# `make test` tries the same examples every time, to tell what a change did; `make properties` looks for new ones.
settings.register_profile(
    "dev", max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "ci", parent=settings.get_profile("dev"), max_examples=500, derandomize=False, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "dev")


@pytest.fixture
def unused_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
