"""`knownwhen audit`: answers published estimates again, compares read models with folds, re-hashes the signed log."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from service import wiring
from service.console.command import EXIT_FAILED, EXIT_OK
from service.console.database import expect_data, expect_migrated, on_database
from service.console.rebuild import MOST_SHOWN, difference_words
from service.console.terminal import WIDE, add_row, console, count, plain_table, print_json, progress, shown
from service.postgres.pool import connect
from service.postgres.role import service_role_url
from service.projections.audit.audit import AuditedModel, AuditResult
from service.projections.audit.audit import audit as audit_read_models
from service.settings import Settings
from service.transparency.log_audit import LogAudit, audit_log
from service.transparency.publications import PublicationReplay, replay

_AT_ONCE = 100
_WHAT = ("view", "policy", "reported_until")


def audit(settings: Settings, *, json: bool, full: bool = False) -> int:
    """Replay and compare, and print the outcome; EXIT_FAILED where anything differs.

    `full`: every subject of the read models is compared, not a sample, and the log is hashed anew, with its tiles and
    checkpoints. Raises CannotRun and PostgresProblem.
    """
    expect_data(settings)
    return on_database(settings, lambda url: _audit(url, settings, json=json, full=full))


def _audit(url: str, settings: Settings, *, json: bool, full: bool) -> int:
    hashed = _hash_log(url, settings) if full else None
    if hashed is not None and not hashed.matches:
        _tell_damaged(hashed, json=json)
        return EXIT_FAILED
    found, compared = _replay_publications(url), _compare_models(url, full=full)
    ok = all(each.matches for each in (*found, *compared.audited))
    if json:
        document: dict[str, Any] = {"ok": ok, "publications": [_publication_document(each) for each in found]}
        document["read_models"] = _model_documents(compared)
        document["log"] = None if hashed is None else _log_document(hashed)
        print_json(document)
    else:
        if hashed is not None:
            _print_log(hashed)
        _print_publications(found)
        _print_models(compared)
    return EXIT_OK if ok else EXIT_FAILED


def _tell_damaged(hashed: LogAudit, *, json: bool) -> None:
    """Print what is damaged; what is made of a damaged log is not compared with it."""
    if json:
        print_json({"ok": False, "publications": None, "read_models": None, "log": _log_document(hashed)})
        return
    _print_log(hashed)
    console(sys.stdout).print("Publications and read models were not compared: they are made of this log.")


def _hash_log(url: str, settings: Settings) -> LogAudit:
    expect_migrated(url)
    with progress() as report_progress, connect(service_role_url(url)) as connection:
        return audit_log(
            connection,
            wiring.fork_guard(settings),
            lambda done, total: report_progress("hashing the log", done, total, 0),
        )


def _log_document(found: LogAudit) -> dict[str, Any]:
    return {
        "facts": found.facts,
        "signed": found.signed,
        "checkpoints": found.checkpoints,
        "stands": found.matches,
        "damaged": found.damaged,
        "damages": [asdict(each) for each in found.damages],
    }


def _print_log(found: LogAudit) -> None:
    out = console(sys.stdout)
    for each in found.damages[:MOST_SHOWN]:
        where = "The log" if each.position is None else f"Position {each.position:,}"
        out.print(Text(shown(f"{where}: {each.why}")), style="bold red", soft_wrap=True)
    if found.damaged > MOST_SHOWN:
        out.print(f"… and {found.damaged - MOST_SHOWN:,} more.")
    what = f"{count(found.facts, 'fact')} hashed, of which {found.signed:,} are signed"
    verdict = "as recorded and as signed" if found.matches else f"{count(found.damaged, 'damage')} found"
    out.print(f"{what}, with {count(found.checkpoints, 'checkpoint')}: {verdict}.\n")


def _replay_publications(url: str) -> list[PublicationReplay]:
    async def replay_all() -> list[PublicationReplay]:
        found: list[PublicationReplay] = []
        async with wiring.opened_log(url) as log:
            positions = await log.publications.positions()
            with progress(_progress_line) as report_progress:
                for start in range(0, len(positions), _AT_ONCE):
                    for row in await log.reader.at(positions[start : start + _AT_ONCE]):
                        found.append(await replay(log.reader, log.root_at, row))
                        report_progress("asking publications again", len(found), len(positions), 0)
        return found

    expect_migrated(url)
    return asyncio.run(replay_all())


def _progress_line(done: int, total: int, rate: str) -> str:
    return f"Asked {done:,} of {count(total, 'publication')} again, {rate} …"


def _publication_document(found: PublicationReplay) -> dict[str, Any]:
    published = found.published
    return {
        "position": found.position,
        "recorded_at": found.recorded_at,
        "incident": found.incident,
        **{name: getattr(published, name, None) for name in (*_WHAT, "digest")},
        "as_of": f"@{published.position}" if published else None,
        "stands": found.matches,
        "trouble": found.trouble,
        "differences": list(found.differences),
    }


def _print_publications(found: Sequence[PublicationReplay]) -> None:
    out = console(sys.stdout)
    if not found:
        out.print("No estimate has been published in this log.")
        return
    out.print(_table(found, wide=out.width >= WIDE))
    out.print()
    for each in found:
        for line in _reasons(each):
            out.print(Text(shown(line)), soft_wrap=True)
    wrong = sum(not each.matches for each in found)
    all_match = f"{count(len(found), 'publication')}: each is answered as it was published."
    out.print(f"{wrong:,} of {count(len(found), 'publication')} not answered as published." if wrong else all_match)


def _table(found: Sequence[PublicationReplay], *, wide: bool) -> Table:
    columns = ("recorded at", "incident", *_WHAT) if wide else ("what",)
    table = plain_table("position", *columns, "", narrow=("recorded at", ""), right=("position",))
    for each in found:
        verdict = Text("as published", "green") if each.matches else Text("differs", "bold red")
        what = [getattr(each.published, name, None) for name in _WHAT]
        if wide:
            add_row(table, each.position, each.recorded_at, each.incident, *what, verdict)
        else:
            about = ", ".join(str(word) for word in what if word)
            add_row(table, each.position, f"{each.incident}\n{about}", verdict)
    return table


def _reasons(found: PublicationReplay) -> list[str]:
    where = f"Position {found.position}"
    if found.trouble:
        return [f"{where} cannot be asked again: {found.trouble}"]
    return [
        f"{where}, {each.what}: {each.published} was published, {each.replayed} found." for each in found.differences
    ]


def _compare_models(url: str, *, full: bool) -> AuditResult:
    """Compare the read models of the database at `url` with folds, and show the progress.

    Raises PostgresProblem and psycopg.Error.
    """
    with progress() as report_progress:
        return audit_read_models(
            service_role_url(url),
            full=full,
            on_progress=lambda done, total: report_progress("comparing read models", done, total, 0),
        )


def _model_documents(result: AuditResult) -> list[dict[str, Any]]:
    """Return the outcome of each read model as JSON; one without a live table has no generation."""
    found = [_model_document(each) for each in result.audited]
    missing: list[dict[str, Any]] = [{"name": name, "generation": None} for name in result.missing]
    return sorted([*found, *missing], key=lambda each: str(each["name"]))


def _print_models(result: AuditResult) -> None:
    """Print the outcome of each read model, and its differences."""
    out = console(sys.stdout)
    if not result.audited:
        out.print("No read model has been built yet; `knownwhen rebuild` builds all of them.")
        return
    out.print()
    figures = ("position", "compared")
    table = plain_table("read model", *figures, "", narrow=("read model", ""), right=figures)
    for each in result.audited:
        add_row(
            table, each.generation.name, f"{each.generation.position:,}", f"{each.compared:,}", _model_verdict(each)
        )
    out.print(table)
    out.print()
    for each in result.audited:
        if each.generation.stopped:
            at, why = each.generation.stopped["position"], each.generation.stopped["error"]
            out.print(Text(shown(f"{each.generation.name} has stopped before position {at:,}: {why}")), soft_wrap=True)
        for difference in each.differences[:MOST_SHOWN]:
            out.print(Text(shown(difference_words(difference.document()))), soft_wrap=True)
        if each.differing > MOST_SHOWN:
            out.print(f"… and {each.differing - MOST_SHOWN:,} more of {each.generation.name}.")
    if result.missing:
        out.print(f"Not built yet by this release: {', '.join(result.missing)}.")
    out.print(_models_summary(result))


def _models_summary(result: AuditResult) -> str:
    what = count(len(result.audited), "read model")
    wrong = sum(not each.matches for each in result.audited)
    if wrong:
        return f"{wrong:,} of {what} not as folds of the log make them; `knownwhen rebuild` makes them anew."
    return f"{what}: wherever compared, each holds what folds of the log make."


def _model_verdict(audited: AuditedModel) -> Text:
    if audited.differing:
        return Text("differs", "bold red")
    if audited.generation.stopped is not None:
        return Text("stopped", "bold red")
    return Text("as folded", "green")


def _model_document(audited: AuditedModel) -> dict[str, Any]:
    generation = audited.generation
    return {
        "name": generation.name,
        "generation": generation.generation,
        "version": generation.version,
        "position": generation.position,
        "compared_at": audited.position,
        "compared": audited.compared,
        "stands": audited.matches,
        "stopped": generation.stopped,
        "differing": audited.differing,
        "differences": [each.document() for each in audited.differences],
    }
