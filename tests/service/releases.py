"""A next release of Knownwhen: a copy of this tree with some text replaced, and commands run by it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg

from domain.catalogue import VIEWS
from tests.patience import PATIENCE
from tests.service.console import ROOT, environment, running

Step = tuple[str, ...]
"""The address of a database, and the words of a command; or `answers`, an incident and positions."""

# Runs the steps in one process, since each process imports the service anew; prints what `answers` finds as lists.
STEPS = """
import asyncio, json, os, sys
from domain.catalogue import VIEWS
from domain.ledger.canonical import canonical
from service import wiring
from service.answers.answer import AnswerRequest, answer
from service.cli import app

async def answers(url, incident, *moments):
    async with wiring.opened_log(url) as log:
        for view in VIEWS:
            for moment in moments:
                found = await answer(log.reader, AnswerRequest(incident, view, moment))
                yield canonical([found.digest, found.document, dict(found.coordinates)]).decode()

async def all_of(found):
    return [each async for each in found]

results = []
for url, *words in json.loads(sys.argv[1]):
    os.environ["DATABASE_URL"] = url
    if words[0] == "answers":
        results.append(asyncio.run(all_of(answers(url, *words[1:]))))
    elif status := app(words, prog_name="knownwhen", standalone_mode=False):
        sys.exit(f"{words} ended with {status}")
print("\\n" + json.dumps(results))
"""


def next_release(tree: Path, edits: Iterable[tuple[Path, str, str]]) -> Path:
    """Copy this release to `tree` and replace texts of its files, each the first time that it occurs."""
    for name in ("domain", "service", "migrations", "tests"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    for file, old, new in edits:
        text = (tree / file).read_text("utf-8")
        assert old in text
        (tree / file).write_text(text.replace(old, new, 1), "utf-8")
    return tree


def python(tree: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the modules of a release."""
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        check=False,
        cwd=tree,
        encoding="utf-8",
        env=environment(PYTHONPATH=tree, **settings),
        timeout=PATIENCE,
    )


def commands(tree: Path, *steps: Step) -> list[list[str]]:
    """Run commands of a release to their good end; return what each `answers` found, from each view, byte for byte."""
    done = python(tree, "-c", STEPS, json.dumps(steps))
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    asked = [len(words) - 1 for _, name, *words in steps if name == "answers"]
    assert [len(each) for each in found] == [len(VIEWS) * moments for moments in asked]
    return found


@contextmanager
def served(tree: Path, url: str, port: int) -> Iterator[httpx.Client]:
    """Serve a database by a release, until the block ends."""
    with running("serve", "--port", str(port), PYTHONPATH=tree, DATABASE_URL=url) as serving:
        serving.wait_for("Ctrl-C stops it.")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client:
            yield client
        assert serving.stop() == 0


def stored(url: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the topic and the state of every fact of a log."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT topic, state FROM facts ORDER BY notification_id").fetchall()
    return [(topic, json.loads(state)) for topic, state in rows]
