"""Commands on erasure and legal holds, in the imperative."""

from typing import Annotated
from uuid import UUID

from domain.facts.erasure import ErasablePart
from domain.values.text_types import LONGEST_WORDS, Strict, Text

Reason = Annotated[str, Text(LONGEST_WORDS, 1)]
"""Free text, verbatim, that must say something."""


class EraseReport(Strict, frozen=True):
    """Erase parts of all facts about a report: the free text, the sealed parts, or both. It can't be undone."""

    report_id: UUID
    parts: frozenset[ErasablePart]
    reason: Reason


class PlaceHold(Strict, frozen=True):
    """Let nothing of this incident be erased until the hold is lifted."""

    reason: Reason


class LiftHold(Strict, frozen=True):
    """Lift the legal hold on an incident."""

    reason: Reason


class EraseSource(Strict, frozen=True):
    """Destroy the key of a source, and with it every sealed part of what it said. It can't be undone."""

    origin: str
    reason: Reason


class PlaceSourceHold(Strict, frozen=True):
    """Let nothing that this source said be erased until the hold is lifted."""

    origin: str
    reason: Reason


class LiftSourceHold(Strict, frozen=True):
    """Lift the legal hold on a source."""

    origin: str
    reason: Reason


ErasureCommand = EraseReport | PlaceHold | LiftHold
"""Commands on what of one incident may be erased."""

SourceCommand = EraseSource | PlaceSourceHold | LiftSourceHold
"""Commands on one source, by its origin."""
