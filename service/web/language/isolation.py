"""Isolation of words of another direction within a sentence of plain text (Unicode bidirectional algorithm, UAX #9).

In HTML the element `bdi` does this; here are the characters for texts that are put together before they are HTML.
"""

import re
import unicodedata
from typing import Final

from service.web.language.languages import Language

_CONTROLS: Final = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
"""Characters that change the direction of what follows; none is left within a name."""
_FIRST_STRONG, _POP = "\u2068", "\u2069"
_RIGHT: Final = frozenset({"R", "AL"})


def isolated(language: Language, text: str) -> str:
    """Return a name as part of a sentence: without controls, and isolated where it runs against the language."""
    clean = _CONTROLS.sub("", text)
    against = frozenset({"L"}) if language.direction == "rtl" else _RIGHT
    if any(unicodedata.bidirectional(each) in against for each in clean):
        return f"{_FIRST_STRONG}{clean}{_POP}"
    return clean
