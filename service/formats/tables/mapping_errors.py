"""Validation errors of a mapping file as sentences, with the path in TOML and what to write there."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import ValidationError

from domain.values.text_types import nearest

_TAGS: Final = ("pattern", "stretch")
_LIST: Final = 'Write a list in brackets, such as ["one", "two"].'
_TABLE: Final = "Write a table, such as { name = … }, or the lines below its name in brackets."
_SENTENCES: Final = {
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "string_type": 'Write text between straight quotation marks: "…".',
    "bool_type": "Write true or false, without quotation marks.",
    "int_type": "Write a whole number, without quotation marks.",
    "missing": "This is missing, and is needed.",
}
_FORMERLY: Final = 'Write which column had which names: { "name now" = ["name before"] }.'
_LINE: Final = re.compile(r"line ([0-9]+)")
_CURLY: Final = frozenset("“”„‘’«»")


def sentences(problem: ValidationError, known: Mapping[str, Iterable[str]]) -> list[str]:
    """Return a sentence for each error; `known` are the valid keys, by TOML table."""
    return [
        f"{_path(error['loc'])}: {_sentence(error, known)}" if error["loc"] else str(error["msg"])
        for error in problem.errors(include_url=False)
    ]


def not_toml(text: str, problem: ValueError) -> str:
    """Return the sentence on invalid TOML, with a hint on typographic quotation marks."""
    place, lines = _LINE.search(str(problem)), text.splitlines()
    line = lines[int(place[1]) - 1] if place and int(place[1]) <= len(lines) else text
    hint = ' Quotation marks have to be straight ones: "…".' if _CURLY & set(line) else ""
    return f"the mapping file is not TOML: {problem}.{hint}"


def _sentence(error: Mapping[str, Any], known: Mapping[str, Iterable[str]]) -> str:
    if error["type"] == "extra_forbidden":
        *above, name = error["loc"]
        names = list(known.get(str(above[0]) if above else "", ()))
        near = nearest(str(name), names)
        return "There is no such field" + (f"; did you mean “{near}”?" if near else " (docs/formats.md has all).")
    if error["type"] == "dict_type" and error["loc"] == ("formerly",):
        return _FORMERLY
    return _SENTENCES.get(error["type"], str(error["msg"]))


def _path(place: tuple[int | str, ...]) -> str:
    """Return a path in TOML: `claims[2].measure`, the second of the tables `[[claims]]`."""
    path = ""
    for step in place:
        if step not in _TAGS:
            path += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if path else step
    return path
