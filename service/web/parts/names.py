"""Names that people read: of sources, actors, scopes and events, from the documents of one incident. Never a slug."""

from collections.abc import Mapping, Sequence
from typing import Any

from service.web.language.labels import label
from service.web.language.languages import Language

Document = Mapping[str, Any]


class Names:
    """Names by slug, in a language, from the `data` of `state/1` and the entries of `timeline/1`.

    What no document names is told by its slug's own words, as nothing better is known.
    """

    def __init__(self, language: Language, state: Document, entries: Sequence[Document] = ()) -> None:
        self._language = language
        self._sources = {each["source"]: each["name"] for each in state["sources"]}
        self._actors = {actor["slug"]: actor["name"] for side in state["sides"] for actor in side["actors"]}
        self._scopes = {each["name"]: each["label"] for each in state["scopes"]}
        self._events = {each["event"]: each for each in reversed(entries) if each.get("event")}

    def source(self, origin: str) -> str:
        """Return the name of an origin: a source, or `anonymous:<words>|<relay>`."""
        if origin.startswith("anonymous:"):
            return origin.removeprefix("anonymous:").partition("|")[0]
        return self._sources.get(origin) or _words(origin)

    def actor(self, slug: str) -> str:
        """Return the name of an actor."""
        return self._actors.get(slug) or _words(slug)

    def event(self, slug: str) -> str:
        """Return the title of an event: what happened, where and when, by the first report of it."""
        entry = self._events.get(slug)
        if entry is None:
            return _words(slug)
        report = entry["report"]
        places = [each["name"] for each in report.get("places", ())]
        title = label(self._language, "kind", report["kind"])
        parts = [
            title,
            *places[:1],
            *([self._language.day_said(entry["occurred"]["said"])] if entry.get("occurred") else ()),
        ]
        return self._language.comma.join(parts)

    def scope(self, scope: str) -> str:
        """Return what a key's scope counts; empty for the whole incident."""
        name, _, slug = scope.partition(":")
        if name == "event" and slug:
            return self.event(slug)
        return "" if scope == "incident" else self._scopes.get(scope) or _words(scope)


def _words(slug: str) -> str:
    """Return a slug's own words; the first is capitalised."""
    words = slug.rpartition("/")[2].replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]
