"""Context for reports of an incident: the reader's language, and the incident's names, clock and grades."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from service.web.language.languages import Language
from service.web.parts.local_time import LocalTime
from service.web.parts.names import Names


@dataclass(frozen=True)
class IncidentContext:
    """Made from `state/1`. `link` makes addresses of pages in the reader's language."""

    language: Language
    names: Names
    state: Mapping[str, Any]
    link: Callable[..., str]

    @cached_property
    def clock(self) -> LocalTime:
        """The clock of its days."""
        return LocalTime(self.state["data"])

    @cached_property
    def grades(self) -> Mapping[str, str]:
        """Grades of sources, by origin."""
        return {each["source"]: each["grade"] for each in self.state["data"]["sources"]}
