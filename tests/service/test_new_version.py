"""A second version of a kind of report: a log of the first version is read, audited, restored and continued.

The next release is a copy of this tree with one file edited, `aid_delivered`: a field is renamed, another required.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.catalogue import VIEWS
from tests.service.console import ROOT, run
from tests.service.releases import commands, next_release, python, served, stored
from tests.service.serving import CREATED, filed, opened, problem, service, toll

pytestmark = pytest.mark.one_server_will_do

KIND = Path("domain/reports/kinds/aid_delivered.py")
GOLDEN = Path("tests/domain/golden/facts.json")
EDITS = {
    "from typing import Literal\n": """from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal
""",
    "import msgspec\n": "import msgspec\nfrom pydantic import Field\n",
    "    aid: LabelList = ()\n": """    class_version: ClassVar[int] = 2
    aid: Annotated[LabelList, Field(min_length=1)]
""",
    "    recipients: Slug | None = None\n": "    recipient: Slug | None = None\n",
    '"recipients": ': '"recipient": ',
    "\n\n# CAMEO": '''
    @staticmethod
    def upcast_v1_v2(content: Mapping[str, Any]) -> Mapping[str, Any]:
        """`recipients` is now `recipient`; `aid` is required."""
        renamed = {"recipient" if name == "recipients" else name: value for name, value in content.items()}
        return {"aid": ["not stated"], **renamed}


# CAMEO''',
}
AID = {"kind": "aid_delivered", "source": "sana", "reported_at": "2025-03-12", "occurred": "2025-03-12"}
ROWS = """
import json
from pathlib import Path
from domain.facts.encoding import decode, encode
from domain.facts.versions import may_be_older
for row in json.loads(Path("tests/domain/golden/facts.json").read_text()):
    if may_be_older(row["topic"]):
        now = encode(decode(row["topic"], json.loads(row["state"]), row["text"] and json.loads(row["text"])))
        print(json.dumps({"topic": now.topic, "state": now.state.decode(), "text": now.text and now.text.decode()}))
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tree of the next release, in which that one file was edited."""
    edits = [(KIND, old, new) for old, new in EDITS.items()]
    return next_release(tmp_path_factory.mktemp("release"), edits)


def corrected(client: httpx.Client, report_id: str, report: dict[str, Any]) -> None:
    body = {"cause": "transcription", "report": report, "reason": "Mistyped."}
    response = client.post(f"/v1/reports/{report_id}/correction", json=body)
    assert response.status_code == CREATED, response.text


def first_reports(url: str) -> tuple[str, list[str]]:
    """Record reports of version 1, with corrections to version 1, and publish what each view answers."""
    with service(url) as client:
        incident = opened(client)
        bodies = [
            {**AID, "recipients": "residents-of-latakia", "aid": ["food"], "text": {"summary": "Food came."}},
            {**AID, "recipients": "families"},
            {**AID, "to": "Latakia"},
            toll(),
        ]
        reports = [filed(client, incident, body)["report_id"] for body in bodies]
        corrected(client, reports[1], {**AID, "recipients": "families-of-jableh", "aid": ["flour"]})
        corrected(client, reports[2], {**AID, "to": "Jableh"})
        for view in VIEWS:
            answer = client.post(f"/v1/incidents/{incident}/publications", json={"view": view})
            assert answer.status_code == CREATED, answer.text
    return incident, reports


def test_golden_rows_of_the_first_version_are_read_by_the_second(release: Path) -> None:
    check = ("-m", "pytest", "tests/domain/test_facts.py", "-q", "-p", "no:cacheprovider", "-k", "stored or upcaster")
    lacking = python(release, *check)
    assert lacking.returncode == 1
    assert "add what it becomes to golden/facts.json" in lacking.stdout
    rows = [json.loads(line) for line in python(release, "-c", ROWS).stdout.splitlines()]
    golden = json.loads((release / GOLDEN).read_text("utf-8"))
    added = [row for row in rows if row["topic"] == "aid_delivered.v2"]
    assert [json.loads(row["state"])["report"]["recipient"] for row in added] == ["residents-of-latakia"] * 2
    (release / GOLDEN).write_text(json.dumps([*golden, *added]), "utf-8")
    done = python(release, *check)
    assert done.returncode == 0, done.stdout


def test_a_log_of_the_first_version_is_continued_by_the_second(
    release: Path,
    database_url: str,
    migrated_template: str,
    create_database: Callable[[str], str],
    unused_port: int,
    tmp_path: Path,
) -> None:
    incident, reports = first_reports(database_url)
    end = f"@{len(stored(database_url))}"
    asked, restored = ("answers", incident, "@7", end), create_database(migrated_template)
    first, exported = tmp_path / "first.ndjson", tmp_path / "exported.ndjson"
    before = commands(ROOT, (database_url, *asked), (database_url, "export", "ndjson", "-o", str(first)))

    # The second release reads that log: every publication is answered as it was, every document to the byte.
    again = commands(
        release,
        (database_url, *asked),
        (database_url, "audit"),
        (database_url, "export", "ndjson", "-o", str(exported)),
        (restored, "import", "ndjson", "--restore", str(first)),
    )
    assert again == before
    assert exported.read_bytes() == first.read_bytes()

    # It has restored it, takes reports of the second version, and corrects one of the first to the second.
    with served(release, restored, unused_port) as client:
        address = f"/v1/incidents/{incident}/reports"
        problem(
            client.post(address, json={**AID, "recipients": "families", "aid": ["food"]}), "invalid-body", "recipients"
        )
        problem(client.post(address, json={**AID, "recipient": "families"}), "invalid-body", "aid")
        reports.append(filed(client, incident, {**AID, "recipient": "families", "aid": ["bread"]})["report_id"])
        corrected(client, reports[1], {**AID, "recipient": "families-of-jableh", "aid": ["flour", "oil"]})
        history = client.get(f"/v1/reports/{reports[1]}").json()["history"]
        entries = client.get(f"/v1/incidents/{incident}/timeline").json()["data"]["entries"]
    assert [step["report"].get("recipient") for step in history] == ["families", *["families-of-jableh"] * 2]
    assert [step["report"]["aid"] for step in history] == [["not stated"], ["flour"], ["flour", "oil"]]
    timeline = {entry["report_id"]: entry for entry in entries}
    assert timeline[reports[0]]["report"]["recipients"] == "residents-of-latakia", "as it was recorded"
    assert timeline[reports[4]]["report"]["recipient"] == "families"
    assert [each["changed"] for each in timeline[reports[1]]["corrections"]] == [
        [
            {"field": "aid", "before": None, "after": ["flour"]},
            {"field": "recipients", "before": "families", "after": "families-of-jableh"},
        ],
        [{"field": "aid", "before": ["flour"], "after": ["flour", "oil"]}],
    ]
    new = [(topic, state) for topic, state in stored(restored)[len(stored(database_url)) :]]
    assert [topic for topic, _ in new] == ["aid_delivered.v2", "report_corrected.v1"]
    assert new[1][1]["report_version"] == 2
    assert stored(restored)[: len(stored(database_url))] == stored(database_url), "nothing was rewritten"

    # The continued log: audited, its read models built and compared, exported and restored once more.
    second, onward = tmp_path / "second.ndjson", create_database(migrated_template)
    head = ("answers", incident, f"@{len(stored(restored))}")
    [*again, here, there] = commands(
        release,
        (restored, "rebuild"),
        (restored, "audit"),
        (restored, *asked),
        (restored, "export", "ndjson", "-o", str(second)),
        (onward, "import", "ndjson", "--restore", str(second)),
        (restored, *head),
        (onward, *head),
    )
    assert again == before
    assert there == here

    # The first release knows what it does not know.
    older = run("import", "ndjson", "--restore", str(second), DATABASE_URL=create_database(migrated_template))
    assert older.returncode != 0
    assert "This release knows no facts of “aid_delivered.v2”; restore it with a newer one." in older.stderr
