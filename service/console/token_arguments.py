"""The arguments of `knownwhen token create|list|revoke|rotate`; what they do is in `service.console.token`."""
# ruff: noqa: PLC0415 - help and mistakes are answered before the service is imported

from typing import Annotated

import typer

from service.console.options import DebugOption, JsonOption

app = typer.Typer(
    help="Make, list, rotate and revoke tokens, which `serve` asks for. Works while Knownwhen runs, and when not.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_TokenArgument = Annotated[
    str, typer.Argument(metavar="TOKEN", help="The token's name, or its id (the part between the underscores).")
]
_DaysOption = Annotated[int, typer.Option(min=1, max=3_660, help="The days after which it expires.")]


@app.command()
def create(  # noqa: PLR0913 - each is a part of the token
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is, or what for: desk-kyiv.")],
    *,
    scope: Annotated[
        list[str],
        typer.Option(
            metavar="SCOPE", help="read, report, curate, publish, read:sealed, audit or admin; may be given again."
        ),
    ],
    collection: Annotated[
        list[str] | None,
        typer.Option(metavar="SLUG", help="Where it may do so, or “*”; may be given again. \\[default: public]"),
    ] = None,
    network: Annotated[
        list[str] | None,
        typer.Option(metavar="CIDR", help="The only network that may use it: 192.0.2.0/24; may be given again."),
    ] = None,
    days: _DaysOption = 90,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Make a token, and show it this once: only its hash is kept.

    [bold]Examples[/bold]

      knownwhen token create editor --scope admin --scope read --scope report --scope curate --collection '*'
      knownwhen token create desk-kyiv --scope read --scope report --days 30
    """
    from service.console import command, token

    wanted = token.TokenOptions(name, scope, collection or (), network or (), days)
    command.run(lambda settings: token.create(settings, wanted, json=json), debug=debug)


@app.command("list")
def list_(
    *,
    all_: Annotated[bool, typer.Option("--all", help="Also those that are revoked or have expired.")] = False,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """List the tokens that stand, oldest first, without their secrets."""
    from service.console import command, token

    command.run(lambda settings: token.list_(settings, everything=all_, json=json), debug=debug)


@app.command()
def revoke(token_: _TokenArgument, *, json: JsonOption = False, debug: DebugOption = False) -> None:
    """End a token for good, within 5 seconds in every process that runs."""
    from service.console import command, token

    command.run(lambda settings: token.revoke(settings, token_, json=json), debug=debug)


@app.command()
def rotate(
    token_: _TokenArgument,
    *,
    overlap: Annotated[
        int, typer.Option(min=0, max=744, metavar="HOURS", help="For how long the old secret is taken as well.")
    ] = 0,
    days: _DaysOption = 90,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Give a token another secret and a new expiry; its name, id, scopes and collections stay."""
    from service.console import command, token

    command.run(lambda settings: token.rotate(settings, token_, (days, overlap), json=json), debug=debug)
