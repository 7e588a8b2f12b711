"""Encoding of facts: canonical JSON in two parts, the structured state and the free text that can be erased."""

from collections.abc import Callable
from typing import NamedTuple, cast

from pydantic import ValidationError

from domain.facts.union import Fact, ReportCorrected
from domain.facts.versions import (
    REPORT_VERSION,
    StoredState,
    UnknownFact,
    keep_recorded_report,
    may_be_older,
    shape_of,
    topic_of,
    upcast_state,
)
from domain.ledger.canonical import canonical


class EncodedFact(NamedTuple):
    """A fact as bytes: the state that views fold, and the text, None where there is none."""

    topic: str
    state: bytes
    text: bytes | None


def encode(fact: Fact, write: Callable[[object], bytes] = canonical) -> EncodedFact:
    """Return a fact as canonical JSON; `write` may be another function that writes the same bytes."""
    state: StoredState = fact.model_dump(mode="json", by_alias=True, exclude_unset=True)
    text: StoredState = dict(state.pop("text", None) or {})
    if "report" in state:
        text |= state["report"].pop("text", None) or {}
        if isinstance(fact, ReportCorrected) and (version := fact.report.class_version) > 1:
            state[REPORT_VERSION] = version
    return EncodedFact(topic_of(fact), write(state), write(text) if text else None)


def decode(topic: str, state: StoredState, text: StoredState | None = None) -> Fact:
    """Return the fact that `encode` wrote, in its present version; without text where that is absent or erased.

    Raises UnknownFact for a topic of no known fact, or a state that is not of its shape.
    """
    return decode_by(shape_of(topic).model_validate, topic, state, text)


def decode_by(
    validate: Callable[[StoredState], object], topic: str, state: StoredState, text: StoredState | None
) -> Fact:
    """Return the fact that `validate` makes of a state in its present version; raises UnknownFact."""
    try:
        if not may_be_older(topic):
            return cast("Fact", validate(_joined(state, text or {})))
        fact = cast("Fact", validate(_joined(upcast_state(topic, state), text or {})))
        keep_recorded_report(fact, topic, state)
    except UnknownFact:
        raise
    except (TypeError, LookupError, AttributeError, ValidationError) as error:
        message = f"a fact of topic {topic!r} is not of its shape: {error}"
        raise UnknownFact(message) from error
    return fact


def _joined(state: StoredState, text: StoredState) -> StoredState:
    """Put the free text back: the recorder's reason beside the fact, all else into its report."""
    own = {name: words for name, words in text.items() if name == "reason"}
    of_report = {name: words for name, words in text.items() if name != "reason"}
    whole = state | ({"text": own} if own else {})
    return whole | ({"report": whole.get("report", {}) | {"text": of_report}} if of_report else {})
