"""Context shared by all parts of an incident's page: language, names, the lead key, and links."""

from collections.abc import Callable
from dataclasses import dataclass

from service.web.language.languages import Language
from service.web.parts.keys import Key
from service.web.parts.names import Names


@dataclass(frozen=True)
class PartContext:
    """Context of a part: the reader's language, names, the lead key, and links.

    `here` returns the address of the page with some parameters changed, `link` that of another page.
    """

    language: Language
    names: Names
    lead: Key | None
    """The key that headline and chart show; None where nothing is counted."""
    here: Callable[..., str]
    link: Callable[..., str]

    @property
    def lead_query(self) -> dict[str, str | None]:
        """The query parameters that name the lead key."""
        return self.lead.query if self.lead else {}
