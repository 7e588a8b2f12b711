"""Topics and versions of facts: `toll_revised.v2` is the name on disk of version 2 of a fact.

A release reads every version up to the one that it records. A stored state of an older version is raised by the
upcasters beside its model; those of a kind of report also raise the content within a correction.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_args

from domain.facts.union import Fact, ReportCorrected, ReportFiled, StoredShape
from domain.reports.registry import KINDS
from domain.reports.versions import ReportDocument, upcast

StoredState = dict[str, Any]
FactShape = type[StoredShape] | type[ReportFiled]

REPORT_VERSION = "report_version"
"""The member of a correction's state that says the version of the content beside it; absent where that is 1."""


class UnknownFact(ValueError):
    """The log holds a fact that this release cannot read."""


_FACTS: Mapping[str, type[StoredShape]] = {each.fact_name: each for each in get_args(Fact) if each is not ReportFiled}


def _topics(name: str, class_version: int) -> dict[str, tuple[str, int]]:
    return {f"{name}.v{version}": (name, version) for version in range(1, class_version + 1)}


_OF_REPORTS = {
    topic: found for kind in KINDS.values() for topic, found in _topics(kind.name, kind.model.class_version).items()
}
_OF_FACTS = {
    topic: found for name, shape in _FACTS.items() for topic, found in _topics(name, shape.class_version).items()
}
_ALL = MappingProxyType(_OF_FACTS | _OF_REPORTS)

TOPICS = frozenset(_ALL)
"""Every topic that the log may hold: each version of each fact and of each kind of report."""

_CONTENTS_DIFFER = any(kind.model.class_version > 1 for kind in KINDS.values())
_OLDER = frozenset(
    {topic for topic, (name, version) in _ALL.items() if f"{name}.v{version + 1}" in _ALL}
    | ({topic for topic, (name, _) in _OF_FACTS.items() if name == ReportCorrected.fact_name and _CONTENTS_DIFFER})
)
"""Topics whose stored states are, or may contain a report, of an older version."""


def topic_of(fact: Fact) -> str:
    """Return the topic that a fact is recorded under: its own name or its report's kind, and the version."""
    return KINDS[fact.report.kind].topic if isinstance(fact, ReportFiled) else fact.topic


def topics_of(*shapes: FactShape) -> list[str]:
    """Return the topics of facts in all their versions, oldest first; for ReportFiled those of all kinds."""
    return [topic for topic in _ALL if shape_of(topic) in shapes]


def is_report(topic: str) -> bool:
    """Say whether facts of this topic are reports."""
    return topic in _OF_REPORTS


def is_a(topic: str, *shapes: FactShape) -> bool:
    """Say whether a topic is one of these facts, in whatever version."""
    found = _OF_FACTS.get(topic)
    return found is not None and _FACTS[found[0]] in shapes


def shape_of(topic: str) -> FactShape:
    """Return the shape of the facts of a topic; raises UnknownFact for a topic of no known fact."""
    if topic in _OF_REPORTS:
        return ReportFiled
    if topic in _OF_FACTS:
        return _FACTS[_OF_FACTS[topic][0]]
    message = f"the log holds a fact of topic {topic!r}, which this release does not know"
    raise UnknownFact(message)


def may_be_older(topic: str) -> bool:
    """Say whether a state of this topic, or the report within, may be of a version before the present one."""
    return topic in _OLDER


def upcast_state(topic: str, state: StoredState) -> StoredState:
    """Return a stored state, without its free text, in the present version of its fact and of its report.

    `state` is not changed. Raises UnknownFact for a correction whose report is of an unknown version.
    """
    name, version = _ALL[topic]
    if name in KINDS:
        return state | {"report": upcast(KINDS[name].model, state["report"], version)}
    raised = dict(upcast(_FACTS[name], state, version))
    if _FACTS[name] is ReportCorrected:
        version = raised.pop(REPORT_VERSION, 1)
        raised["report"] = upcast(KINDS[_kind(raised, version)].model, raised["report"], version)
    return raised


def unknown_topic(topic: str, state: StoredState) -> str | None:
    """Return the topic that this release does not know, of a fact or of the report within a correction; else None."""
    if topic in TOPICS and REPORT_VERSION in state:
        topic = f"{state['report']['kind']}.v{state[REPORT_VERSION]}"
    return None if topic in TOPICS else topic


def keep_recorded_report(fact: Fact, topic: str, state: StoredState) -> None:
    """Keep with a report that was raised from an older version the content that was recorded."""
    if isinstance(fact, ReportFiled | ReportCorrected):
        older = state.get(REPORT_VERSION, 1) if isinstance(fact, ReportCorrected) else _ALL[topic][1]
        if older < fact.report.class_version:
            text = {"text": words} if (words := fact.report.document.members.get("text")) else {}
            fact.report.keep_document(ReportDocument(older, state["report"] | text))


def _kind(state: StoredState, version: int) -> str:
    kind = state["report"]["kind"]
    if f"{kind}.v{version}" not in _OF_REPORTS:
        message = f"a correction holds a report of {kind!r} in version {version}, which this release does not know"
        raise UnknownFact(message)
    return kind
