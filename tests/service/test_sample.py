"""Loading a sample, in public lines: one line, one write; twice is once; every complaint names its file and line."""

import asyncio
from pathlib import Path

import pytest

from service import wiring
from service.answers.answer import AnswerRequest, answer
from service.console import samples
from service.postgres.migrate import migrate
from service.runtime import package_files

pytestmark = pytest.mark.one_server_will_do

SAMPLE = package_files.samples() / "syria-coast-2025"
OPEN = '{"open": {"slug": "an-incident", "title": "An incident"}}'
SCOPE = '{"scope": {"incident": "an-incident", "name": "north", "label": "North"}}'


def written(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.ndjson").write_text(content, encoding="utf-8")
    return folder


def load(url: str, lines: list[samples.SampleLine]) -> list[samples.LoadedLine]:
    async def loading() -> list[samples.LoadedLine]:
        async with wiring.services(url) as house:
            return await samples.load(house.writer, lines)

    return asyncio.run(loading())


def head_and_digest(url: str) -> tuple[int, str]:
    async def asking() -> tuple[int, str]:
        async with wiring.services(url) as house:
            found = await answer(house.reader, AnswerRequest("syria-coast-2025", "state/1"))
            return (await house.reader.head()).position, found.digest

    return asyncio.run(asking())


def test_loading_twice_records_everything_once(database_url: str) -> None:
    lines = samples.read(SAMPLE)
    assert all(each.new for each in load(database_url, lines))
    before = head_and_digest(database_url)
    again = load(database_url, lines)
    assert not any(each.new for each in again)
    assert head_and_digest(database_url) == before


def test_an_interrupted_load_goes_on_where_it_was(database_url: str, bare_database_url: str) -> None:
    lines = samples.read(SAMPLE)
    load(database_url, lines[:70])
    load(database_url, lines)
    migrate(bare_database_url)
    load(bare_database_url, lines)
    assert head_and_digest(database_url) == head_and_digest(bare_database_url)


def test_progress_is_told_line_by_line(database_url: str, tmp_path: Path) -> None:
    lines = samples.read(written(tmp_path / "small", a=f"{OPEN}\n{SCOPE}\n"))
    heard: list[int] = []

    async def loading() -> None:
        async with wiring.services(database_url) as house:
            await samples.load(house.writer, lines, heard.append)

    asyncio.run(loading())
    assert heard == [1, 2]


def test_the_ids_of_a_line_depend_on_what_it_says_and_not_on_its_place(tmp_path: Path) -> None:
    whole = samples.read(SAMPLE)
    text = "\n".join(path.read_text("utf-8") for path in sorted(SAMPLE.glob("*.ndjson")))
    assert [line.write for line in samples.read(written(tmp_path / "one-file", a=f"\n{text}"))] == [
        line.write for line in whole
    ]
    assert len({line.write.fact_id for line in whole}) == len(whole)


def test_files_are_read_in_the_order_of_their_names_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    lines = samples.read(written(tmp_path / "small", b=f"\n{SCOPE}\n\n", a=f"{OPEN}\n"))
    assert [(line.where, line.what) for line in lines] == [("a.ndjson, line 1", "open"), ("b.ndjson, line 2", "scope")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[]", "A line must be one JSON object"),
        ('{"open": {"slug": "x", "title": "X"}, "scope": {}}', "scope: Nothing stands beside “open”"),
        ('{"retractoin": {}}', "Did you mean “retraction”?"),
        ('{"zzz": {}}', "one of these and nothing else: register, open"),
        ('{"scope": "north"}', "scope: "),
        ('{"scope": {"incident": "x", "name": "North Side", "label": "North"}}', "scope.name: “North Side”"),
        ('{"scope": {"name": "north", "label": "North"}}', "scope.incident: This is needed and missing."),
        ('{"incident": "x", "kind": "toll_revised"}', "source"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_by_file_and_number(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(samples.SampleError) as caught:
        samples.read(written(tmp_path / "small", a=f"{OPEN}\n{line}\n"))
    assert str(caught.value).startswith("a.ndjson, line 2: ")
    assert said in str(caught.value)


def test_a_folder_without_files_is_no_sample(tmp_path: Path) -> None:
    with pytest.raises(samples.SampleError, match=r"There is no sample in"):
        samples.read(tmp_path)


def test_a_refused_line_is_named_by_file_and_number(database_url: str, tmp_path: Path) -> None:
    retraction = '{"retraction": {"report_id": "00000000-0000-4000-8000-000000000001", "by": "recorder"}}'
    lines = samples.read(written(tmp_path / "small", a=f"{OPEN}\n{retraction}\n"))
    with pytest.raises(samples.SampleError, match=r"a\.ndjson, line 2: There is no report") as caught:
        load(database_url, lines)
    assert not isinstance(caught.value, samples.SampleChanged)


def test_a_sample_that_changed_since_it_was_loaded_is_told_apart(database_url: str, tmp_path: Path) -> None:
    load(database_url, samples.read(written(tmp_path / "small", a=OPEN)))
    changed = written(tmp_path / "small", a=OPEN.replace("An incident", "Another title"))
    with pytest.raises(samples.SampleChanged, match=r"a\.ndjson, line 1"):
        load(database_url, samples.read(changed))
