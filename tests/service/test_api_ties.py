"""What `supersedes` names in vain is told at once; and what is a tie over HTTP is shown as one."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.service.serving import filed

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)


def report(source: str, count: str, *supersedes: str, at: str = "2025-03-09", **claim: Any) -> dict[str, Any]:
    said = {"id": "1", "measure": "killed", "count": {"verbatim": count}, "supersedes": list(supersedes), **claim}
    return {"kind": "toll_revised", "source": source, "reported_at": at, "claims": [said]}


def warned(answer: dict[str, Any]) -> dict[str, str]:
    return {each["code"]: each["detail"] for each in answer["warnings"]}


def test_a_claim_that_replaces_one_of_another_source_is_kept_and_told_of(client: httpx.Client, incident: str) -> None:
    other = filed(client, incident, report("snhr", "40"))
    ref = f"{other['report_id']}#1"
    found = filed(client, incident, report("sohr", "30", ref))
    assert warned(found) == {
        "supersedes_another_source": f"Claim “1” supersedes {ref}, which is a claim of “snhr”; a source replaces"
        " only its own claims, so it replaces nothing unless the two are stated to be one source."
    }
    assert [each["claim"] for each in found["warnings"]] == ["1"]


@pytest.mark.parametrize("figure", ["1", "2"])
def test_a_claim_that_replaces_one_that_nobody_made_is_kept_and_told_of(
    client: httpx.Client, incident: str, figure: str
) -> None:
    known = filed(client, incident, report("sohr", "40"))["report_id"]
    ref = f"{uuid4() if figure == '1' else known}#{figure}"
    found = filed(client, incident, report("sohr", "30", ref, at="2025-03-10", population={"sex": "female"}))
    assert warned(found) == {
        "supersedes_unknown": f"Claim “1” supersedes {ref}, which no report filed here has; it replaces nothing until"
        " this source has made such a claim."
    }


def test_a_claim_that_replaces_one_of_its_own_source_is_told_nothing(client: httpx.Client, incident: str) -> None:
    own = filed(client, incident, report("sohr", "40"))["report_id"]
    found = filed(client, incident, report("sohr", "30", f"{own}#1", at="2025-03-10", population={"sex": "female"}))
    assert warned(found) == {}


def test_the_headlines_of_one_day_are_shown_from_the_least_to_the_greatest(client: httpx.Client, incident: str) -> None:
    for source, count in (("bbc", "207"), ("cnn", "138"), ("afp", "129")):
        filed(client, incident, report(source, count))
    asked = client.get(f"/v1/incidents/{incident}", params={"policy": "latest/1"}).json()["data"]
    (found,) = asked["estimates"]
    figures = [found[name] and found[name]["figure"] for name in ("lower", "best", "upper")]
    assert (figures, found["contested"], len(found["used"])) == ([129, None, 207], True, 3)
    (sentence,) = asked["sentences"]
    assert sentence.startswith("Killed, everyone: 207 (bbc, 9 March 2025). Sources differ: from 129 (afp,")
