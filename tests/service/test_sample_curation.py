"""A sample can hold curation too: each line asks what a request would, and twice is once."""

import asyncio
import json
from pathlib import Path

import pytest

from service import sample, wiring
from service.answers import MergedAway, Question, answer

REPORT = "00000000-0000-4000-8000-000000000001"
OTHER = "00000000-0000-4000-8000-000000000002"


def told(report_id: str, source: str, figure: str) -> dict[str, object]:
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": figure}}
    said = {"kind": "toll_revised", "source": source, "reported_at": "2025-03-12", "claims": [claim]}
    return {"report_id": report_id, **said}


LINES: list[dict[str, object]] = [
    {"source": {"slug": "afp", "name": "AFP", "type": "agency", "reliability": "A"}},
    {"open": {"slug": "coast", "title": "The coast"}},
    {"scope": {"name": "north", "label": "North"}},
    {"report": told(REPORT, "afp", "830")},
    {"open": {"slug": "town", "title": "A town"}},
    {"report": told(OTHER, "france-24", "40")},
    {"same_origin": {"origins": ["afp", "france-24"]}},
    {"assessment": {"report_id": REPORT, "credibility": 2}},
    {"dispute": {"report_id": REPORT, "claim": "1"}},
    {"merge": {"into": "coast"}},
    {"rescoping": {"incident": "coast", "claims": [f"{OTHER}#1"], "scope": "north"}},
    {"unmerge": {}},
    {"move": {"report_id": OTHER, "to": "coast"}},
    {"merge": {"incident": "town", "into": "coast"}},
    {"policy": {"policy": "latest/1"}},
]


def folder(path: Path, lines: list[dict[str, object]]) -> Path:
    path.mkdir()
    (path / "a.ndjson").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def test_every_kind_of_curation_is_recorded_once(database_url: str, tmp_path: Path) -> None:
    lines = sample.read(folder(tmp_path / "small", LINES))
    assert [line.what for line in lines] == [next(iter(line)) for line in LINES]

    async def loading() -> None:
        async with wiring.services(database_url) as house:
            assert all(each.new for each in await sample.load(house.writer, lines))
            head = (await house.reader.head()).position
            assert not any(each.new for each in await sample.load(house.writer, lines))
            assert (await house.reader.head()).position == head
            found = await answer(house.reader, Question("coast", "state/1"))
            assert found.coordinates["policy"] == "latest/1"
            scopes = {each["scope"]: each["contested"] for each in found.document["estimates"]}
            assert set(scopes) == {"incident", "north"}
            with pytest.raises(MergedAway, match="“town” is merged into “coast”; ask there"):
                await answer(house.reader, Question("town", "state/1"))

    asyncio.run(loading())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"policy": {"policy": "rnage/1"}}, "policy: There is no policy “rnage/1”; did you mean “range/1”?"),
        ({"policy": {"policy": "range"}}, "policy: "),
        ({"merge": {}}, "into: Field required"),
        ({"assessment": {"report_id": REPORT, "credibility": 9}}, "credibility: "),
        ({"same_origin": {"origins": ["afp", "afp"]}}, "“afp” is one origin already"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: dict[str, object], said: str) -> None:
    with pytest.raises(sample.SampleError) as caught:
        sample.read(folder(tmp_path / "small", [*LINES[:2], line]))
    assert str(caught.value).startswith("a.ndjson, line 3: ")
    assert said in str(caught.value)


@pytest.mark.parametrize("what", ["merge", "unmerge", "rescoping"])
def test_what_is_about_an_incident_needs_one(tmp_path: Path, what: str) -> None:
    with pytest.raises(sample.SampleError, match="no “open” comes before it"):
        sample.read(folder(tmp_path / "small", [{what: {}}]))
