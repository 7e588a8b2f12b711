"""Spans of time as facts store them: `[earliest, latest]`, RFC 3339 in UTC, null where open."""

import re
from datetime import datetime
from functools import lru_cache
from typing import Annotated, cast

from pydantic import BeforeValidator, PlainSerializer

from domain.values.time.clocks import Span, format_instant, parse_instant

_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z", re.ASCII)
"""An instant as `format_instant` writes it, which `datetime.fromisoformat` reads."""


def _read_span(value: object) -> object:
    if isinstance(value, list | tuple):
        earliest, latest = cast("list[str | None]", value)
        return _span(earliest, latest)
    return value


@lru_cache(maxsize=16_384)
def _span(earliest: str | None, latest: str | None) -> Span:
    """Parse the ends of a span; cached, since many reports of an incident share theirs."""
    first = None if earliest is None else _read_end(earliest)
    return Span(first, first if latest == earliest else None if latest is None else _read_end(latest))


def _read_end(text: str) -> datetime:
    return datetime.fromisoformat(text) if _WRITTEN.fullmatch(text) else parse_instant(text)


def _write_span(span: Span) -> list[str | None]:
    return [None if end is None else format_instant(end) for end in (span.earliest, span.latest)]


Spanned = Annotated[Span, BeforeValidator(_read_span), PlainSerializer(_write_span)]
"""A span of time in UTC, stored as [earliest, latest]."""
