"""Isolation of words within plain text, where no element can isolate them: labels, options, joined names."""

import re
from typing import Final

FSI: Final = "\u2068"
"""First strong isolate."""
PDI: Final = "\u2069"
"""Pop directional isolate."""
_OPENING: Final = ("\u2066", "\u2067", FSI)
_CONTROLS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")


def isolated(text: str) -> str:
    """Isolate words that hold control characters of direction, so that what stands around them keeps its order.

    A pop of no isolate of theirs is dropped, as it would end the isolation; isolates that they leave open are closed.
    """
    if not _CONTROLS.search(text):
        return text
    kept, depth = list[str](), 0
    for each in text:
        if each == PDI and not depth:
            continue
        depth += (each in _OPENING) - (each == PDI)
        kept.append(each)
    return f"{FSI}{''.join(kept)}{PDI * (depth + 1)}"
