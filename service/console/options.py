"""Options that several commands have."""

from typing import Annotated

import typer

DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of whatever goes wrong.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
