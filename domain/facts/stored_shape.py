"""The base of stored facts: name and version, and the recorder's own words."""

from typing import ClassVar

from domain.values.text_types import FreeText, Strict


class Note(Strict, frozen=True):
    """The recorder's own words about a fact: free text, erasable."""

    reason: FreeText


def note(reason: str | None) -> Note | None:
    """Return the note of a reason, None without one."""
    return Note(reason=reason) if reason else None


class StoredShape(Strict, frozen=True):
    """The shape of a fact: its name on disk, the version that is recorded now, and its topic, `name.vN`."""

    fact_name: ClassVar[str]
    class_version: ClassVar[int] = 1
    topic: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        """Name the topic of the version that is recorded now."""
        cls.topic = f"{cls.fact_name}.v{cls.class_version}"
