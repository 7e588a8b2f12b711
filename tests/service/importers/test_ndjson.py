"""`ndjson`: the sample of the contract; what lines may be has its tests in tests/service/test_cli_import.py."""

import json
from pathlib import Path

from service.formats import registry
from service.formats.importer import BatchLine
from tests.service.importers import Sample

LINES = (
    {"open": {"slug": "panama", "title": "Panamá"}},
    {"incident": "panama", "kind": "observation_noted", "source": "field", "title": "Perú"},
)
SAMPLE = Sample("\n".join(json.dumps(each, ensure_ascii=False) for each in LINES))


def test_a_line_is_taken_as_it_is(tmp_path: Path) -> None:
    lines = [each for each in registry.IMPORTERS["ndjson"].read(SAMPLE.source(tmp_path)) if isinstance(each, BatchLine)]
    assert [each.document for each in lines] == list(LINES)
