"""`state/1` of one incident at any position and moment, from states that are kept at some of them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from domain import catalogue
from domain.history.checkpoints import HistoryCheckpoints
from domain.history.history import History
from domain.reading import Document, Reading
from domain.reports.claims.claim import latest
from domain.summary.state_index import StateIndex, standing_reports

LEAST_SPACING: Final = 250
"""About so many reports lie between two kept states, or more; each costs some 40 µs to add or remove."""
ON_ONE_CLOCK: Final = 16
"""How many states are prepared along each clock, at most."""
MOST_STATES: Final = 40
"""How many states are kept: some 0.5 MB each for 10,000 facts."""


class KeptStates:
    """The states of an incident at some readings; the one with the fewest differing reports is moved to another.

    Which are kept decides how long an answer takes, and not what it says.
    """

    def __init__(self, checkpoints: HistoryCheckpoints, least_spacing: int = LEAST_SPACING) -> None:
        self._checkpoints = checkpoints
        self._least_spacing = least_spacing
        self._states: list[StateIndex] = []
        self._prepared = 0
        self._preparations: Iterator[None] = iter(())

    def document(self, history: History, reading: Reading) -> Document:
        """Return the document of the history at one of the positions, by a reading."""
        return self._at(history, reading.reported_until).document(reading)

    def prepare(self) -> bool:
        """Keep one more state; returns whether there may be further ones to keep.

        Begun anew once there are as many further facts as lie between two states.
        """
        if len(self._checkpoints.facts) >= self._prepared + (self._spacing if self._prepared else 1):
            self._prepared = len(self._checkpoints.facts)
            self._preparations = self._prepare()
        return next(self._preparations, self) is None

    def stop(self) -> None:
        """Prepare no more; frees the cycle that a preparation makes with this object."""
        self._preparations = iter(())

    @property
    def _spacing(self) -> int:
        return max(self._least_spacing, len(self._checkpoints.facts) // ON_ONE_CLOCK)

    def _at(self, history: History, moment: datetime | None) -> StateIndex:
        standing = standing_reports(history, moment)
        alike = sorted(self._states, key=lambda each: abs(len(each.standing) - len(standing)))[:2]
        distances = [(each.distance(standing), place) for place, each in enumerate(alike)]
        distance, place = min(distances, default=(len(standing), 0))
        if not alike or distance > len(standing) // 4:
            found = StateIndex.loaded(history, standing, moment)
        else:
            found = alike[place].moved(history, standing, moment)
        if distance > self._spacing // 2 or not self._states:
            self._states.append(found)
            del self._states[:-MOST_STATES]
        return found

    def _prepare(self) -> Iterator[None]:
        """Keep states along the recorded clock, the nearest to the last kept first, then along the reported clock."""
        counts = list(range(len(self._checkpoints.facts), 0, -self._spacing))
        asked = len(self._states[-1].standing) if self._states else counts[0]
        for count in sorted(counts, key=lambda each: abs(each - asked)):
            self._document(self._checkpoints.at(self._checkpoints.position_of(count)), None)
            yield
        last = self._checkpoints.at(self._checkpoints.position_of(len(self._checkpoints.facts)))
        moments = sorted(latest(each.reported) for each in last.reports.values())
        for moment in moments[:: -self._spacing]:
            self._document(last, moment)
            yield

    def _document(self, history: History, moment: datetime | None) -> None:
        """Make the document by the policy in force, whose estimates are kept with the state."""
        self.document(history, Reading(moment, catalogue.policy(history.adopted_policy or catalogue.DEFAULT_POLICY)))
