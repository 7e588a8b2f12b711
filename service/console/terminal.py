"""Text for a terminal: values as people read them, and nothing in them that could steer it."""

import os
import unicodedata
from typing import TextIO

from rich.console import Console

_WIDTH_OF_A_PIPE = 160
NOTHING = "–"
"""What stands where there is nothing to show."""

_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Let the command end as it does for any reader who has seen enough, not with Rich's own status."""
        raise BrokenPipeError


def console(stream: TextIO) -> Console:
    """Return a console for `stream` that prints text as it is: no markup, no emoji codes, no guessed highlights.

    Into a pipe or a file it writes plainly and wide, unless COLUMNS says how wide.
    """
    plain = not stream.isatty() and "COLUMNS" not in os.environ
    return _Console(file=stream, width=_WIDTH_OF_A_PIPE if plain else None, emoji=False, highlight=False, markup=False)


def shown(value: object) -> str:
    """Return a value as text: controls and changes of writing direction, which could deceive, are made visible."""
    text = NOTHING if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return "".join("\N{REPLACEMENT CHARACTER}" if _steers(character) else character for character in text)


def count(number: int, thing: str) -> str:
    """Return `1 report` or `2 reports`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _steers(character: str) -> bool:
    return character in _DIRECTIONS or (unicodedata.category(character) == "Cc" and character != "\n")
