"""Spans of time as facts store them: `[earliest, latest]`, RFC 3339 in UTC, null where open."""

import re
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, cast

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from domain.values.time.clocks import Span, format_instant, parse_instant

_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?Z", re.ASCII)
"""An instant as `format_instant` writes it, which `datetime.fromisoformat` reads."""


def _read_span(value: object) -> object:
    if isinstance(value, list | tuple):
        earliest, latest = cast("list[str | None]", value)
        return span_of(earliest, latest)
    return value


@lru_cache(maxsize=16_384)
def span_of(earliest: str | None, latest: str | None) -> Span:
    """Parse the ends of a span; cached, since many reports of an incident share theirs."""
    first = None if earliest is None else _read_end(earliest)
    return Span(first, first if latest == earliest else None if latest is None else _read_end(latest))


def _read_end(text: str) -> datetime:
    return datetime.fromisoformat(text) if _WRITTEN.fullmatch(text) else parse_instant(text)


def write_span(span: Span) -> list[str | None]:
    """Return a span as it is stored."""
    return [None if end is None else format_instant(end) for end in (span.earliest, span.latest)]


class _SpanSchema:
    """Reads a list of two ends in pydantic models, and writes a span as one."""

    @staticmethod
    def __get_pydantic_core_schema__(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's protocol
        written = core_schema.plain_serializer_function_ser_schema(write_span)
        span = core_schema.is_instance_schema(Span)
        return core_schema.no_info_before_validator_function(_read_span, span, serialization=written)


Spanned = Annotated[Span, _SpanSchema]
"""A span of time in UTC, stored as [earliest, latest]."""
