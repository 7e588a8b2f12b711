"""Asks a log many questions and tells the digest of each answer; also as a process of its own, `python -m`."""

import asyncio
import json
import sys
from itertools import cycle, product

from domain import catalogue
from domain.ledger.canonical import digest
from service import wiring
from service.answers.answer import AnswerRequest, answer

INCIDENT = "syria-coast-2025"
UNTIL = (None, "2025-03-09T23:59:59+03:00", "2025-03-12T23:59:59+03:00", "2025-07-15T00:00:00Z")
_PAIRS = (
    *((view, catalogue.DEFAULT_POLICY) for view in sorted(catalogue.VIEWS)),
    *(("state/1", policy) for policy in sorted(catalogue.POLICIES) if policy != catalogue.DEFAULT_POLICY),
)
EVERYTHING = tuple((*pair, until) for pair, until in product(_PAIRS, UNTIL))
"""Every view, and the state under every policy, at several moments of the reported clock."""


def questions(first: int, last: int, step: int = 1) -> list[AnswerRequest]:
    """Ask at every `step`th position, each time something else; and everything at the last position."""
    positions = range(first, last, step)
    asked = [(position, *what) for position, what in zip(positions, cycle(EVERYTHING), strict=False)]
    asked += [(last, *what) for what in EVERYTHING]
    return [AnswerRequest(INCIDENT, view, f"@{position}", until, policy) for position, view, policy, until in asked]


async def answers(url: str, asked: list[AnswerRequest]) -> dict[str, str]:
    """Return, by question, the digest of the document and that of all that is sent with it but the log's name."""
    told: dict[str, str] = {}
    async with wiring.opened_log(url) as log:
        for question in asked:
            found = await answer(log.reader, question)
            sent = found.envelope()
            coordinates = {**found.coordinates, "log": None}
            name = f"{question.view} {question.policy} {question.as_of} {question.reported_until}"
            told[name] = f"{found.digest} {digest({**sent, 'coordinates': coordinates})}"
    return told


def main() -> None:
    """Print the answers that the log at an address gives from one position to another, as JSON."""
    url, first, last, step = sys.argv[1], *map(int, sys.argv[2:5])
    json.dump(asyncio.run(answers(url, questions(first, last, step))), sys.stdout)


if __name__ == "__main__":
    main()
