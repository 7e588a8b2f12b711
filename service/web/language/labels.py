"""Labels of the codes in documents: kinds, measures, statuses, populations. A code without one is shown in words."""

from typing import Final

from service.web.language.languages import Language


def marked(text: str) -> str:
    """Mark a message for its translation where it is shown."""
    return text


LABELS: Final[dict[str, dict[str, str]]] = {
    "measure": {
        "killed": marked("Killed"),
        "injured": marked("Injured"),
        "missing": marked("Missing"),
    },
}
"""English labels by family and code."""


def label(language: Language, family: str, code: str) -> str:
    """Return the label of a code in a language; one that has none is its own words, without underscores."""
    found = LABELS.get(family, {}).get(code)
    return language.text(found) if found else code.replace("_", " ")
