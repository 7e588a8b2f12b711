"""The command line, `knownwhen`: arguments and options; each command has a file of its own in `console`.

The service is imported by the command that runs, so that help and mistakes are answered at once.
"""
# ruff: noqa: PLC0415

import io
import sys
import unicodedata
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption

from service.console import token_arguments
from service.console.options import DebugOption, JsonOption
from service.runtime import subprocesses

_EPILOG = """
[bold]Examples[/bold]

  knownwhen demo
  knownwhen demo --sample river-port-2024
  KNOWNWHEN_PORT=9000 knownwhen demo
  knownwhen replay syria-coast-2025 --reported-until 2025-03-09T23:59:59Z
  knownwhen replay syria-coast-2025 --as-of @100 --view timeline/1
  knownwhen token create desk-kyiv --scope read --scope report
  knownwhen audit
  knownwhen rebuild --verify
  knownwhen doctor

[bold]Exit status[/bold]  0 fine · 1 the answer is no · 2 wrong use · 3 could not run
"""

app = typer.Typer(
    name="knownwhen",
    help="What did we know, and when did we know it? An incident timeline that never forgets what it once said.",
    epilog=_EPILOG,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

app.add_typer(token_arguments.app, name="token")

_COULD_NOT_RUN = 3

AsOfOption = Annotated[
    str | None, typer.Option(metavar="@POSITION|TIME", help="As this log stood then: @12, or 2025-11-22T12:00:00Z.")
]
ReportedUntilOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="Only what sources had said by then: 2025-03-09T23:59:59Z.")
]
PolicyOption = Annotated[
    str | None, typer.Option(metavar="NAME/VERSION", help="What weighs the claims. \\[default: the one in force]")
]
MapOption = Annotated[
    Path | None, typer.Option("--map", metavar="FILE", help="The mapping file: what the columns mean.")
]


TokenOption = Annotated[
    str | None,
    typer.Option(
        "--token", metavar="NAME", help="Act as this token, by its name or id: in its scopes and collections."
    ),
]


class MapFormat(StrEnum):
    """The formats of tables that `map` reads."""

    csv = "csv"
    json = "json"


class _ListsFormats(TyperCommand):
    """A command in whose help `{importers}`, `{exporters}` and `{declared}` stand for the names of formats."""

    def format_help(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - as Typer passes them on
        """Fill the names in, which imports the formats."""
        from service.formats import registry

        declared = [each.name for each in registry.IMPORTERS.values() if each.takes_notation]
        words = {
            "importers": _in_words("or", list(registry.IMPORTERS)),
            "exporters": _in_words("or", list(registry.EXPORTERS)),
            "declared": _in_words("and", declared),
        }
        for each in self.params:
            if isinstance(each, TyperArgument | TyperOption) and each.help:
                each.help = each.help.format(**words)
        super().format_help(*arguments, **named)


def _in_words(conjunction: str, names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} {conjunction} {last}" if others else last


def main() -> None:
    """Run the command line and end the process with the status of the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter still shows the rest
    subprocesses.exclude_current_folder()
    try:
        app(prog_name="knownwhen")
    except ImportError as problem:
        sys.stderr.write(f"Knownwhen is not installed whole: {problem}. `make run` installs what is missing.\n")
        sys.exit(_COULD_NOT_RUN)


def _version(asked: bool) -> None:  # noqa: FBT001 - Typer's protocol
    if asked:
        try:
            number = metadata.version("knownwhen")
        except metadata.PackageNotFoundError:
            number = "(not installed: runs from the source tree)"
        typer.echo(f"knownwhen {number}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Take the options before any command."""


@app.command()
def demo(
    *,
    sample: Annotated[
        str,
        typer.Option("--sample", metavar="NAME", help="Which sample to load: syria-coast-2025, or river-port-2024."),
    ] = "syria-coast-2025",
    debug: DebugOption = False,
) -> None:
    """Start everything here: a PostgreSQL of its own, a sample, and the server. Ctrl-C stops it all.

    The data stays in ./data (KNOWNWHEN_DATA); run it again and it goes on from there. A log can hold both samples.
    """
    from service.console import command, demo

    command.run(lambda settings: demo.demo(settings, sample), debug=debug)


@app.command()
def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Listen here instead of KNOWNWHEN_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Listen here instead of KNOWNWHEN_PORT.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes answer, side by side.")] = 1,
    projector: Annotated[
        bool, typer.Option("--projector/--no-projector", help="Keep the read models true in a process beside it.")
    ] = True,
    debug: DebugOption = False,
) -> None:
    """Serve the HTTP interface until Ctrl-C, over DATABASE_URL or the bundled PostgreSQL.

    Whoever asks needs a token, which `knownwhen token create` makes. KNOWNWHEN_ACCESS=open switches tokens off, on this
    machine only.
    """
    from service.console import command, serve

    where = serve.ServeOptions(host, port, workers, projector)
    command.run(lambda settings: serve.serve(settings, where), debug=debug)


