"""The guard of the bundled server: whatever the moment it is asked to stop, the server ends soon after."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.postgres import supervisor
from tests.patience import PATIENCE


@pytest.mark.parametrize("alive", [0.0, 0.03, 0.3])
def test_a_server_that_was_only_just_starting_is_stopped_as_well(alive: float, tmp_path: Path) -> None:
    """Between fork and exec the request is lost on it, so it must be made again."""
    (tmp_path / "sockets").mkdir()
    words = [str(os.geteuid()), str(os.getegid()), str(tmp_path / "sockets"), "/bin/sleep", "50"]
    with subprocess.Popen([sys.executable, "-I", "-S", supervisor.__file__, *words], stdin=subprocess.PIPE) as process:
        time.sleep(alive)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(PATIENCE) is not None
    assert not (tmp_path / "sockets").exists()
