"""A sample can hold curation too: each line asks what a request would, and twice is once."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from domain import catalogue
from service import wiring
from service.answers.answer import AnswerRequest, MergedAway, answer
from service.console import import_, samples
from service.console.import_ import ImportOptions
from service.runtime import package_files
from service.settings import read_settings

pytestmark = pytest.mark.one_server_will_do

REPORT = "00000000-0000-4000-8000-000000000001"
OTHER = "00000000-0000-4000-8000-000000000002"


def told(incident: str, report_id: str, source: str, figure: str) -> dict[str, object]:
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": figure}}
    said = {"kind": "toll_revised", "source": source, "reported_at": "2025-03-12", "claims": [claim]}
    return {"incident": incident, "report_id": report_id, **said}


LINES: list[dict[str, object]] = [
    {"register": {"slug": "afp", "name": "AFP", "type": "agency", "reliability": "A"}},
    {"open": {"slug": "coast", "title": "The coast"}},
    {"scope": {"incident": "coast", "name": "north", "label": "North"}},
    told("coast", REPORT, "afp", "830"),
    {"open": {"slug": "town", "title": "A town"}},
    told("town", OTHER, "france-24", "40"),
    {"same_origin": {"origins": ["afp", "france-24"]}},
    {"assessment": {"report_id": REPORT, "credibility": 2}},
    {"dispute": {"report_id": REPORT, "claim": "1"}},
    {"merge": {"incident": "town", "into": "coast"}},
    {"rescoping": {"incident": "coast", "claims": [f"{OTHER}#1"], "scope": "north"}},
    {"unmerge": {"incident": "town"}},
    {"move": {"report_id": OTHER, "to": "coast"}},
    {"merge": {"incident": "town", "into": "coast", "reason": "After all."}},
    {"same_origin_undo": {"origins": ["afp", "france-24"]}},
    {"amendment": {"incident": "coast", "title": "The whole coast"}},
    {"close": {"incident": "coast"}},
    {"reopen": {"incident": "coast"}},
    {"policy": {"policy": "latest/1"}},
]


def folder(path: Path, lines: list[dict[str, object]]) -> Path:
    path.mkdir()
    (path / "a.ndjson").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def test_every_kind_of_curation_is_recorded_once(database_url: str, tmp_path: Path) -> None:
    lines = samples.read(folder(tmp_path / "small", LINES))
    assert [line.what for line in lines] == ["report" if "kind" in line else next(iter(line)) for line in LINES]

    async def loading() -> None:
        async with wiring.services(database_url) as house:
            assert all(each.new for each in await samples.load(house.writer, lines))
            head = (await house.reader.head()).position
            assert not any(each.new for each in await samples.load(house.writer, lines))
            assert (await house.reader.head()).position == head
            found = await answer(house.reader, AnswerRequest("coast", "state/1"))
            assert found.coordinates["policy"] == "latest/1"
            scopes = {each["scope"]: each["contested"] for each in found.document["estimates"]}
            assert set(scopes) == {"incident", "north"}
            with pytest.raises(MergedAway, match="“town” is merged into “coast”; ask there"):
                await answer(house.reader, AnswerRequest("town", "state/1"))

    asyncio.run(loading())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"policy": {"policy": "rnage/1"}}, "policy.policy: There is no policy “rnage/1”; did you mean “range/1”?"),
        ({"policy": {"policy": "range"}}, "policy: "),
        ({"merge": {"incident": "coast"}}, "merge.into: This is needed and missing"),
        ({"assessment": {"report_id": REPORT, "credibility": 9}}, "credibility: "),
        ({"same_origin": {"origins": ["afp", "afp"]}}, "“afp” is one origin already"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: dict[str, object], said: str) -> None:
    with pytest.raises(samples.SampleError) as caught:
        samples.read(folder(tmp_path / "small", [*LINES[:2], line]))
    assert str(caught.value).startswith("a.ndjson, line 3: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("what", ["merge", "unmerge", "rescoping", "amendment", "close", "reopen"])
def test_what_is_about_an_incident_needs_one(tmp_path: Path, what: str) -> None:
    body = {"merge": {"into": "coast"}, "rescoping": {"claims": [f"{OTHER}#1"], "scope": None}}.get(what, {})
    with pytest.raises(samples.SampleError, match=rf"{what}\.incident: This is needed and missing"):
        samples.read(folder(tmp_path / "small", [{what: body}]))


@pytest.mark.parametrize("name", samples.names())
def test_each_sample_is_made_of_public_lines_with_questions_of_its_own(name: str) -> None:
    lines = samples.read_named(name)
    assert samples.opened_slugs(lines) == [name]
    assert len(samples.questions_of(name).questions) == 3


def test_a_sample_that_there_is_not_is_told_with_the_nearest() -> None:
    with pytest.raises(samples.SampleUnknown, match=r"no sample “river-port”; did you mean “river-port-2024”\?"):
        samples.read_named("river-port")


@pytest.mark.parametrize("name", samples.names())
def test_a_sample_imported_as_public_lines_answers_as_the_loaded_one(
    name: str,
    database_url: str,
    migrated_template: str,
    create_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    imported = create_database(migrated_template)
    monkeypatch.setenv("DATABASE_URL", imported)
    files = sorted((package_files.samples() / name).glob("*.ndjson"))
    for _ in range(2):
        assert import_.import_(read_settings(), ImportOptions("ndjson", files)) == 0

    async def loading() -> None:
        async with wiring.services(database_url) as house, wiring.services(imported) as other:
            await samples.load(house.writer, samples.read_named(name))
            heads = [(await each.reader.head()).position for each in (house, other)]
            assert heads[0] == heads[1]
            for view in sorted(catalogue.VIEWS.keys() - {"moments/1", "timeline/1", "tolls/1"}):  # salts, transactions
                question = AnswerRequest(name, view)
                digests = {(await answer(each.reader, question)).digest for each in (house, other)}
                assert (view, len(digests)) == (view, 1)

    asyncio.run(loading())
