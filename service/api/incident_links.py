"""Paths of an incident's answers: one for each view, and those of its other resources."""

from functools import cache
from urllib.parse import quote

from domain import catalogue
from domain.reading import View

_FRONT = "state"
"""The view at the incident's own path; every other one is below it, under its name."""


def newest_views() -> dict[str, View]:
    """Return the newest version of each view, by name; paths have no version, receipts name theirs."""
    return {view.name: view for view in sorted(catalogue.VIEWS.values(), key=lambda each: each.version)}


@cache
def view_paths() -> dict[str, str]:
    """Return the path of each view, relative to the incident's."""
    return {name: "" if name == _FRONT else f"/{name}" for name in sorted(newest_views(), key=_FRONT.__ne__)}


def incident_links(slug: str) -> dict[str, str]:
    """Return the paths of an incident's answers by name."""
    own = f"/v1/incidents/{quote(slug)}"
    paths = {**view_paths(), "duplicates": "/duplicates", "facts": "/facts"}
    return {name: f"{own}{path}" for name, path in paths.items()}
