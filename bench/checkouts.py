"""Checkouts of Knownwhen whose commands are run: this one, and others to compare it with."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

_HERE: Final = Path(__file__).parents[1]
_WITH_OUR_BENCH: Final = """
import runpy, sys, types
bench = types.ModuleType("bench")
bench.__path__ = [sys.argv.pop(1)]
sys.modules["bench"] = bench
runpy.run_module(sys.argv.pop(1), run_name="__main__")
"""
"""Runs a module of this `bench` with the domain and the service of another checkout."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder that holds Knownwhen with its environment, and its name in tables."""

    name: str
    folder: Path

    def command(self, *words: str) -> list[str]:
        """Return the command line of `knownwhen <words>`."""
        return [self._python(), "-P", "-m", "service.cli", *words]

    def environment(self, **settings: str) -> dict[str, str]:
        """Return the environment of its processes, which keep compiled modules, as an installed package has them."""
        python = {"PYTHONPATH": str(self.folder), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": ""}
        return {**os.environ, **python, **settings}

    def run_ours(self, module: str, *words: str) -> dict[str, float]:
        """Run a module of this package with this checkout's domain and service; returns the figures that it prints."""
        command = [self._python(), "-P", "-c", _WITH_OUR_BENCH, str(_HERE / "bench"), module, *words]
        done = subprocess.run(command, env=self.environment(), stdout=subprocess.PIPE, check=True)  # noqa: S603 - our own
        return orjson.loads(done.stdout)

    def _python(self) -> str:
        return sys.executable if self.folder == _HERE else str(self.folder / ".venv" / "bin" / "python")


OURS: Final = Checkout("**Knownwhen**", _HERE)
