"""`knownwhen demo`: from nothing to an answer, with the bundled PostgreSQL and the sample."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from threading import Event
from urllib.parse import quote

from domain.ledger.receipt import origin_of
from service import wiring
from service.console import samples
from service.console.command import EXIT_OK, Misuse, announce, say
from service.console.database import migrate_and_say, running_database
from service.console.listener import ListenAddress, expect_loopback, listen, resolve
from service.console.project import projector_beside
from service.console.serve import OPEN_TO_ALL, run_server
from service.console.sign import signer_beside
from service.console.terminal import count, progress
from service.eventstore import LogReader
from service.settings import Settings
from service.transparency.log_keys import write_log_keys

KEY_FILE = "demo-keys"
"""The name of the demo's key file, in the data folder."""
LOG_KEY_FILE = "demo-log-keys"
"""The name of the file of the demo's keys that sign the log, in the data folder."""
DEFAULT = "syria-coast-2025"
"""The sample that is loaded where none is named."""


def demo(settings: Settings, name: str = DEFAULT) -> int:
    """Start the database, bring it up to date, load the sample, and serve until stopped.

    Run again, it finds the sample loaded and changes nothing.

    Raises Misuse, CannotRun, PostgresProblem, SampleError; KeyboardInterrupt where stopped before it served.
    """
    try:
        lines = samples.read_named(name)
    except samples.SampleUnknown as unknown:
        raise Misuse(str(unknown)) from unknown
    settings = settings.model_copy(update={"access": "open"})
    address = resolve(settings.host, settings.port)
    expect_loopback(address)
    with listen(address) as listener:
        if settings.database_url is None:
            say(f"Starting PostgreSQL in {settings.data.absolute()} …")
        with running_database(settings) as url:
            migrate_and_say(url)
            settings = _with_key(settings)
            ready = asyncio.run(_load(url, name, lines, address))
            wiring.make_runner(url, Event()).catch_up()
            settings = _with_log_key(settings, url)
            with projector_beside(url, settings), signer_beside(url, settings):
                run_server(settings, url, [listener], workers=1, ready=lambda: announce(ready))
    say("Stopped.")
    return EXIT_OK


def _with_key(settings: Settings) -> Settings:
    """Return the settings with a key file in the data folder, where it protects nobody; not for a user's database."""
    if settings.kek_file or settings.kek_command or settings.database_url:
        return settings
    path = settings.data.absolute() / KEY_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        wiring.make_key(path)
        say(f"A key for sealed parts was made in {path}. It is for trying out only: it lies beside what it protects.")
    return settings.model_copy(update={"kek_file": path})


def _with_log_key(settings: Settings, url: str) -> Settings:
    """Return the settings with a key that signs the log, in the data folder; not for a user's database."""
    if settings.log_keys or settings.database_url:
        return settings
    path = settings.data.absolute() / LOG_KEY_FILE
    if not path.exists():
        write_log_keys(path, [wiring.make_log_key(origin_of(wiring.log_id(url)))])
    return settings.model_copy(update={"log_keys": path})


async def _load(url: str, name: str, lines: Sequence[samples.SampleLine], address: ListenAddress) -> str:
    """Load the sample; return what is printed once it answers."""
    async with wiring.services(url) as services:
        try:
            with progress(heading=f"Loading the sample {name}: {len(lines)} lines …") as report_progress:
                loaded = await samples.load(
                    services.writer, lines, lambda done: report_progress("loading the sample", done, len(lines), 0)
                )
            say(_summary(name, loaded))
        except samples.SampleChanged as changed:
            say(f"This log holds something else in the place of the sample, and keeps it. {changed}")
        slug = samples.opened_slugs(lines)[0]
        return await _introduction(address, slug, samples.questions_of(name), services.reader)


def _summary(name: str, loaded: Sequence[samples.LoadedLine]) -> str:
    new = sum(each.new for each in loaded)
    if not new:
        return f"The sample {name} is loaded already."
    counts = Counter(each.line.what for each in loaded)
    named = {"report": "report", "correction": "correction", "retraction": "retraction", "register": "source"}
    parts = [count(counts[what], word) for what, word in named.items()]
    rest = "" if new == len(loaded) else f" {new} of its {len(loaded)} lines were missing."
    return f"The sample {name} is loaded: {', '.join(parts)}.{rest}"


async def _introduction(
    address: ListenAddress, slug: str, questions: samples.SampleQuestions, reader: LogReader
) -> str:
    """Return what the demo prints once it answers: the page to open, and questions to paste into a terminal."""
    path = f"/incidents/{slug}"
    printed: list[str] = []
    for question in questions.questions:
        query = f"reported_until={quote(question.reported_until, safe=':')}"
        words = question.words
        if question.before_report is not None:
            if (row := await reader.find(question.before_report)) is None:
                continue  # the log holds something else in the place of the sample
            query += f"&as_of=@{row.position - 1}"
            words = words.format(position=row.position - 1)
        printed.append(f"{words}\n  curl -s '{address.url}/v1{path}?{query}' | grep -o '{questions.sentence}[^\"]*'\n")
    opened = f"Open {address.url}{path} in a browser. {OPEN_TO_ALL}"
    asked = f"{questions.heading} Or ask in a terminal:"
    return "\n".join(["", opened, "", asked, "", *printed, "Ctrl-C stops it.", ""])
