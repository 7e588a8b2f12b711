"""The warnings of an import: every one counted by its code, and the first listed with the row they are about."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from domain.incident.warnings import Concern
from service.console.command import Misuse
from service.console.terminal import count
from service.formats.importer import Where

LISTED = 20
"""How many warnings are listed unless more are asked for; of a code that comes later, the first is listed too."""
ALL = "all"


def parse_limit(text: str | None) -> int | None:
    """Read how many warnings to list: a number, or `all`, which is None. Raises Misuse."""
    if text is None:
        return LISTED
    if text == ALL:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > len("1000000"):
        message = f"--warnings takes how many to list, such as 50, or “all”; “{text[:100]}” is neither."
        raise Misuse(message)
    return int(text)


class WarningCounts:
    """Takes in the warnings of each row; `limit` is how many are listed, None for all."""

    def __init__(self, limit: int | None) -> None:
        self.codes: Counter[str] = Counter()
        self.listed: list[dict[str, Any]] = []
        self._limit = limit

    def add(self, where: Where, concerns: Iterable[Concern]) -> None:
        """Count what a recorder should look at again in a row."""
        for each in concerns:
            self.codes[each.code] += 1
            if self._limit is None or len(self.listed) < self._limit or (self._limit and self.codes[each.code] == 1):
                claim = {"claim": each.claim} if each.claim is not None else {}
                place = {name: value for name, value in where._asdict().items() if value is not None}
                self.listed.append({**place, "code": each.code, **claim, "detail": each.detail})

    @property
    def total(self) -> int:
        """How many there were."""
        return self.codes.total()

    def document(self) -> dict[str, Any]:
        """Return how many there were of each code, the most frequent first, and those that are listed."""
        return {"total": self.total, "codes": dict(self._by_number()), "listed": self.listed}

    def summary(self) -> str:
        """Return how many there were of each code in one sentence, and how to see the others."""
        codes = ", ".join(f"{number:,} {code}" for code, number in self._by_number())
        more = "" if len(self.listed) == self.total else f" Listed: {len(self.listed):,}; --warnings all lists all."
        return f"{count(self.total, 'warning')}: {codes}.{more}"

    def _by_number(self) -> list[tuple[str, int]]:
        return sorted(self.codes.items(), key=lambda each: (-each[1], each[0]))