@app.command()
def project(*, debug: DebugOption = False) -> None:
    """Keep the read models at the end of the log until Ctrl-C; stand by while another projector is active.

    `serve` and `demo` do this by themselves, in a process beside them; `serve --no-projector` leaves it to others.
    """
    from service.console import command, project

    command.run(project.project, debug=debug)


@app.command()
def migrate(*, debug: DebugOption = False) -> None:
    """Bring the database to this release's tables. Safe to repeat, and from several places at once."""
    from service.console import command, migrate

    command.run(migrate.run, debug=debug)


@app.command()
def replay(  # noqa: PLR0913 - each is a part of the question
    incident: Annotated[
        str, typer.Argument(metavar="INCIDENT", help="The incident's slug, such as syria-coast-2025, or its id.")
    ],
    *,
    as_of: AsOfOption = None,
    reported_until: ReportedUntilOption = None,
    policy: PolicyOption = None,
    view: Annotated[str, typer.Option(metavar="NAME/VERSION", help="state/1, timeline/1 or claims/1.")] = "state/1",
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Say what was known of an incident at a moment: sentences to quote, and a table.

    Works while Knownwhen is running, and when it is not.
    """
    from service.answers.answer import AnswerRequest
    from service.console import command, replay

    question = AnswerRequest(
        unicodedata.normalize("NFC", incident), view, as_of=as_of, reported_until=reported_until, policy=policy
    )
    command.run(lambda settings: replay.replay(settings, question, json=json), debug=debug)


@app.command()
def audit(
    *,
    full: Annotated[
        bool,
        typer.Option("--full", help="Hash the whole log anew, and compare every incident and source, not a sample."),
    ] = False,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Ask every published estimate again, compare the read models with the log, and name whatever differs.

    Of each read model, whole folds of the log are compared with its rows: of 100 incidents and 100 sources (--full: of
    all), where the read model stands and at 3 earlier positions. Which ones follows from the log, so the same log has
    the same ones; they move on as it grows. That no two rows of a key stand at once is looked up in all rows.

    With --full every fact is hashed first, against its commitments, the tiles and all checkpoints that were signed: a
    byte that somebody changed is named by its position.

    Works while Knownwhen is running, and when it is not.
    """
    from service.console import audit, command

    command.run(lambda settings: audit.audit(settings, json=json, full=full), debug=debug)


@app.command()
def rebuild(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]…", help="Which read models, such as incidents. \\[default: all]"),
    ] = None,
    *,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="How many processes fold, side by side. \\[default: one a core, up to 4]"),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Compare every row with a whole fold of the log before the new ones answer."),
    ] = False,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Make read models anew from the log while the old ones go on answering; then the new ones answer.

    Whatever ends it early, what is done stays: run it again and it goes on from there. Works while Knownwhen runs.

    [bold]Examples[/bold]

      knownwhen rebuild
      knownwhen rebuild incidents reports --workers 2
      knownwhen rebuild --verify --json
    """
    from service.console import command, rebuild

    asked = rebuild.RebuildArguments(names or (), workers, verify, json)
    command.run(lambda settings: rebuild.rebuild(settings, asked), debug=debug)


@app.command("import", cls=_ListsFormats)
def import_(  # noqa: PLR0913 - each says what is read, or how
    format_: Annotated[str, typer.Argument(metavar="FORMAT", help="What the files are: {importers}.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="The files; for git, a repository.")],
    *,
    map_: MapOption = None,
    path: Annotated[
        str | None, typer.Option(metavar="PATH", help="For git: the table's path in the repository.")
    ] = None,
    reported_at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When the files said it, where they do not tell: a day, or a time."),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="How the files are encoded, if not in UTF-8: cp1252, utf-16-le."),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(metavar="NAME", help="For Excel: the sheet. \\[default: the first with data]")
    ] = None,
    dates: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="For {declared}: how days are written, such as %d/%m/%Y.")
    ] = None,
    decimal: Annotated[
        str | None,
        typer.Option(metavar="SIGN", help="For {declared}: “,”, where numbers have a comma."),
    ] = None,
    restore: Annotated[
        bool,
        typer.Option(
            "--restore",
            help="The file is a whole log, of `export ndjson`; into an empty one, while no other Knownwhen runs.",
        ),
    ] = False,
    errors: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every row that is not taken there, one a line.")
    ] = None,
    warnings: Annotated[
        str | None,
        typer.Option(metavar="NUMBER|all", help="How many warnings to list; all are counted. \\[default: 20]"),
    ] = None,
    token: TokenOption = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Record what files say. Rows that cannot be taken are listed, with the reason, and the rest goes in.

    Rows that were taken and should be looked at again are listed as warnings: a figure that fell, a date after its
    report.

    Safe to repeat: what is there already is found again, and recorded once. Works while Knownwhen is running.

    [bold]Examples[/bold]

      knownwhen import ndjson reports.ndjson
      knownwhen import csv --map losses.toml losses.csv
      knownwhen import git --map losses.toml --path data/losses.csv ./repository
      knownwhen import acled --encoding cp1252 --dates %d/%m/%Y --decimal , saved-by-excel.csv
      knownwhen import acled deleted.csv
      knownwhen import ndjson --restore log.ndjson
    """
    from service.console import command, import_

    layout = {"encoding": encoding, "sheet": sheet, "dates": dates, "decimal": decimal}
    asked = import_.ImportOptions(
        format_,
        files,
        map_,
        path,
        reported_at,
        **layout,
        restore=restore,
        token=token,
        json=json,
        errors=errors,
        warnings=warnings,
    )
    command.run(lambda settings: import_.import_(settings, asked), debug=debug)


