"""The exporter `new_name`: the bytes that it writes."""

import io

import pytest

from service.formats.export.incidents import ExportRequest, open_export
from service.formats.registry import EXPORTERS

pytestmark = pytest.mark.one_server_will_do


def test_an_incident_is_a_line(sample_url: str) -> None:
    out = io.BytesIO()
    with open_export(sample_url, ExportRequest()) as export:
        EXPORTERS["new_name"].write(export, out)
    (line,) = out.getvalue().decode().splitlines()
    assert line.startswith("syria-coast-2025\t")
