"""Registry of importers and exporters, discovered in their slots."""

from collections.abc import Iterable, Mapping
from typing import cast

from domain.slots import discover
from service.formats import exporters, importers
from service.formats.exporter import Exporter
from service.formats.importer import Importer

IMPORTERS: Mapping[str, Importer] = {it.name: it for it in cast("Iterable[Importer]", discover(importers, "IMPORTER"))}
"""Every importer by name."""
EXPORTERS: Mapping[str, Exporter] = {it.name: it for it in cast("Iterable[Exporter]", discover(exporters, "EXPORTER"))}
"""Every exporter by name."""
