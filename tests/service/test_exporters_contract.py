"""The contract of exporters: what every format that is written keeps, tried with a world of three incidents."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from service import cli
from service.formats import registry
from service.formats.exporter import Export, Unwritable
from tests.service.console import ROOT
from tests.service.exporters import FIGURES, SLUG, export_of, exported, mapping, text_of, world

every_exporter = pytest.mark.parametrize("name", list(registry.EXPORTERS))


@pytest.fixture
def export(name: str, tmp_path: Path) -> Export:
    return export_of(world(), mapping(tmp_path) if registry.EXPORTERS[name].needs_map else None)


@every_exporter
def test_the_same_log_gives_the_same_bytes(name: str, export: Export) -> None:
    first = exported(name, export)
    assert first
    assert exported(name, export) == first


@every_exporter
def test_an_empty_log_is_a_file_too(name: str, export: Export) -> None:
    empty = Export(
        0, export.reading, lambda: iter(()), lambda: iter(()), map=export.map, view=export.view, log=export.log
    )
    assert SLUG not in text_of(name, exported(name, empty))


@every_exporter
def test_it_gives_what_was_said_and_no_sum_or_mean_of_it(name: str, export: Export) -> None:
    text = text_of(name, exported(name, export))
    if not registry.EXPORTERS[name].needs_map:
        assert SLUG in text
        assert any(str(figure) in text for figure in FIGURES)
    assert str(sum(FIGURES)) not in text
    assert str(sum(FIGURES) // 2) not in text


@every_exporter
def test_what_it_lacks_is_counted_with_the_thing_and_the_reason(name: str, export: Export) -> None:
    exported(name, export)
    assert all(gap.thing in ("incident", "event") and gap.why for gap in export.gaps)


@every_exporter
def test_without_a_mapping_file_that_it_needs_it_is_refused(name: str) -> None:
    if registry.EXPORTERS[name].needs_map:
        with pytest.raises(Unwritable, match="A mapping file is needed"):
            exported(name, export_of(world()))


@every_exporter
def test_the_help_and_the_documentation_name_it(name: str) -> None:
    exporter = registry.EXPORTERS[name]
    assert exporter.summary
    assert exporter.suffix.startswith(".")
    assert name in CliRunner().invoke(cli.app, ["export", "--help"]).output
    documented = (ROOT / "docs" / "formats.md").read_text("utf-8")
    assert f"| `{name}` |" in documented
