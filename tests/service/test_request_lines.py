"""The log line of a request, formatted at once, is what the processors of structlog write, byte for byte."""

import structlog
from hypothesis import example, given
from hypothesis import strategies as st
from structlog.typing import EventDict, Processor, WrappedLogger

from service.console.logs import _for_machines, _for_people  # pyright: ignore[reportPrivateUsage] - the general way
from service.console.request_lines import CONSOLE_LINE, JSON_LINE, RequestLineFormatter

FORMS: dict[str, tuple[list[Processor], str]] = {
    "console": (_for_people(None), CONSOLE_LINE),
    "json": (_for_machines(), JSON_LINE),
}
PATHS = st.text(st.characters(max_codepoint=0x180), max_size=30) | st.from_regex(r"(/[!-~]{0,12}){1,4}", fullmatch=True)


def stamp(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event["timestamp"] = "2026-11-29T20:40:32.699095Z"
    return event


def lines(form: str, event: EventDict, level: str = "info") -> tuple[str, str]:
    """Return the line of an event by the template, where it applies, and by the processors alone."""
    ending, template = FORMS[form]
    processors = [structlog.processors.add_log_level, stamp, *ending]
    formatters = (RequestLineFormatter(processors, stamp, each) for each in (template, None))
    by_template, by_processors = (each(None, level, dict(event)) for each in formatters)
    return by_template, by_processors


@given(
    form=st.sampled_from(sorted(FORMS)),
    method=st.sampled_from(["GET", "POST", "HEAD", "x-'y'", "A|B", ""]),
    path=PATHS,
    status=st.integers(0, 599),
    ms=st.floats(0, 1e9).map(lambda took: round(took, 1)) | st.sampled_from([0.0, 0.1, 100.0, 1e16, 1e22]),
)
@example(form="json", method="GET", path="/a\\u0041", status=200, ms=1.0)
@example(form="console", method="GET", path="/v1=", status=200, ms=1.0)
def test_a_request_is_formatted_as_by_the_processors(form: str, method: str, path: str, status: int, ms: float) -> None:
    by_template, by_processors = lines(
        form, {"method": method, "path": path, "status": status, "ms": ms, "event": "request"}
    )
    assert by_template == by_processors


def test_another_event_and_another_level_are_formatted_by_the_processors() -> None:
    request = {"method": "GET", "path": "/", "status": 200, "ms": 1.0, "event": "request"}
    for form in FORMS:
        for event in ({**request, "event": "fault"}, {**request, "more": "{status}"}, {"event": "request"}):
            by_template, by_processors = lines(form, event)
            assert by_template == by_processors
        by_template, by_processors = lines(form, request, "warning")
        assert by_template == by_processors
        assert "warning" in by_template
