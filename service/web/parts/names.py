"""Names that people read: of sources, actors, scopes and events, from the documents of one incident. Never a slug."""

from collections.abc import Mapping, Sequence
from typing import Final

from service.web.api_document import ApiDocument
from service.web.language.isolation import isolated
from service.web.language.labels import label
from service.web.language.languages import Language
from service.web.parts.local_time import day_said, zone_of

_ANONYMOUS: Final = "anonymous:"
_EVENT: Final = "event:"


class Names:
    """Names by slug, in a language.

    They are from the `data` of `state/1`, the entries of `timeline/1`, `names/1`, and titles of other incidents.
    What no document names is told by its slug's own words, as nothing better is known. Names that run against the
    language are isolated, so that they can stand in a sentence.
    """

    def __init__(
        self,
        language: Language,
        state: ApiDocument,
        entries: Sequence[ApiDocument] = (),
        names: ApiDocument | None = None,
        incidents: Mapping[str, str] | None = None,
    ) -> None:
        self._language, self._zone = language, zone_of(state)
        self._sources = {
            each["source"]: each["name"]
            for each in [*state["sources"], *(names or {}).get("sources", ())]
            if each["name"] != each["source"]  # one that nobody registered is called by its slug
        }
        self._incidents = dict(incidents or {})
        self._actors = {actor["slug"]: actor["name"] for side in state["sides"] for actor in side["actors"]}
        self._scopes = {each["name"]: each["label"] for each in state["scopes"]}
        self._events = {each["event"]: each for each in reversed(entries) if each.get("event")}

    def source(self, origin: str) -> str:
        """Return the name of an origin: a source, or `anonymous:<words>|<relay>`."""
        if origin.startswith(_ANONYMOUS):
            return self._isolated(origin.removeprefix(_ANONYMOUS).rpartition("|")[0])
        return self._isolated(self._sources.get(origin) or slug_words(origin))

    def actor(self, slug: str) -> str:
        """Return the name of an actor."""
        return self._isolated(self._actors.get(slug) or slug_words(slug))

    def event(self, slug: str) -> str:
        """Return the title of an event: what happened, where and when, by the first report of it."""
        entry = self._events.get(slug)
        if entry is None:
            return self._isolated(slug_words(slug))
        report = entry["report"]
        kind = label(self._language, "kind", report["kind"])
        places = [self._isolated(each["name"]) for each in report.get("places", ())]
        days = [day_said(self._language, entry["occurred"]["said"], self._zone)] if entry.get("occurred") else []
        return self._language.comma.join([kind, *places[:1], *days])

    def scope(self, scope: str) -> str:
        """Return what a key's scope counts; empty for the whole incident."""
        if scope == "incident":
            return ""
        if scope.startswith(_EVENT):
            return self.event(scope.removeprefix(_EVENT))
        home, slash, name = scope.partition("/")
        if slash and ":" not in home:
            within = "" if name == "incident" else self._isolated(slug_words(name.removeprefix(_EVENT)))
            counted = self._language.text("as counted for %(incident)s") % {
                "incident": self._isolated(slug_words(home))
            }
            return self._language.comma.join(each for each in (within, counted) if each)
        return self._isolated(self._scopes.get(scope) or slug_words(scope))

    def incident(self, slug: str) -> str:
        """Return the title of another incident."""
        return self._isolated(self._incidents.get(slug) or slug_words(slug))

    def group(self, slug: str) -> str:
        """Return the name of a group of people."""
        return self._isolated(slug_words(slug))

    def _isolated(self, name: str) -> str:
        return isolated(self._language, name)


def slug_words(slug: str) -> str:
    """Return a slug's own words; the first is capitalised."""
    words = slug.rpartition("/")[2].replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]
