"""Encoding of facts: canonical JSON in two parts, the structured state and the free text that can be erased.

What the log holds was checked when it was recorded: stored facts are decoded without their rules, which may have been
others then. What msgspec cannot decode is read with all checks, which say what is wrong.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from pydantic import ConfigDict, ValidationError
from pydantic_core import from_json

from domain.facts.stored_span import Spanned, span_of, write_span
from domain.facts.unchecked_fact import stored_form
from domain.facts.union import Fact, ReportCorrected, ReportFiled
from domain.facts.versions import (
    REPORT_VERSION,
    StoredState,
    UnknownFact,
    is_a,
    is_report,
    keep_recorded_report,
    may_be_older,
    shape_of,
    topic_of,
    upcast_state,
)
from domain.ledger.canonical import canonical
from domain.reports.kind import Report
from domain.reports.registry import KINDS, AnyReport
from domain.reports.versions import ReportDocument, document
from domain.values.text_types import Strict


class EncodedFact(NamedTuple):
    """A fact as bytes: the state that views fold, and the text, None where there is none."""

    topic: str
    state: bytes
    text: bytes | None


_Reader = Callable[[type[Any], StoredState], Fact]
"""Returns the fact of a shape and a state with its free text."""


class _FiledState(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The stored state of a filed report, whose content is decoded by its kind."""

    report_id: UUID
    report: msgspec.Raw
    reported: tuple[str | None, str | None]
    occurred: tuple[str | None, str | None] | None


class CheckedFiling(Strict, frozen=True):
    """The fields of a filed report, with all checks."""

    model_config = ConfigDict(title=ReportFiled.__name__, defer_build=True)
    report_id: UUID
    report: AnyReport
    reported: Spanned
    occurred: Spanned | None


_decode_filed = msgspec.json.Decoder(_FiledState).decode


def encode(fact: Fact, write: Callable[[object], bytes] = canonical) -> EncodedFact:
    """Return a fact as canonical JSON; `write` may be another function that writes the same bytes."""
    state = _filed_state(fact) if isinstance(fact, ReportFiled) else _state(fact)
    text: StoredState = dict(state.pop("text", None) or {})
    if "report" in state:
        text |= state["report"].pop("text", None) or {}
        if isinstance(fact, ReportCorrected) and (version := fact.report.class_version) > 1:
            state[REPORT_VERSION] = version
    return EncodedFact(topic_of(fact), write(state), write(text) if text else None)


def _filed_state(fact: ReportFiled) -> StoredState:
    return {
        "report_id": str(fact.report_id),
        "report": document(fact.report),
        "reported": write_span(fact.reported),
        "occurred": fact.occurred and write_span(fact.occurred),
    }


def _state(fact: Any) -> StoredState:  # noqa: ANN401 - a fact that is no filed report
    return fact.model_dump(mode="json", by_alias=True, exclude_unset=True)


def decode(topic: str, state: StoredState, text: StoredState | None = None) -> Fact:
    """Return the fact that `encode` wrote, in its present version; without text where that is absent or erased.

    Raises UnknownFact for a topic of no known fact, or a state that is not of its shape.
    """
    return _decode_by(_checked, topic, state, text)


def _decode_by(read: _Reader, topic: str, state: StoredState, text: StoredState | None) -> Fact:
    """Return the fact that `read` makes of a state in its present version; raises UnknownFact."""
    shape = shape_of(topic)
    try:
        if not may_be_older(topic):
            return read(shape, _joined(state, text or {}))
        fact = read(shape, _joined(upcast_state(topic, state), text or {}))
        keep_recorded_report(fact, topic, state)
    except UnknownFact:
        raise
    except (TypeError, LookupError, AttributeError, ValidationError) as error:
        message = f"a fact of topic {topic!r} is not of its shape: {error}"
        raise UnknownFact(message) from error
    return fact


def _checked(shape: type[Any], state: StoredState) -> Fact:
    if shape is not ReportFiled:
        return shape.model_validate(state)
    return ReportFiled(**vars(CheckedFiling.model_validate(state)))


def _unchecked(shape: type[Any], state: StoredState) -> Fact:
    return stored_form(shape).from_document(state)


def decode_stored(topic: str, state: bytes, text: bytes | None = None) -> Fact:
    """Return the fact that `decode` returns of the bytes that `encode` wrote, without the checks of its rules.

    Raises UnknownFact as `decode` does, and for what is not JSON.
    """
    if not may_be_older(topic):
        try:
            if is_report(topic):
                return _decode_report(topic, state, text)
            if text is None or not is_a(topic, ReportCorrected):
                return stored_form(shape_of(topic)).from_json(_with_text(state, text))
        except (ValueError, LookupError):
            pass  # the checks say what is wrong
    try:
        members, words = from_json(state), None if text is None else from_json(text)
    except ValueError as error:
        message = f"a fact of topic {topic!r} is not JSON: {error}"
        raise UnknownFact(message) from error
    try:
        return _decode_by(_unchecked, topic, members, words)
    except ValueError:
        return decode(topic, members, words)


def _with_text(members: bytes, text: bytes | None) -> bytes:
    """Return a JSON object that has members already with its text."""
    return members if text is None else b'{"text":%b,%b' % (text, members[1:])


def _decode_report(topic: str, state: bytes, text: bytes | None) -> ReportFiled:
    filed = _decode_filed(state)
    report = stored_report(topic.partition(".")[0], _with_text(bytes(filed.report), text))
    return ReportFiled(
        report_id=filed.report_id,
        report=report,
        reported=span_of(*filed.reported),
        occurred=None if filed.occurred is None else span_of(*filed.occurred),
    )


def stored_report(kind: str, content: bytes) -> Report:
    """Return the report of JSON that was checked before; raises msgspec's ValidationError for anything else."""
    report = _decoder(kind)(content)
    report.keep_document(ReportDocument(report.class_version, content))
    return report


def _joined(state: StoredState, text: StoredState) -> StoredState:
    """Put the free text back: the recorder's reason beside the fact, all else into its report."""
    own = {name: words for name, words in text.items() if name == "reason"}
    of_report = {name: words for name, words in text.items() if name != "reason"}
    whole = state | ({"text": own} if own else {})
    return whole | ({"report": whole.get("report", {}) | {"text": of_report}} if of_report else {})


@cache
def _decoder(kind: str) -> Callable[[bytes], Report]:
    return msgspec.json.Decoder(KINDS[kind].model).decode
