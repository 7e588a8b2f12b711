"""`knownwhen export bundle` and `export entries`: what `knownwhen verify` checks."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.ledger.tiles import bundles_of
from service import wiring
from service.answers.answer import AnswerRequest
from service.console.command import EXIT_OK, CannotRun, Misuse, say
from service.console.database import expect_data, expect_migrated, on_database
from service.console.export import STDOUT, output_file
from service.console.terminal import print_json, progress
from service.settings import Settings
from service.transparency.bundling import MadeBundle, NoSuchReceipt
from service.transparency.signed_log import NotSigned, NotSignedYet

BUNDLE, ENTRIES = "bundle", "entries"
"""What is exported beside the formats."""
_TROUBLE: Final = (NotSigned, NotSignedYet, NoSuchReceipt)


@dataclass(frozen=True, slots=True)
class BundleOptions:
    """Of which answer: that of a published receipt, by its digest, or any of an incident. Where the file goes."""

    output: Path = STDOUT
    json: bool = False
    receipt: str | None = None
    answer: AnswerRequest | None = None


def export_bundle(settings: Settings, options: BundleOptions) -> int:
    """Write the bundle of an answer. Raises Misuse, Unanswerable, UnknownName, CannotRun and PostgresProblem."""
    _expect_file(options.output, json=options.json)
    if (options.receipt is None) == (options.answer is None):
        raise Misuse("Say of which answer: --receipt DIGEST of a published one, or --incident SLUG of any.")
    expect_data(settings)
    made = on_database(settings, lambda url: _make(url, options))
    with output_file(options.output) as file:
        file.write(made.content)
    receipt = made.receipt
    if options.json:
        document = {"incident": receipt.incident, "position": receipt.position, "digest": receipt.digest}
        print_json({"ok": True, "output": str(options.output), "bytes": len(made.content), **document})
    else:
        what = f"the bundle of “{receipt.incident}” at position {receipt.position:,}"
        say(f"Exported {what}: {len(made.content):,} bytes.")
    return EXIT_OK


def _make(url: str, options: BundleOptions) -> MadeBundle:
    async def make() -> MadeBundle:
        async with wiring.opened_log(url) as log:
            if options.answer is not None:
                return await log.bundles.of_answer(options.answer)
            return await log.bundles.of_digest(options.receipt or "")

    expect_migrated(url)
    try:
        return asyncio.run(make())
    except _TROUBLE as problem:
        raise CannotRun(str(problem)) from problem


def export_entries(settings: Settings, output: Path, *, json: bool) -> int:
    """Write the entries of all facts of the last published checkpoint, in order, as one file for `verify --entries`.

    Raises Misuse, CannotRun and PostgresProblem.
    """
    _expect_file(output, json=json)
    expect_data(settings)
    entries = on_database(settings, lambda url: _write_entries(url, output))
    if json:
        print_json({"ok": True, "output": str(output), "entries": entries})
    else:
        say(f"Exported {entries:,} entries: all of the last published checkpoint.")
    return EXIT_OK


def _write_entries(url: str, output: Path) -> int:
    async def write() -> int:
        async with wiring.opened_log(url) as log:
            size = (await log.signed_log.checkpoint()).size
            with output_file(output) as file, progress() as report_progress:
                for tile in bundles_of(size):
                    file.write(await log.signed_log.tile(tile) or b"")
                    report_progress("exporting entries", tile.first + tile.width, size, 0)
            return size

    expect_migrated(url)
    try:
        return asyncio.run(write())
    except NotSigned as problem:
        raise CannotRun(str(problem)) from problem


def _expect_file(output: Path, *, json: bool) -> None:
    if json and output == STDOUT:
        raise Misuse("With --json the summary goes to standard output; --output FILE says where the export goes.")
