"""A whole statement about an incident that was merged, or whose report was moved, over HTTP and in read models."""

import json

import pytest

from tests.service.console import run
from tests.service.projected import head, projected_service, read
from tests.service.serving import CREATED, filed, opened, problem, toll

pytestmark = pytest.mark.one_server_will_do


def test_whole_statements_go_on_where_their_incident_or_the_last_of_them_is_shown(database_url: str) -> None:
    with projected_service(database_url) as client:
        merged, moved, town, street = (opened(client, title=title) for title in ("A", "B", "Town", "Street"))
        filed(client, merged, toll("40", complete=True))
        last = filed(client, moved, toll("50", complete=True))
        for address, body in (
            (f"/v1/incidents/{merged}/merge", {"into": town}),
            (f"/v1/reports/{last['report_id']}/move", {"to": street}),
        ):
            assert client.post(address, json=body).status_code == CREATED
        now = {
            town: filed(client, merged, toll("41", complete=True, reported_at="2025-03-13")),
            street: filed(client, moved, toll("51", complete=True, reported_at="2025-03-13")),
        }
        refused = client.post(f"/v1/incidents/{merged}/reports", json=toll("42"))
        assert problem(refused, "merged")["into"] == town
        reports = read(client, "/v1/reports")["items"]
        shown = {each["report_id"]: each["incident"] for each in reports}
        for at, home, figure in ((town, merged, 41), (street, moved, 51)):
            assert shown[now[at]["report_id"]] == at
            document = client.get(f"/v1/incidents/{at}").json()["data"]
            assert {each["scope"]: each["best"]["figure"] for each in document["estimates"]} == {
                f"{home}/incident": figure
            }
        assert client.post(f"/v1/incidents/{town}/close", json={}).status_code == CREATED
        closed = client.post(f"/v1/incidents/{merged}/reports", json=toll("43", complete=True))
        assert town in problem(closed, "incident-closed")["detail"]
        read(client, "/v1/reports", min_position=head(client))
        audited = run("audit", "--json", DATABASE_URL=database_url)
        assert (audited.returncode, json.loads(audited.stdout)["ok"]) == (0, True), audited.stdout
