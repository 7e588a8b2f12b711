"""What tests of reports are given: golden bodies with a change, the errors of a bad one, and how to compare."""

import json
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.incident.commands import FileReport
from domain.reports.registry import KINDS, REPORTS
from domain.values.counts.count import Count
from tests.domain.strategies import Body


def is_part_of(sent: object, held: object) -> bool:
    """Say whether everything sent came back; counts may come back with more than was sent."""
    if isinstance(sent, dict) and isinstance(held, dict):
        return all(name in held and is_part_of(value, held[name]) for name, value in cast("Body", sent).items())
    if isinstance(sent, list) and isinstance(held, list):
        pairs = list(zip(cast("list[Any]", sent), cast("list[Any]", held), strict=False))
        return len(sent) == len(held) and all(is_part_of(one, other) for one, other in pairs)
    return type(sent) is type(held) and sent == held


def without_derived(held: Any) -> Any:
    """Drop what counts derive, to compare a body with what was sent."""
    if isinstance(held, dict):
        fields = cast("Body", held)
        derived = ("lower", "upper", "best", "bound", "lexicon") if "verbatim" in fields else ()
        return {name: without_derived(value) for name, value in fields.items() if name not in derived}
    return [without_derived(item) for item in cast("list[Any]", held)] if isinstance(held, list) else held


def body_of(name: str, **fields: Any) -> Body:
    return json.loads(json.dumps(KINDS[name].example)) | fields


def errors(body: object) -> list[tuple[tuple[int | str, ...], str]]:
    with pytest.raises(ValidationError) as refused:
        REPORTS.validate_python(body)
    return [(error["loc"], error["msg"]) for error in refused.value.errors()]


def file_command(body: Mapping[str, Any]) -> FileReport:
    """Return the command to file a report: `report_id`, as a UUID or its text, and the body `report`."""
    return FileReport(report_id=UUID(str(body["report_id"])), report=REPORTS.validate_python(body["report"]))


def counted(**fields: Any) -> Count:
    """Return the count of these fields, with what they mean."""
    return Count.validate(fields)
