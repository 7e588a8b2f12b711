"""Plants small faults, one at a time, in the rules that weigh claims, and says how many of them the tests find.

    .venv/bin/python .ci/mutants.py [NAMES …]

Which files and which tests stands in pyproject.toml under [tool.mutmut]. NAMES pick mutants
(`domain.estimates.exclusion*`).
It works in a copy that it removes, and fails where fewer than nine in ten are found.
"""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("domain", "tests", "samples", "pyproject.toml")
MUTMUT = (sys.executable, "-m", "mutmut")
FLOOR_PERCENT = 90
FOUND = frozenset({"killed", "timeout"})
"""A fault that never ends is found: the tests do not pass."""
PASSED_OVER = frozenset({"skipped", "not checked"})


def main(names: Sequence[str]) -> int:
    """Try the faults; 0 if enough are found."""
    with TemporaryDirectory(prefix="mutants-") as name:
        copy = Path(name)
        for needed in NEEDED:
            take(ROOT / needed, copy / needed)
        ran = subprocess.run([*MUTMUT, "run", "--max-children", "2", *names], cwd=copy, env=environment(), check=False)
        outcomes = statuses(copy)
        if ran.returncode or not outcomes:
            print("The faults could not be tried; see above.", file=sys.stderr)
            return 1
        for mutant, status in outcomes.items():
            if status not in FOUND:
                print(f"\n{mutant}: {status}\n{changed(copy, mutant)}")
    return judge(outcomes)


def take(source: Path, target: Path) -> None:
    """Copy a file or a folder, without what the running of it left."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def environment() -> dict[str, str]:
    """Return this process's environment; the copy's code is the one to be found, and leaves nothing behind."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


def ask(copy: Path, *words: str) -> str:
    """Ask mutmut about its run."""
    command = [*MUTMUT, *words]
    return subprocess.run(command, cwd=copy, env=environment(), check=True, capture_output=True, text=True).stdout


def statuses(copy: Path) -> dict[str, str]:
    """Return what became of each mutant that was tried."""
    lines = re.findall(r"^\s*(\S+__mutmut_\d+): (.+)$", ask(copy, "results", "--all", "true"), re.MULTILINE)
    return {mutant: status for mutant, status in lines if status not in PASSED_OVER}


def changed(copy: Path, mutant: str) -> str:
    """Return the lines that a mutant changes."""
    return "\n".join(re.findall(r"^[-+](?![-+]{2} ).*$", ask(copy, "show", mutant), re.MULTILINE))


def judge(outcomes: dict[str, str]) -> int:
    """Print the figures for each file and for all; 1 if too few faults were found."""
    found, tried = Counter[str](), Counter[str]()
    for mutant, status in outcomes.items():
        module = re.sub(r"\.x[_ǁ].*", "", mutant)
        for room in (module, "all"):
            tried[room] += 1
            found[room] += status in FOUND
    print(f"\n{'':34} killed survived total")
    for room in sorted(tried, key=lambda room: (room == "all", room)):
        share = 100 * found[room] / tried[room]
        print(f"{room:34} {found[room]:6} {tried[room] - found[room]:8} {tried[room]:5}  {share:5.1f} %")
    if found["all"] * 100 < FLOOR_PERCENT * tried["all"]:
        print(f"Fewer than {FLOOR_PERCENT} % of the faults were found.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
