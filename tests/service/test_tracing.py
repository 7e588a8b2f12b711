"""Traces: a span for each request, with its operation and status, and nothing of a report."""

from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service import wiring
from tests.service.serving import filed, opened, serving, toll

pytestmark = pytest.mark.one_server_will_do

SECRET = "zz-not-in-any-span-zz"
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def client(database_url: str, spans: InMemorySpanExporter) -> Iterator[httpx.Client]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "_tracer", lambda: provider.get_tracer("knownwhen"))
        app = wiring.make_app(database_url, traces=True)
    with serving(app) as address, httpx.Client(base_url=address, timeout=60) as made:
        yield made


def told(spans: InMemorySpanExporter) -> list[ReadableSpan]:
    """Return the spans since it was asked last."""
    found = list(spans.get_finished_spans())
    spans.clear()
    return found


def test_a_request_is_a_span_of_the_trace_that_its_header_names(
    client: httpx.Client, spans: InMemorySpanExporter
) -> None:
    slug = opened(client)
    told(spans)
    client.get(f"/v1/incidents/{slug}", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    (span,) = told(spans)
    assert span.name == "GET /v1/incidents/{incident}"
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/v1/incidents/{incident}",
        "http.response.status_code": 200,
    }
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == TRACE


def test_no_span_holds_anything_of_a_report(client: httpx.Client, spans: InMemorySpanExporter) -> None:
    slug = opened(client, title=SECRET)
    filed(client, slug, toll(text={"summary": SECRET}, source=SECRET))
    client.post(f"/v1/incidents/{slug}/reports", json={"kind": SECRET})
    client.get(f"/v1/incidents?q={SECRET}")
    client.get(f"/v1/sources/{SECRET}")
    client.get(f"/{SECRET}")
    found = told(spans)
    assert len(found) == 6
    told_of = "".join(span.to_json() for span in found)
    assert SECRET not in told_of
    assert slug not in told_of
