"""The library's own tests of a recorder, run against ours.

Its streams count from 0 or 1 as they like, ours from 1: the recorder under test
is ours with versions moved up by one on the way in and down on the way out, so
that every one of its tests runs to its end.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    RecorderTestCase,
)

from service.eventstore import FactRecorder
from service.eventstore.recorder import FactDatastore
from tests.service.logs import new_id, salt


def moved(event: StoredEvent, by: int) -> StoredEvent:
    return StoredEvent(event.originator_id, event.originator_version + by, event.topic, event.state)


class FromZero(FactRecorder):
    """Our recorder for streams that count from 0."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: object) -> Sequence[int] | None:
        return super().insert_events([moved(event, +1) for event in stored_events])

    def select_events(self, originator_id: UUID | str, **bounds: Any) -> Sequence[StoredEvent]:
        for bound in {"gt", "lte"} & bounds.keys():
            bounds[bound] += 1
        return [moved(event, -1) for event in super().select_events(originator_id, **bounds)]

    def select_notifications(self, *args: Any, **bounds: Any) -> Sequence[Notification]:
        found = super().select_notifications(*args, **bounds)
        return [replace(each, originator_version=each.originator_version - 1) for each in found]


class Silent(FromZero):
    """The same, telling no positions: the tests of a mere aggregate recorder expect None."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: object) -> None:
        super().insert_events(stored_events)


class OverOurLog(RecorderTestCase):
    """Where one of the library's cases gets its recorder from."""

    recorder_class: type[FromZero] = FromZero
    address: str
    INITIAL_VERSION = 0

    def setUp(self) -> None:
        self.open = ExitStack()

    def tearDown(self) -> None:
        self.open.close()

    def create_recorder(self) -> FromZero:
        datastore = FactDatastore(self.address)
        self.open.callback(datastore.close)
        return self.recorder_class(datastore, salt=salt, new_id=new_id)


class AsAggregateRecorder(OverOurLog, AggregateRecorderTestCase):
    """Streams alone."""

    recorder_class = Silent


class AsApplicationRecorder(OverOurLog, ApplicationRecorderTestCase):
    """Streams and positions. Subscriptions are optional there, and nothing of ours uses the library's (decision 13)."""


class NonInterleaving(OverOurLog, NonInterleavingNotificationIDsBaseCase):
    """The facts of one transaction stand together."""


# pytest would collect them, but cannot give a unittest case a database of each server.
for case in (RecorderTestCase, AggregateRecorderTestCase, ApplicationRecorderTestCase):
    case.__test__ = False


@pytest.mark.parametrize(
    ("case", "name"),
    [
        (case, name)
        for case in (AsAggregateRecorder, AsApplicationRecorder, NonInterleaving)
        for name in dir(case)
        if name.startswith("test")
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_the_library_finds_in_ours_the_recorder_it_expects(
    case: type[OverOurLog], name: str, database_url: str
) -> None:
    test = case(name)
    test.address = database_url
    test.debug()  # runs it and lets its errors through
