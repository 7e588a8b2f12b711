"""Whatever is asked, with values that repeat and refer to themselves, is answered: never by a fault of our own."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.strategies import report_bodies
from tests.service.serving import opened

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)

Body = dict[str, Any]
NDJSON = {"Content-Type": "application/x-ndjson"}
ODD = (
    "",
    " ",
    "\u200f",
    "e\u0301",
    "İ",
    "ﬁ",
    "\U0001f54a",
    "1",
    "event",
    "incident",
    "policy",
    "anonymous:",
    "|",
    "#",
    "..",
)
VIEWS = ("", "/timeline", "/claims", "/tolls", "/escalation", "/revisions", "/duplicates", "/facts")


@st.composite
def repeating(draw: st.DrawFn) -> Body:
    """Draw a report some of whose lists hold an item twice, and some of whose names are names of itself."""
    body: Body = draw(report_bodies())
    for name in [name for name, value in body.items() if isinstance(value, list) and value]:
        if draw(st.booleans()):
            body[name] = [*body[name], *body[name]]
    own = str(body.get("report_id") or uuid.uuid4())
    source = f"new-{uuid.uuid4()}"  # that no log knows yet
    if isinstance(body["source"], str):
        body["source"] = source
    words = st.sampled_from([source, own, f"{own}#1", *ODD])
    changes: dict[str, st.SearchStrategy[Any]] = {
        "source": words | st.builds(lambda said: {"anonymous": said, "type": "witness"}, words),
        "via": st.lists(st.sampled_from([source, source, "sohr"]) | words, max_size=3),
        "event": words,
        "tags": st.lists(words, max_size=3),
        "external_ids": st.dictionaries(words, words, max_size=3),
        "attributes": st.dictionaries(words, words | st.integers(-(2**70), 2**70), max_size=3),
        "report_id": st.sampled_from([own, own.upper(), f"urn:uuid:{own}", str(uuid.UUID(int=0))]),
        "actors": st.lists(st.builds(lambda name: {"name": name}, words), max_size=3),
        "places": st.lists(st.builds(lambda name: {"name": name}, words), max_size=3),
        "claims": st.lists(_claims(own), max_size=3),
    }
    for name in draw(st.lists(st.sampled_from(sorted(changes)), min_size=1, max_size=4, unique=True)):
        body[name] = draw(changes[name])
    return body


def _claims(own: str) -> st.SearchStrategy[Body]:
    ids = st.sampled_from(["1", "2", "1.1", "x.x"])
    parts = st.lists(st.fixed_dictionaries({"id": ids, "count": st.just({"verbatim": "3"})}), max_size=3)
    return st.fixed_dictionaries(
        {
            "id": ids,
            "measure": st.sampled_from(["killed", "injured"]),
            "count": st.sampled_from(
                [{"verbatim": "7"}, {"verbatim": "dozens"}, {"verbatim": "x", "lower": 9, "upper": 2}]
            ),
        },
        optional={
            "parts": parts,
            "scope": st.sampled_from(["event", "incident", "coast", "nowhere"]),
            "supersedes": st.lists(st.sampled_from([f"{own}#1", f"{own}#2", f"{own}#1.1"]), max_size=3),
            "accumulation": st.sampled_from(["incremental", "cumulative"]),
            "period": st.sampled_from(["2025-03", "../2025-03-01", "2025-03-09/2025-03-09"]),
            "exhaustive": st.booleans(),
        },
    )


def expect_no_fault(response: httpx.Response) -> None:
    assert response.status_code < 500, (response.request.method, response.request.url, response.text)
    assert "no-such-page" not in response.text


def curations(slug: str, other: str, bodies: list[Body]) -> st.SearchStrategy[tuple[str, Body]]:
    """Draw what may be asked of an incident, of a report or of sources, each with what refers to itself."""
    ids = [str(body["report_id"]) for body in bodies if body.get("report_id")] or [str(uuid.uuid4())]
    refs = st.lists(st.sampled_from([f"{each}#1" for each in ids] + ["x"]), min_size=1, max_size=4)
    sources = [each for body in bodies for each in (body["source"], *body.get("via", ())) if isinstance(each, str)]
    names, slugs = st.sampled_from([*sources, "sohr"]), st.sampled_from([slug, other, "nowhere"])
    own = st.sampled_from(ids).map(lambda each: f"/v1/reports/{each}")
    here = st.sampled_from([slug, other]).map(lambda each: f"/v1/incidents/{each}")
    asked: dict[str, tuple[st.SearchStrategy[str], Mapping[str, st.SearchStrategy[Any]]]] = {
        "/merge": (here, {"into": slugs}),
        "/unmerge": (here, {}),
        "/close": (here, {}),
        "/reopen": (here, {}),
        "/rescoping": (here, {"claims": refs, "scope": st.sampled_from(["coast", "incident", "event", None])}),
        "/scopes": (
            here,
            {"name": st.sampled_from(["coast", "incident"]), "label": st.just("x"), "wider_than": st.just("coast")},
        ),
        "/move": (own, {"to": slugs}),
        "/retraction": (own, {"by": st.just("recorder"), "claim": st.sampled_from(["1", "1.1"])}),
        "/reinstatement": (own, {"claim": st.sampled_from(["1", "1.1"])}),
        "/assessment": (own, {"credibility": st.integers(1, 6)}),
        "/amendment": (here, {"title": st.sampled_from(["Syrian coast", "x"]), "countries": st.just(["SY", "SY"])}),
        "/dispute": (own, {}),
        "/correction": (own, {"cause": st.just("transcription"), "report": st.sampled_from(bodies)}),
    }
    of_sources = st.tuples(
        st.sampled_from(["/v1/sources/same-origin", "/v1/sources/same-origin/undo"]),
        st.fixed_dictionaries({"origins": st.lists(names, min_size=2, max_size=2)}),
    )
    named = st.sampled_from(sorted(asked)).flatmap(
        lambda act: st.tuples(asked[act][0].map(lambda at: at + act), st.fixed_dictionaries(dict(asked[act][1])))
    )
    return named | of_sources


@settings(suppress_health_check=list(HealthCheck))
@given(bodies=st.lists(repeating(), min_size=1, max_size=4), data=st.data())
def test_nothing_that_can_be_asked_ends_in_a_fault(
    client: httpx.Client, bodies: list[Body], data: st.DataObject
) -> None:
    scopes = [{"name": "coast", "label": "the coast"}]
    slug, other = opened(client, scopes=scopes), opened(client)
    lines = b"".join(json.dumps({**body, "incident": slug}).encode() + b"\n" for body in bodies)
    *outcomes, summary = map(
        json.loads, client.post("/v1/reports:batch", content=lines, headers=NDJSON).text.splitlines()
    )
    assert summary["failed"] == 0, outcomes
    for body in bodies:
        expect_no_fault(client.post(f"/v1/incidents/{slug}/reports", json=body))
    for path, body in data.draw(st.lists(curations(slug, other, bodies), max_size=8)):
        expect_no_fault(client.post(path, json=body))
    for view in VIEWS:
        expect_no_fault(client.get(f"/v1/incidents/{slug}{view}"))
