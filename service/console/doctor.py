"""`knownwhen doctor`: looks at everything Knownwhen needs, and says what to do about what is wrong."""

import sys
from collections.abc import Sequence
from dataclasses import asdict

import orjson
from rich.text import Text

from service.console.answer_tables import add_row, plain_table
from service.console.checks import Check, machine_checks
from service.console.command import FINE, NO
from service.console.database import on_database
from service.console.database_checks import database_checks
from service.console.terminal import console, count
from service.postgres.problems import PostgresProblem
from service.settings import Settings

_STYLE = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(settings: Settings, *, json: bool) -> int:
    """Print how each thing stands; NO where one of them fails."""
    checks = [*machine_checks(settings), *_of_database(settings)]
    failed = [check for check in checks if check.verdict == "fail"]
    if json:
        document = {"ok": not failed, "checks": [asdict(check) for check in checks]}
        sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        _print(checks, failed)
    return NO if failed else FINE


def _of_database(settings: Settings) -> list[Check]:
    if settings.database_url is None and not (settings.data / "postgres" / "PG_VERSION").exists():
        return [Check("database", "warn", "none here yet", "`knownwhen demo` or `knownwhen serve` makes it.")]
    try:
        return on_database(settings, lambda url: list(database_checks(url)))
    except PostgresProblem as problem:
        return [Check("database", "fail", str(problem), "Mend what it says, then run this again.")]


def _print(checks: Sequence[Check], failed: Sequence[Check]) -> None:
    out = console(sys.stdout)
    table = plain_table("what", "", "found", "what to do", narrow=("what", ""))
    for check in checks:
        add_row(table, check.name, Text(check.verdict, style=_STYLE[check.verdict]), check.found, check.advice)
    out.print(table)
    out.print()
    warned = sum(check.verdict == "warn" for check in checks)
    well = f"All is well, with {count(warned, 'warning')}." if warned else "All is well."
    out.print(f"{count(len(failed), 'thing')} to mend." if failed else well)
