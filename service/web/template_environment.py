"""The Jinja environment of each language: what every template may call."""

from functools import cache, partial
from pathlib import Path
from typing import Final, cast

import orjson
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from service.web.api_client import query_string
from service.web.assets import asset_url, files
from service.web.language.isolation import isolated
from service.web.language.labels import label
from service.web.language.languages import Language

TEMPLATES: Final = Path(__file__).parent / "templates"


class _CompiledTemplates(BytecodeCache):
    """Compiled templates, which the environments of all languages share."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load a template that another environment has compiled."""
        if found := self._compiled.get(bucket.key):
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template that was compiled."""
        self._compiled[bucket.key] = bucket.bytecode_to_string()


_COMPILED: Final = _CompiledTemplates()


@cache
def templates(shown: Language) -> Environment:
    """Return the templates in a language, with its functions and filters of sentences, figures and dates."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
    )
    functions = {
        "_": shown.text,
        "asset_url": asset_url,
        "has_asset": has_asset,
        "label": partial(label, shown),
        "language": shown,
        "place_for": _place_for,
        "plural": shown.plural,
        "query_string": query_string,
    }
    filters = {
        "bdi": _isolated,
        "day": shown.day,
        "json": data_block,
        "moment": shown.moment,
        "number": shown.number,
        "plain_bdi": partial(isolated, shown),
    }
    cast("dict[str, object]", made.globals).update(functions)
    cast("dict[str, object]", made.filters).update(filters)
    return made


def has_asset(name: str) -> bool:
    """Say whether there is a static file of this name."""
    return name in files()


def data_block(value: object) -> Markup:
    """Write JSON for a script element of data, which no markup within it can end."""
    return Markup(orjson.dumps(value).decode().replace("<", "\\u003c"))  # noqa: S704 - escaped as JSON


def _place_for(name: str) -> Markup:
    """Return an element that a script fills in, `data-NAME`, for the place of a value in a sentence."""
    return Markup("<bdi data-%s></bdi>") % name


def _isolated(text: object) -> Markup:
    """Isolate words of another direction within a line."""
    return Markup("<bdi>%s</bdi>") % escape(text)