@app.command("map")
def map_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table: CSV, JSON or Excel, packed or not.")],
    *,
    format_: Annotated[
        MapFormat | None, typer.Option("--format", help="What the file is. \\[default: what it looks like]")
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(metavar="NAME", help="For Excel: the sheet. \\[default: the first with data]")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="MAP", help="Where the mapping file goes; - is standard output.")
    ] = Path("-"),
    debug: DebugOption = False,
) -> None:
    """Propose a mapping file for a table: its key, dates, figures, places, silence, and how it is laid out.

    Nothing is recorded. What three rows would become, and what it was unsure of, is said beside it: read it, correct
    the file, and import by it.

    [bold]Examples[/bold]

      knownwhen map losses.csv -o losses.toml
      knownwhen map events.xlsx --sheet 2024
    """
    from service.console import command, map_

    asked = map_.MapOptions(file, format_.value if format_ else None, sheet, output)
    command.run(lambda settings: map_.map_(settings, asked), debug=debug)


@app.command(cls=_ListsFormats)
def export(  # noqa: PLR0913 - each is a part of the question
    format_: Annotated[str, typer.Argument(metavar="FORMAT", help="{exporters}.")],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is standard output.")
    ] = Path("-"),
    as_of: AsOfOption = None,
    reported_until: ReportedUntilOption = None,
    policy: PolicyOption = None,
    map_: MapOption = None,
    view: Annotated[
        str | None, typer.Option(metavar="NAME/VERSION", help="This view of each incident: state/1, claims/1 …")
    ] = None,
    incident: Annotated[
        list[str] | None, typer.Option(metavar="SLUG", help="Only this incident; may be given again.")
    ] = None,
    receipt: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="For `bundle`: of this published answer.")
    ] = None,
    token: TokenOption = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Write what the log holds at a reading into a file. Works while Knownwhen is running, and when it is not.

    FORMAT may also be `bundle`: an answer with all that shows it to be right; or `entries`: of all facts that are
    signed, their commitments. `knownwhen verify` checks them.

    [bold]Examples[/bold]

      knownwhen export ndjson -o log.ndjson
      knownwhen export ndjson --view state/1 --reported-until 2025-03-09T23:59:59Z
      knownwhen export csv --map losses.toml --as-of @1200 -o losses.csv
      knownwhen export bundle --incident syria-coast-2025 -o estimate.kw.json.gz
      knownwhen export entries -o entries
    """
    from service.answers.answer import AnswerRequest
    from service.console import command, export, export_proofs
    from service.formats.export import incidents as bulk

    only = [unicodedata.normalize("NFC", each) for each in incident or ()]
    if format_ == export_proofs.ENTRIES:
        command.run(lambda settings: export_proofs.export_entries(settings, output, json=json), debug=debug)
    if format_ == export_proofs.BUNDLE:
        answer = AnswerRequest(only[0], view or "state/1", as_of, reported_until, policy) if len(only) == 1 else None
        of = export_proofs.BundleOptions(output, json, receipt, answer)
        command.run(lambda settings: export_proofs.export_bundle(settings, of), debug=debug)
    what = bulk.ExportRequest(as_of, reported_until, policy, view, only, map=map_)
    asked = export.ExportOptions(format_, what, output, json, token)
    command.run(lambda settings: export.export(settings, asked), debug=debug)


keys_app = typer.Typer(help="The keys that protect the sealed parts of reports.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")


@keys_app.command("create")
def create_key(*, debug: DebugOption = False) -> None:
    """Make the first key, in the file that KNOWNWHEN_KEK_FILE names, readable by its owner alone."""
    from service.console import command, keys

    command.run(keys.create, debug=debug)


@keys_app.command("list")
def list_keys(*, json: JsonOption = False, debug: DebugOption = False) -> None:
    """List the keys at hand, those that are missing, and how many sources each protects."""
    from service.console import command, keys

    command.run(lambda settings: keys.list_(settings, json=json), debug=debug)


@keys_app.command("rotate")
def rotate_keys(*, debug: DebugOption = False) -> None:
    """Make another key and wrap the key of every source by it. Works while Knownwhen is running."""
    from service.console import command, keys

    command.run(keys.rotate, debug=debug)


@app.command()
def verify(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The file that was sent to you.")],
    *,
    key: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="A key of the log that you trust, or a file of them.")
    ] = None,
    entries: Annotated[
        Path | None, typer.Option(metavar="PATH", help="All entries of the log: shows that none was left out.")
    ] = None,
    witness: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="A key of a witness that you trust, or a file of them.")
    ] = None,
    need: Annotated[int, typer.Option(min=0, help="How many of these witnesses must have signed.")] = 0,
    json: JsonOption = False,
) -> None:
    """Check a bundle without trusting its sender. Needs no database, no network and no service.

    It says what it showed, what it could not show, and why it fails. Exit status 1: do not rely on it.

    [bold]Examples[/bold]

      knownwhen verify estimate.kw.json.gz
      knownwhen verify estimate.kw.json.gz --key log.pub --entries published/ --witness witnesses.pub --need 1
    """
    from service.console import verify as verifying

    options = verifying.VerifyOptions(bundle, key or (), witness or (), need, entries, json)
    raise typer.Exit(verifying.verify(options))


@app.command()
def watch(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where it is published; or the service's …/v1/log.")],
    *,
    key: Annotated[list[str], typer.Option(metavar="KEY", help="The key that signs it, or a file of them.")],
    keep: Annotated[Path, typer.Option(metavar="FOLDER", help="Where its checkpoints are kept.")] = Path("watched"),
    every: Annotated[
        float | None, typer.Option(min=1, metavar="SECONDS", help="Look so often until stopped; without it, once.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="KNOWNWHEN_TOKEN", metavar="TOKEN", help="A token, for the service's own.")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="What another watcher kept: were both shown one log?")
    ] = None,
) -> None:
    """Follow the checkpoints of a log from outside, and prove that each continues the one before.

    Exit status 1: it contradicts itself, and the two checkpoints that show it are kept.

    [bold]Examples[/bold]

      knownwhen watch https://log.example.org --key log.pub --every 60
      knownwhen watch https://log.example.org --key log.pub --compare theirs/
    """
    from service.console import watch as watching

    options = watching.WatchOptions(url, key, keep, token, every, compare)
    raise typer.Exit(watching.watch(options))


log_keys_app = typer.Typer(help="The keys that sign the log.", no_args_is_help=True)
keys_app.add_typer(log_keys_app, name="log")


@log_keys_app.command("create")
def create_log_key(*, debug: DebugOption = False) -> None:
    """Make the first key, in the file that KNOWNWHEN_LOG_KEYS names, and print its public half."""
    from service.console import command, log_keys

    command.run(log_keys.create, debug=debug)


@log_keys_app.command("list")
def list_log_keys(*, json: JsonOption = False, debug: DebugOption = False) -> None:
    """Print the public halves of the keys that sign."""
    from service.console import command, log_keys

    command.run(lambda settings: log_keys.list_(settings, json=json), debug=debug)


@log_keys_app.command("rotate")
def rotate_log_keys(*, debug: DebugOption = False) -> None:
    """Add a key: both sign, until the oldest is retired."""
    from service.console import command, log_keys

    command.run(log_keys.rotate, debug=debug)


@log_keys_app.command("retire")
def retire_log_key(*, debug: DebugOption = False) -> None:
    """Take the oldest key away."""
    from service.console import command, log_keys

    command.run(log_keys.retire, debug=debug)


@app.command()
def sign(*, debug: DebugOption = False) -> None:
    """Sign the log and publish its checkpoints, until stopped. `serve` and `demo` do so beside the server."""
    from service.console import command, sign

    command.run(sign.sign, debug=debug)


@app.command("sealed-reads")
def sealed_reads(*, json: JsonOption = False, debug: DebugOption = False) -> None:
    """List who read which sealed parts, when and why."""
    from service.console import command, sealed_reads

    command.run(lambda settings: sealed_reads.sealed_reads(settings, json=json), debug=debug)


@app.command()
def bench(
    *,
    number: Annotated[
        int, typer.Option("--reports", min=100, max=1_000_000, help="How many reports are posted one by one.")
    ] = 5_000,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Measure how fast this machine takes reports in, one by one and in bulk, on an empty database of its own.

    Yours is not touched: a PostgreSQL is started for it in a temporary folder, and removed again. It takes a minute.
    """
    from service.console import bench, command

    command.run(lambda settings: bench.bench(settings, number=number, json=json), debug=debug)


@app.command()
def doctor(*, json: JsonOption = False, debug: DebugOption = False) -> None:
    """Check everything Knownwhen needs on this machine, and say what to do about what is wrong."""
    from service.console import command, doctor

    command.run(lambda settings: doctor.doctor(settings, json=json), debug=debug)


if __name__ == "__main__":
    main()
