"""Python processes that Knownwhen starts: they import what this one imported, and nothing from the current folder."""

import os
import sys
from pathlib import Path
from typing import Final

import service

SAFE: Final = "PYTHONSAFEPATH"
"""The variable by which Python leaves the current folder out of where it imports from; children inherit it."""

_HOME: Final = str(Path(service.__file__ or "").resolve().parents[1])


def words(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of ours in a process of its own."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment(**settings: str) -> dict[str, str]:
    """Return the environment for such a command: ours with these settings, and the path that we import from."""
    path = dict.fromkeys(os.path.abspath(each) for each in (*filter(None, sys.path), _HOME))  # noqa: PTH100 - no links
    return {**os.environ, SAFE: "1", "PYTHONPATH": os.pathsep.join(path), **settings}


def keep_out_the_current_folder() -> None:
    """Have all further Python processes start so, also those that the standard library starts by itself."""
    os.environ[SAFE] = "1"
