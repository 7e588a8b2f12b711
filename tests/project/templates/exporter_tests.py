"""The exporter `new_name`: its bytes, beyond what every exporter keeps (test_exporters_contract.py)."""

from tests.service.exporters import FIGURES, SLUG, export_of, exported, world


def test_an_estimate_is_a_line_and_an_incident_without_one_is_counted() -> None:
    export = export_of(world())
    heading, line = exported("new_name", export).decode().splitlines()
    assert heading.startswith("incident\t")
    assert line.startswith(f"{SLUG}\tkilled\t")
    assert line.endswith(f"\t{min(FIGURES)}")
    assert sum(export.gaps.values()) == 2
