"""A second version of facts that are no reports: the next release goes on with a log of the first one."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.catalogue import VIEWS
from tests.service.console import ROOT
from tests.service.releases import commands, next_release, served, stored
from tests.service.serving import CREATED, filed, opened, service, toll

pytestmark = pytest.mark.one_server_will_do

UNION = Path("domain/facts/union.py")
AGAIN = """
    class_version: ClassVar[int] = 2
    basis: Label | None = None

    @staticmethod
    def upcast_v1_v2(content: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**content, "basis": "not stated"}
"""
GRADED = """
    class_version: ClassVar[int] = 2
    origin: str
    letter: Reliability

    @staticmethod
    def upcast_v1_v2(content: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"letter" if name == "reliability" else name: value for name, value in content.items()}
"""
SHAPES = (
    *("incident_opened", "incident_amended", "report_corrected", "report_assessed", "report_moved", "incident_merged"),
    *("claims_rescoped", "estimate_published", "source_registered", "same_origin_stated", "policy_adopted"),
)
EDITS = [
    (UNION, "from dataclasses", "from collections.abc import Mapping\nfrom dataclasses"),
    (UNION, "from typing import ClassVar", "from typing import Any, ClassVar"),
    (UNION, "    origin: str\n    reliability: Reliability\n    text", f"{GRADED}    text"),
    *(
        (UNION, f'fact_name: ClassVar[str] = "{name}"\n', f'fact_name: ClassVar[str] = "{name}"{AGAIN}')
        for name in SHAPES
    ),
    (Path("domain/incident/source_decisions.py"), "reliability=command.reliability)", "letter=command.reliability)"),
    (
        Path("domain/incident/source_decisions.py"),
        "after, reliability=fact.reliability",
        "after, reliability=fact.letter",
    ),
    (Path("domain/history/source_directory.py"), "known.type, fact.reliability", "known.type, fact.letter"),
]
SOURCE = {"name": "SOHR", "type": "monitor"}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tree of the next release, in which a dozen facts have a second version."""
    return next_release(tmp_path_factory.mktemp("release"), EDITS)


def wrote(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code in {200, CREATED}, response.text
    return response.json()


def curate(client: httpx.Client, incident: str, other: str, reports: list[str], letter: str) -> None:
    """Record a fact of each of those shapes that the opening and the filing have not made."""
    wrote(client.put("/v1/sources/sohr", json={**SOURCE, "reliability": letter}))
    wrote(
        client.put("/v1/policy", json={"policy": "range/1" if letter == "B" else "latest/1", "reason": "To compare."})
    )
    wrote(client.post(f"/v1/incidents/{incident}/amendment", json={"title": f"As graded {letter}"}))
    correction = {"cause": "transcription", "report": toll(f"1{letter == 'B':d}"), "reason": "Mistyped."}
    wrote(client.post(f"/v1/reports/{reports[0]}/correction", json=correction))
    wrote(client.post(f"/v1/reports/{reports[0]}/assessment", json={"credibility": 2 if letter == "B" else 3}))
    wrote(client.post(f"/v1/reports/{reports[1]}/move", json={"to": other if letter == "B" else incident}))


def test_a_log_is_continued_by_a_release_with_new_versions_of_its_facts(
    release: Path,
    database_url: str,
    migrated_template: str,
    create_database: Callable[[str], str],
    unused_port: int,
    tmp_path: Path,
) -> None:
    with service(database_url) as client:
        incident, other = opened(client, countries=["SY"]), opened(client)
        reports = [filed(client, incident, toll(str(number)))["report_id"] for number in (3, 5)]
        filed(client, incident, {**toll("4"), "source": "sana"})
        curate(client, incident, other, reports, "B")
        version = client.get(f"/v1/incidents/{incident}").json()["coordinates"]["version"]
        request = {"json": {}, "headers": {"Idempotency-Key": "the-bulletin", "If-Match": f'"v{version}"'}}
        published = wrote(client.post(f"/v1/incidents/{incident}/publications", **request))
        merged = opened(client)
        filed(client, merged, toll("9"))
        for view in VIEWS:
            wrote(client.post(f"/v1/incidents/{other}/publications", json={"view": view}))
        source, policy = client.get("/v1/sources/sohr").json(), client.get("/v1/policy").json()
        receipt = client.get(f"/v1/receipts/{published['receipt']['digest']}").json()
    length = len(stored(database_url))
    asked, restored = ("answers", incident, "@9", f"@{length}"), create_database(migrated_template)
    csv, exported, first = tmp_path / "1.csv", tmp_path / "2.csv", tmp_path / "1.ndjson"
    timeline = ("export", "csv", "--view", "timeline/1", "--as-of", f"@{length}", "-o")
    before = commands(
        ROOT,
        (database_url, *asked),
        (database_url, *timeline, str(csv)),
        (database_url, "export", "ndjson", "-o", str(first)),
    )
    found = commands(
        release,
        (restored, "import", "ndjson", "--restore", str(first)),
        (restored, *asked),
        (database_url, "audit"),
        (restored, *timeline, str(exported)),
    )
    assert found == before
    assert exported.read_bytes() == csv.read_bytes()
    with served(release, restored, unused_port) as client:
        again = wrote(client.post(f"/v1/incidents/{incident}/publications", **request))
        assert again["receipt"] == published["receipt"]
        assert again["position"] == published["position"]
        assert len(stored(restored)) == length, "a retry is recorded once"
        assert client.get(f"/v1/receipts/{published['receipt']['digest']}").json() == receipt
        assert client.get("/v1/policy").json() == policy
        history = client.get("/v1/sources/sohr").json()["history"]
        assert [each.get("letter") for each in history if each["fact"] == "graded"] == [
            each["reliability"] for each in source["history"] if each["fact"] == "graded"
        ]
        changes = client.get("/v1/changes", params={"incident": incident, "limit": 1000}).json()["items"]
        assert changes[0]["topic"] == "incident_opened.v1"
        curate(client, incident, other, reports, "C")
        new = opened(client)
        filed(client, new, toll("2"))
        assert client.get("/v1/changes", params={"incident": new}).json()["items"][0]["topic"] == "incident_opened.v2"
        wrote(client.post(f"/v1/incidents/{new}/publications", json={}))
        entries = {
            each["slug"]
            for each in client.get("/v1/incidents", params={"min_position": len(stored(restored))}).json()["items"]
        }
    assert entries == {incident, other, merged, new}
    assert {f"{name}.v2" for name in SHAPES} - {topic for topic, _ in stored(restored)} == {
        f"{name}.v2" for name in ("claims_rescoped", "incident_merged", "same_origin_stated", "source_registered")
    }
    second, onward = tmp_path / "2.ndjson", create_database(migrated_template)
    head = ("answers", incident, f"@{len(stored(restored))}")
    [*found, here, there] = commands(
        release,
        (restored, "rebuild"),
        (restored, "audit", "--full"),
        (restored, *asked),
        (restored, "export", "ndjson", "-o", str(second)),
        (onward, "import", "ndjson", "--restore", str(second)),
        (restored, *head),
        (onward, *head),
    )
    assert found == before
    assert there == here


def test_states_are_parsed_and_topics_compared_in_the_event_store_only() -> None:
    raw = re.compile(r"(loads|from_json|validate_json)\(\w+\.state|\.topic [!=]= ")
    files = [each for each in (ROOT / "service").rglob("*.py") if "eventstore" not in each.parts]
    assert files
    assert [str(each.relative_to(ROOT)) for each in files if raw.search(each.read_text("utf-8"))] == []
