"""Registry of importers and exporters, discovered in their slots."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import cast

from domain.slots import discover
from service.formats import exporters, importers
from service.formats.exporter import Exporter
from service.formats.importer import Importer

IMPORTERS: Mapping[str, Importer] = MappingProxyType(
    {each.name: each for each in cast("list[Importer]", list(discover(importers, "IMPORTER")))}
)
"""Every importer by name."""
EXPORTERS: Mapping[str, Exporter] = MappingProxyType(
    {each.name: each for each in cast("list[Exporter]", list(discover(exporters, "EXPORTER")))}
)
"""Every exporter by name."""
