"""The contract of importers: what every format that is read keeps, tried with the sample of its test file."""

import gzip
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service import cli
from service.console.import_reader import CheckedRow, check_rows
from service.formats import registry
from service.formats.importer import BatchLine, ImportFault, ImportSource, UnreadableSource
from tests.service.console import ROOT
from tests.service.importers import Sample, samples

SAMPLES = samples()
MARKED = ("utf-8-sig", "utf-16", "utf-32")
DECLARED = ("cp1252", "latin-1", "utf-16-le", "gb18030", "mac-roman")

every_importer = pytest.mark.parametrize("name", list(registry.IMPORTERS))
every_file = pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if sample.is_file])


@pytest.fixture
def sample(name: str) -> Sample:
    return SAMPLES[name]


def read(name: str, source: ImportSource) -> list[BatchLine]:
    found = list(registry.IMPORTERS[name].read(source))
    assert not [each for each in found if isinstance(each, ImportFault)]
    return [each for each in found if isinstance(each, BatchLine)]


def reports(name: str, source: ImportSource) -> list[dict[str, Any]]:
    return [dict(each.document) for each in read(name, source) if "incident" in each.document]


@every_importer
def test_the_sample_is_lines_that_the_log_takes_the_same_whenever_it_is_read(
    name: str, sample: Sample, tmp_path: Path
) -> None:
    source = sample.source(tmp_path)
    lines = read(name, source)
    assert reports(name, source)
    assert all(isinstance(each, CheckedRow) for each in chain.from_iterable(check_rows(iter(lines), 10)))
    assert read(name, source) == lines


@every_importer
def test_progress_never_exceeds_the_steps(name: str, sample: Sample, tmp_path: Path) -> None:
    advanced: list[int] = []
    source = replace(sample.source(tmp_path), advance=advanced.append)
    read(name, source)
    assert 0 < sum(advanced) <= registry.IMPORTERS[name].steps(source)


@every_importer
def test_without_its_mapping_file_a_table_is_refused(name: str, sample: Sample, tmp_path: Path) -> None:
    importer = registry.IMPORTERS[name]
    assert importer.needs_map == (sample.mapping is not None)
    if importer.needs_map:
        source = sample.source(tmp_path)
        with pytest.raises(UnreadableSource, match="A mapping file is needed"):
            list(importer.read(replace(source, map=None)))


@every_importer
def test_the_help_and_the_documentation_name_it(name: str) -> None:
    importer = registry.IMPORTERS[name]
    assert importer.summary
    assert importer.files
    assert name in CliRunner().invoke(cli.app, ["import", "--help"]).output
    documented = (ROOT / "docs" / "formats.md").read_text("utf-8")
    assert f"| `{name}` |" in documented


@every_file
def test_every_importer_reads_the_same_in_every_encoding(name: str, sample: Sample, tmp_path: Path) -> None:
    expected = reports(name, sample.source(tmp_path))
    for marked in MARKED:
        data = sample.text.encode(marked)
        assert reports(name, sample.source(tmp_path, data)) == expected, marked
        assert reports(name, sample.source(tmp_path, gzip.compress(data))) == expected, marked
    big = b"\xfe\xff" + sample.text.encode("utf-16-be")
    assert reports(name, sample.source(tmp_path, big)) == expected
    for encoding in DECLARED:
        assert reports(name, sample.source(tmp_path, sample.text.encode(encoding), encoding)) == expected, encoding


@every_file
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le", "utf-16-be"])
def test_what_is_not_utf_8_records_nothing_and_the_declaration_to_try_is_named(
    name: str, sample: Sample, encoding: str, tmp_path: Path
) -> None:
    with pytest.raises(UnreadableSource, match=f"--encoding {encoding}"):
        next(registry.IMPORTERS[name].read(sample.source(tmp_path, sample.text.encode(encoding))))


@every_file
def test_of_several_files_none_is_recorded_where_one_is_no_text(name: str, sample: Sample, tmp_path: Path) -> None:
    whole = sample.source(tmp_path)
    (tmp_path / "second").write_bytes(sample.text.encode("cp1252"))
    with pytest.raises(UnreadableSource, match=r"second.*nothing of it is recorded"):
        next(registry.IMPORTERS[name].read(ImportSource((*whole.paths, tmp_path / "second"), whole.map)))
