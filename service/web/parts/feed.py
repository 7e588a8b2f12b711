"""Atom feeds (RFC 4287): entries in the language of the reader, each with a permanent id and link.

Nothing a source says can break the document: characters that XML 1.0 forbids are left out.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5
from xml.etree import ElementTree as ET

ATOM: Final = "application/atom+xml"
_SPACE: Final = "http://www.w3.org/2005/Atom"
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that an XML 1.0 document cannot hold."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An entry: what changed at a position of the log. `name` is unique within the log and never changes.

    `updated` is the stamp of the position (RFC 3339, UTC); `lines` are paragraphs of plain text.
    """

    name: str
    updated: str
    title: str
    link: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of a log: its own address, the page that it is about, and its entries, newest first."""

    log: str
    address: str
    page: str
    language: str
    title: str
    entries: Sequence[FeedEntry]

    def document(self) -> bytes:
        """Return the Atom document. A feed without an entry has the time of the epoch."""
        ET.register_namespace("", _SPACE)
        root = _element("feed", {"xml:lang": self.language})
        updated = self.entries[0].updated if self.entries else "1970-01-01T00:00:00Z"
        _add(root, [("id", self._id(self.address.partition("?")[0])), ("title", self.title), ("updated", updated)])
        root.append(_element("link", {"rel": "self", "type": ATOM, "href": self.address}))
        root.append(_element("link", {"rel": "alternate", "type": "text/html", "href": self.page}))
        author = ET.SubElement(root, f"{{{_SPACE}}}author")
        _add(author, [("name", "Knownwhen")])
        root.extend(map(self._entry, self.entries))
        return ET.tostring(root, encoding="utf-8", xml_declaration=True)

    def _id(self, name: str) -> str:
        return f"urn:uuid:{uuid5(UUID(self.log), name)}"

    def _entry(self, entry: FeedEntry) -> ET.Element:
        found = _element("entry")
        _add(found, [("id", self._id(entry.name)), ("title", entry.title), ("updated", entry.updated)])
        found.append(_element("link", {"rel": "alternate", "type": "text/html", "href": entry.link}))
        _add(found, [("content", "\n".join(entry.lines) or entry.title)])
        return found


def _element(name: str, attributes: dict[str, str] | None = None) -> ET.Element:
    allowed = {key: _FORBIDDEN.sub("", value) for key, value in (attributes or {}).items()}
    return ET.Element(f"{{{_SPACE}}}{name}", allowed)


def _add(parent: ET.Element, texts: Iterable[tuple[str, str]]) -> None:
    for name, text in texts:
        ET.SubElement(parent, f"{{{_SPACE}}}{name}").text = _FORBIDDEN.sub("", text)
