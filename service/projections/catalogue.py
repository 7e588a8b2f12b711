"""All read models by name, discovered in their slot (`tables/`)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

from domain.slots import discover
from service.projections import tables
from service.projections.read_model import ReadModel

_FOUND = cast("list[ReadModel[Any]]", list(discover(tables, "READ_MODEL")))

MODELS: Mapping[str, ReadModel[Any]] = MappingProxyType({model.name: model for model in _FOUND})
"""Every read model by name."""
