"""Names of sources and titles of incidents that lists tell by their slugs, asked of the interface."""

import asyncio
from collections.abc import Iterable
from typing import Any

from service.web.api_client import Api, ApiProblem, MovedTo
from service.web.parts.listing import anonymous_words
from service.web.parts.names import slug_words


async def source_names(api: Api, origins: Iterable[str], known: dict[str, str] | None = None) -> dict[str, str]:
    """Return the names of sources by origin; the words of the slug for an unregistered one."""
    found = dict(known or {})
    wanted = sorted({each for each in origins if each not in found})
    return found | dict(zip(wanted, await asyncio.gather(*(_source_name(api, each) for each in wanted)), strict=True))


async def incident_titles(api: Api, slugs: Iterable[str], known: dict[str, str] | None = None) -> dict[str, str]:
    """Return the titles of incidents by slug."""
    found = dict(known or {})
    wanted = sorted({each for each in slugs if each not in found})
    return found | dict(zip(wanted, await asyncio.gather(*(_title(api, each) for each in wanted)), strict=True))


async def _source_name(api: Api, origin: str) -> str:
    if (words := anonymous_words(origin)) is not None:
        return words
    document = await _document(api, f"/v1/sources/{origin}")
    return document["name"] if document else slug_words(origin)


async def _title(api: Api, slug: str) -> str:
    document = await _document(api, f"/v1/incidents/{slug}")
    return document["data"]["title"] if document else slug_words(slug)


async def _document(api: Api, path: str) -> Any:  # noqa: ANN401 - a document of the interface
    """Return a document; None where there is none to be had."""
    try:
        return (await api.get(path)).document
    except (ApiProblem, MovedTo):
        return None
