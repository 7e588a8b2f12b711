"""Batches over HTTP: lines in, outcomes out, and no line, however broken, that keeps another from being recorded."""

import json
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest

from tests.service.serving import problem, toll

pytestmark = pytest.mark.one_server_will_do

pytest_plugins = ("tests.service.api_fixtures",)

NDJSON = {"Content-Type": "application/x-ndjson"}


def lines_of(*documents: object) -> bytes:
    return b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in documents)


def told(response: httpx.Response) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the outcomes of a batch, and its summary."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/x-ndjson"
    *outcomes, summary = map(json.loads, response.content.splitlines())
    assert summary["lines"] == len(outcomes)
    return outcomes, summary


def sent(
    client: httpx.Client, content: bytes | Iterable[bytes], **parameters: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    return told(client.post("/v1/reports:batch", content=content, headers=NDJSON, params=parameters))


def reports(incident: str, *figures: str) -> Iterator[dict[str, Any]]:
    return ({"incident": incident, "report_id": str(uuid.uuid4()), **toll(each)} for each in figures)


def test_each_line_is_recorded_and_told_with_its_number(client: httpx.Client) -> None:
    slug, source = f"batch-{uuid.uuid4()}", f"source-{uuid.uuid4()}"
    filed = list(reports(slug, "311", "532"))
    body = lines_of(
        {"register": {"slug": source, "name": "A monitor", "type": "monitor", "reliability": "B"}},
        {"open": {"slug": slug, "title": "The coast", "utc_offset": "+03:00"}},
        *filed,
    )
    outcomes, summary = sent(client, body)
    assert [each["line"] for each in outcomes] == [1, 2, 3, 4]
    assert {each["outcome"] for each in outcomes} == {"recorded"}
    assert [each["report_id"] for each in outcomes[2:]] == [each["report_id"] for each in filed]
    assert [each["incident"] for each in outcomes[1:]] == [slug] * 3
    assert summary == {
        "lines": 4,
        "recorded": 4,
        "replayed": 0,
        "refused": 0,
        "invalid": 0,
        "failed": 0,
        "position": outcomes[-1]["position"],
    }
    assert client.get(f"/v1/sources/{source}").json()["reliability"] == "B"
    for report in filed:
        assert client.get(f"/v1/reports/{report['report_id']}").json()["incident"] == slug


def test_the_same_lines_again_are_recorded_once_however_they_are_spaced(client: httpx.Client, incident: str) -> None:
    report = {"incident": incident, **toll("745")}
    first, _ = sent(client, lines_of(report))
    other = json.dumps(dict(reversed(report.items())), indent=None, separators=(" ,  ", " : ")).encode()
    again, summary = sent(client, b"\n\r\n  \t\n" + other)
    assert again[0] == {**first[0], "line": 4, "outcome": "replayed"}
    assert (summary["lines"], summary["recorded"], summary["replayed"]) == (1, 0, 1)


def test_the_same_id_for_something_else_is_refused(client: httpx.Client, incident: str) -> None:
    report_id = str(uuid.uuid4())
    one, other = ({"incident": incident, "report_id": report_id, **toll(each)} for each in ("311", "312"))
    outcomes, _ = sent(client, lines_of(one, other, one))
    assert [each["outcome"] for each in outcomes] == ["recorded", "refused", "replayed"]
    assert outcomes[1]["problem"]["type"] == "/problems/id-taken"
    assert outcomes[1]["problem"]["errors"][0]["field"] == "report_id"


def test_a_new_source_that_relays_itself_is_recorded_as_any_other_line(client: httpx.Client, incident: str) -> None:
    filed = list(reports(incident, *(str(place) for place in range(200))))
    for report in filed[3::10]:
        report["source"] = f"source-{uuid.uuid4()}"
        report["via"] = [report["source"]]
    outcomes, summary = sent(client, lines_of(*filed))
    assert (summary["recorded"], summary["replayed"], summary["failed"]) == (200, 0, 0)
    own = [any(each["code"] == "own_relay" for each in outcome["warnings"]) for outcome in outcomes]
    assert own == ["via" in report for report in filed]


BROKEN: tuple[tuple[bytes, str, str | None], ...] = (
    (b"nonsense", "not-json", None),
    (b'{"incident": ', "not-json", None),
    (b"\xff\xfe{}", "not-json", None),
    (b'{"incident": "\xc3\x28"}', "not-json", None),
    (b"[1, 2]", "invalid-body", None),
    (b"null", "invalid-body", None),
    (b"{}", "invalid-body", None),
    (b'{"kind": "toll_revised"}', "invalid-body", "incident"),
    (b'{"incident": 7, "kind": "toll_revised", "source": "sohr"}', "invalid-body", "incident"),
    (b'{"incident": "x", "kind": "tol_revised", "source": "sohr"}', "invalid-body", "kind"),
    (b'{"incident": "x", "source": "sohr"}', "invalid-body", "kind"),
    (b'{"incident": "x", "incident": "y", "kind": "toll_revised", "source": "sohr"}', "invalid-body", "incident"),
    (b'{"incident": "x", "kind": "toll_revised", "source": "sohr", "reported_order": 1.5}', "invalid-body", None),
    (
        b'{"incident": "x", "kind": "toll_revised", "source": "sohr", "text": {"notes": "\\ud800"}}',
        "invalid-body",
        None,
    ),
    (b'{"open": {"slug": "x", "titel": "X"}}', "invalid-body", "open.titel"),
    (b'{"open": "x"}', "invalid-body", "open"),
    (b'{"open": {"slug": "x", "title": "X"}, "kind": "toll_revised"}', "invalid-body", "kind"),
    (b'{"register": {"slug": "x", "name": "X", "type": "monitr"}}', "invalid-body", "register.type"),
    (b"[" * 40 + b"]" * 40, "too-deep", None),
    (b"[" * 60_000, "too-deep", None),
    (b'{"incident": "' + b"x" * (64 * 1024) + b'"}', "body-too-large", None),
    (b"x" * (64 * 1024 + 1), "body-too-large", None),
)


def test_a_bad_line_is_told_with_a_reason_and_never_stops_the_rest(client: httpx.Client, incident: str) -> None:
    good = [line.rstrip() for line in lines_of(*reports(incident, *map(str, range(len(BROKEN) + 1)))).splitlines()]
    body = b"\n".join([b"%b\n%b" % (fine, bad[0]) for fine, bad in zip(good, BROKEN, strict=False)] + [good[-1]])
    outcomes, summary = sent(client, body)
    assert [each["outcome"] for each in outcomes[::2]] == ["recorded"] * len(good)
    for outcome, (line, slug, field) in zip(outcomes[1::2], BROKEN, strict=True):
        assert (outcome["outcome"], outcome["problem"]["type"]) == ("invalid", f"/problems/{slug}"), line[:100]
        assert outcome["problem"]["detail"]
        if field:
            assert field in {each["field"] for each in outcome["problem"]["errors"]}, outcome
    assert (summary["recorded"], summary["invalid"]) == (len(good), len(BROKEN))


def test_a_refused_line_says_what_the_single_request_says(client: httpx.Client, incident: str) -> None:
    scoped = toll("9")
    scoped["claims"][0]["scope"] = "nowhere"
    unknown = toll("9")
    single = client.post(f"/v1/incidents/{incident}/reports", json=scoped).json()
    outcomes, _ = sent(client, lines_of({"incident": incident, **scoped}, {"incident": "no-such-place", **unknown}))
    assert outcomes[0] == {"line": 1, "outcome": "refused", "problem": single}
    assert outcomes[1]["problem"]["type"] == "/problems/no-such-incident"
    assert "no-such-place" in outcomes[1]["problem"]["detail"]


def test_an_incident_that_is_opened_otherwise_is_refused_and_the_same_again_is_replayed(client: httpx.Client) -> None:
    slug = f"batch-{uuid.uuid4()}"
    one = {"open": {"slug": slug, "title": "The coast", "utc_offset": "+03:00"}}
    other = {"open": {"slug": slug, "title": "The mountains"}}
    outcomes, _ = sent(client, lines_of(one, one, other))
    assert [each["outcome"] for each in outcomes] == ["recorded", "replayed", "refused"]
    assert [each["field"] for each in outcomes[2]["problem"]["errors"]] == ["open.slug"]


def test_together_means_all_of_them_or_none(client: httpx.Client, incident: str) -> None:
    good = list(reports(incident, "311", "532"))
    refused = {"incident": "no-such-place", **toll("9")}
    for bad, outcome in ((lines_of(refused), "refused"), (b"nonsense\n", "invalid")):
        outcomes, summary = sent(client, lines_of(good[0]) + bad + lines_of(good[1]), atomic="true")
        assert [each["outcome"] for each in outcomes] == ["refused", outcome, "refused"]
        assert outcomes[0]["problem"]["type"] == outcomes[2]["problem"]["type"] == "/problems/others-refused"
        assert (summary["recorded"], summary["position"]) == (0, None)
    assert all(client.get(f"/v1/reports/{each['report_id']}").status_code == 404 for each in good)
    outcomes, _ = sent(client, lines_of(*good), atomic="true")
    assert {each["outcome"] for each in outcomes} == {"recorded"}
    assert len({each["recorded_at"] for each in outcomes}) == 1


def test_too_many_lines_to_be_recorded_together_are_refused(client: httpx.Client, incident: str) -> None:
    line = lines_of({"incident": incident, **toll("1")})
    for body in (line * 10_001, (b" " * 4095 + b"\n") * 4097):
        response = client.post("/v1/reports:batch?atomic=true", content=body, headers=NDJSON)
        assert "nothing was recorded" in problem(response, "body-too-large")["detail"]


def test_a_batch_is_told_what_it_must_be(client: httpx.Client) -> None:
    for headers in ({"Content-Type": "application/json"}, {}, {**NDJSON, "Content-Encoding": "gzip"}):
        response = client.post("/v1/reports:batch", content=b"{}", headers=headers)
        problem(response, "unsupported-media-type")
        assert response.headers["accept"] == "application/x-ndjson"
    problem(client.post("/v1/reports:batch", content=b"", headers={**NDJSON, "If-Match": '"v1"'}), "invalid-header")
    problem(client.post("/v1/reports:batch?atomic=7", content=b"", headers=NDJSON), "invalid-parameter", "atomic")
    assert sent(client, b"\n \n")[1]["lines"] == 0
    assert told(client.post("/v1/reports:batch", headers={"Content-Type": "application/x-ndjson; charset=UTF-8"}))


def test_a_source_that_somebody_has_graded_is_not_regraded_by_a_line_that_only_introduces_it(
    client: httpx.Client,
) -> None:
    source = f"source-{uuid.uuid4()}"
    introduction = {"register": {"slug": source, "name": "A data set", "type": "monitor"}}
    own = {"name": "Ours", "type": "monitor", "reliability": "B"}
    client.put(f"/v1/sources/{source}", json=own).raise_for_status()
    (outcome,), _ = sent(client, lines_of(introduction))
    assert (outcome["outcome"], outcome["position"]) == ("replayed", None)
    held = client.get(f"/v1/sources/{source}").json()
    assert {name: held[name] for name in own} == own
    introduction["register"]["reliability"] = "F"
    (outcome,), _ = sent(client, lines_of(introduction))
    assert outcome["outcome"] == "recorded"
    assert client.get(f"/v1/sources/{source}").json()["reliability"] == "F"


def test_a_source_that_is_known_by_its_slug_alone_is_introduced(client: httpx.Client) -> None:
    slug, source = f"batch-{uuid.uuid4()}", f"source-{uuid.uuid4()}"
    body = lines_of(
        {"open": {"slug": slug, "title": "The coast", "utc_offset": "+03:00"}},
        {"incident": slug, **toll("311"), "source": source},
        {"register": {"slug": source, "name": "A data set", "type": "monitor"}},
    )
    outcomes, _ = sent(client, body)
    assert [each["outcome"] for each in outcomes] == ["recorded"] * 3
    assert client.get(f"/v1/sources/{source}").json()["name"] == "A data set"
