"""The dependencies of operations: none is made in a thread, where it would wait for one, and for the interpreter."""

import inspect
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from service.api.app import RESOURCES


def calls(dependant: Dependant) -> Iterator[object]:
    if dependant.call is not None:
        yield dependant.call
    for each in dependant.dependencies:
        yield from calls(each)


def test_every_dependency_is_made_in_the_event_loop() -> None:
    routes = [route for resource in RESOURCES for route in resource.routes if isinstance(route, APIRoute)]
    assert routes
    in_threads = {call for route in routes for call in calls(route.dependant) if not inspect.iscoroutinefunction(call)}
    assert in_threads == set()
