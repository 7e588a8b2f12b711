"""What the clocks read, what they refuse and in which words, and that nothing read is lost again."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.values.time.clocks import (
    ClockError,
    EdtfOccurred,
    EdtfReported,
    Instant,
    Span,
    begins_after,
    clamp,
    ends_after,
    format_instant,
    parse_instant,
    parse_occurred,
    parse_offset,
    parse_reported,
)

DAMASCUS = timezone(timedelta(hours=3))

OFFSETS = st.builds(
    lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(min_value=-23 * 60 - 59, max_value=23 * 60 + 59)
)
DAYS = st.dates(min_value=date(1, 1, 3), max_value=date(9999, 12, 29))
MOMENTS = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=OFFSETS)  # noqa: DTZ001 - Hypothesis wants naive limits

# In UTC, all of them.
OCCURRED = [
    ("2025", "2025-01-01T00:00:00", "2025-12-31T23:59:59"),
    ("2025-03", "2025-03-01T00:00:00", "2025-03-31T23:59:59"),
    ("2024-02", "2024-02-01T00:00:00", "2024-02-29T23:59:59"),
    ("1900-02", "1900-02-01T00:00:00", "1900-02-28T23:59:59"),
    ("2025-12", "2025-12-01T00:00:00", "2025-12-31T23:59:59"),
    ("2025-03-06", "2025-03-06T00:00:00", "2025-03-06T23:59:59"),
    ("2024-02-29", "2024-02-29T00:00:00", "2024-02-29T23:59:59"),
    ("0001-01-01", "0001-01-01T00:00:00", "0001-01-01T23:59:59"),
    ("9999-12-31", "9999-12-31T00:00:00", "9999-12-31T23:59:59"),
    ("2025-21", "2025-03-01T00:00:00", "2025-05-31T23:59:59"),
    ("2025-22", "2025-06-01T00:00:00", "2025-08-31T23:59:59"),
    ("2025-23", "2025-09-01T00:00:00", "2025-11-30T23:59:59"),
    ("2023-24", "2023-12-01T00:00:00", "2024-02-29T23:59:59"),
    ("2025-21~", "2025-03-01T00:00:00", "2025-05-31T23:59:59"),
    ("202X", "2020-01-01T00:00:00", "2029-12-31T23:59:59"),
    ("20XX", "2000-01-01T00:00:00", "2099-12-31T23:59:59"),
    ("000X", "0001-01-01T00:00:00", "0009-12-31T23:59:59"),
    ("2025-XX", "2025-01-01T00:00:00", "2025-12-31T23:59:59"),
    ("2025-XX-XX", "2025-01-01T00:00:00", "2025-12-31T23:59:59"),
    ("2025-03-XX", "2025-03-01T00:00:00", "2025-03-31T23:59:59"),
    ("2025-03-XX~", "2025-03-01T00:00:00", "2025-03-31T23:59:59"),
    ("2025-03-06?", "2025-03-06T00:00:00", "2025-03-06T23:59:59"),
    ("2025-03~", "2025-03-01T00:00:00", "2025-03-31T23:59:59"),
    ("2025%", "2025-01-01T00:00:00", "2025-12-31T23:59:59"),
    ("2025-03-06/2025-03-08", "2025-03-06T00:00:00", "2025-03-08T23:59:59"),
    ("2025-03-06/2025-03-06", "2025-03-06T00:00:00", "2025-03-06T23:59:59"),
    ("2025-03-07~/2025-03-09~", "2025-03-07T00:00:00", "2025-03-09T23:59:59"),
    ("2025-03-07?/2025-03-09%", "2025-03-07T00:00:00", "2025-03-09T23:59:59"),
    ("2025-03/2025-03-08", "2025-03-01T00:00:00", "2025-03-08T23:59:59"),
    ("2025-03-08/2025-03", "2025-03-08T00:00:00", "2025-03-31T23:59:59"),
    ("2024-24/2025", "2024-12-01T00:00:00", "2025-12-31T23:59:59"),
    ("../2025-03-09", None, "2025-03-09T23:59:59"),
    ("/2025-03-09", None, "2025-03-09T23:59:59"),
    ("2025-03-06/..", "2025-03-06T00:00:00", None),
    ("2025-03-06/", "2025-03-06T00:00:00", None),
    ("2025-03-06~/..", "2025-03-06T00:00:00", None),
    ("2025-03-08T11:55:26Z", "2025-03-08T11:55:26", "2025-03-08T11:55:26"),
    ("2025-03-08t11:55:26z", "2025-03-08T11:55:26", "2025-03-08T11:55:26"),
    ("2025-03-08T11:55:26.5+03:00", "2025-03-08T08:55:26.500000", "2025-03-08T08:55:26.500000"),
    ("2025-03-08T11:55:26.000001-05:30", "2025-03-08T17:25:26.000001", "2025-03-08T17:25:26.000001"),
    ("2025-03-08T11:55:26-00:00", "2025-03-08T11:55:26", "2025-03-08T11:55:26"),
    ("2025-03-08T18:00:00+03:00/2025-03-09T06:00:00+03:00", "2025-03-08T15:00:00", "2025-03-09T03:00:00"),
    ("2025-03-08T18:00:00+03:00/2025-03-08T15:00:00Z", "2025-03-08T15:00:00", "2025-03-08T15:00:00"),
    ("../2025-03-09T06:00:00+03:00", None, "2025-03-09T03:00:00"),
    ("2025-03-09T06:00:00+03:00/..", "2025-03-09T03:00:00", None),
    ("/2025-03-09T06:00:00+03:00", None, "2025-03-09T03:00:00"),
]

NOT_A_DATE = "is not a date"
REFUSED = [
    ("", NOT_A_DATE),
    (" ", NOT_A_DATE),
    ("yesterday", NOT_A_DATE),
    ("2025-03-06 ", NOT_A_DATE),
    ("2025-03-06\n", NOT_A_DATE),
    ("2025-3-6", NOT_A_DATE),
    ("20250306", NOT_A_DATE),
    ("06.03.2025", NOT_A_DATE),
    ("٢٠٢٥-٠٣-٠٦", NOT_A_DATE),
    ("\uff12\uff10\uff12\uff15-03-06", NOT_A_DATE),
    ("XXXX", NOT_A_DATE),
    ("2XXX", NOT_A_DATE),
    ("202x", NOT_A_DATE),
    ("2025-03-0X", NOT_A_DATE),
    ("2025-0X", NOT_A_DATE),
    ("?2025-03", NOT_A_DATE),
    ("2025?-03", NOT_A_DATE),
    ("2025-03-06?~", NOT_A_DATE),
    ("[2025-03-06,2025-03-08]", NOT_A_DATE),
    ("..", NOT_A_DATE),
    ("..2025-03-06", NOT_A_DATE),
    ("2025-W10", NOT_A_DATE),
    ("2025-066", NOT_A_DATE),
    ("2025-03-06T", NOT_A_DATE),
    ("1741219200", NOT_A_DATE),
    ("2025-XX-15", "not EDTF level 1"),
    ("202X-03", "not EDTF level 1"),
    ("20XX-XX", "not EDTF level 1"),
    ("-0044-03-15", "outside the years 0001 to 9999"),
    ("Y170000002", "outside the years 0001 to 9999"),
    ("Y-170000002", "outside the years 0001 to 9999"),
    ("0000", "outside the years 0001 to 9999"),
    ("0000-01-01", "outside the years 0001 to 9999"),
    ("2025-02-30", "a day that does not exist"),
    ("2025-02-29", "a day that does not exist"),
    ("2025-03-00", "a day that does not exist"),
    ("2025-04-31", "a day that does not exist"),
    ("2025-21-01", "a day that does not exist"),
    ("2025-13", "a month that does not exist"),
    ("2025-00", "a month that does not exist"),
    ("2025-25", "a month that does not exist"),
    ("9999-24", "beyond the years 0001 to 9999"),
    ("/", "neither a beginning nor an end"),
    ("../..", "neither a beginning nor an end"),
    ("/..", "neither a beginning nor an end"),
    ("2025-03-06/2025-03-07/2025-03-08", "more than two sides"),
    ("2025-03-09/2025-03-08", "ends before it begins"),
    ("2025-03/2025-02-28", "ends before it begins"),
    ("2025-03-09T06:00:00Z/2025-03-09T06:00:00+03:00", "ends before it begins"),
    ("2025-03-06/2025-02-30", "“2025-02-30” is a day that does not exist"),
    ("2025-03-06/2025-03-09T06:00:00Z", "joins a date and a time of day"),
    ("2025-03-06T06:00:00Z/2025-03-09", "joins a date and a time of day"),
]

NOT_AN_INSTANT = "is not an instant"
REFUSED_INSTANTS = [
    ("2025-03-06T22:00:00", "has no time zone offset; add Z or +03:00"),
    ("2025-03-06T22:00:00.25", "has no time zone offset; add Z or +03:00"),
    ("2025-03-06T22:00", NOT_AN_INSTANT),
    ("2025-03-06T22:00Z", NOT_AN_INSTANT),
    ("2025-03-06 22:00:00Z", NOT_AN_INSTANT),
    ("2025-03-06_22:00:00Z", NOT_AN_INSTANT),
    ("2025-03-06T22:00:00 Z", NOT_AN_INSTANT),
    ("2025-03-06T22:00:00+0300", NOT_AN_INSTANT),
    ("2025-03-06T22:00:00+03", NOT_AN_INSTANT),
    ("2025-03-06T22:00:00\u221203:00", NOT_AN_INSTANT),
    ("2025-03-06T22:00:00.Z", NOT_AN_INSTANT),
    ("2025-03-06T22:00:00,5Z", NOT_AN_INSTANT),
    ("2025-03-06T22:00:00Z\n", NOT_AN_INSTANT),
    ("2025-03-06T22:00:00Z~", NOT_AN_INSTANT),
    ("2025-03-06T٢٢:00:00Z", NOT_A_DATE),
    ("2025-03-06T22:00:00+24:00", "is not an offset"),
    ("2025-03-06T22:00:00+03:60", "is not an offset"),
    ("2025-03-06T22:00:00.1234567Z", "at most six digits"),
    ("2025-06-30T23:59:60Z", "leap second"),
    ("2025-03-06T24:00:00Z", "does not exist"),
    ("2025-03-06T22:60:00Z", "does not exist"),
    ("2025-03-06T22:00:61Z", "does not exist"),
    ("2025-02-30T22:00:00Z", "does not exist"),
    ("0000-01-01T00:00:00Z", "does not exist"),
    ("0001-01-01T00:00:00+03:00", "beyond the years 0001 to 9999"),
    ("9999-12-31T23:59:59-03:00", "beyond the years 0001 to 9999"),
]


def utc(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("text", "earliest", "latest"), OCCURRED)
def test_an_accepted_text_has_its_span(text: str, earliest: str | None, latest: str | None) -> None:
    assert parse_occurred(text, UTC) == Span(utc(earliest), utc(latest))


@pytest.mark.parametrize(("text", "why"), [*REFUSED, *REFUSED_INSTANTS])
def test_a_refused_text_is_told_why(text: str, why: str) -> None:
    with pytest.raises(ClockError) as refusal:
        parse_occurred(text, UTC)
    assert why in str(refusal.value)
    assert str(refusal.value).startswith("“")


@pytest.mark.parametrize(("text", "why"), REFUSED_INSTANTS)
def test_an_instant_alone_is_refused_in_the_same_words(text: str, why: str) -> None:
    with pytest.raises(ClockError) as refusal:
        parse_instant(text)
    assert (why if why != NOT_A_DATE else NOT_AN_INSTANT) in str(refusal.value)


def test_a_day_ends_in_the_offset_of_the_incident() -> None:
    span = parse_occurred("2025-03-09", DAMASCUS)
    assert (span.earliest, span.latest) == (utc("2025-03-08T21:00:00"), utc("2025-03-09T20:59:59"))


def test_an_instant_has_its_own_offset_and_not_the_incident_s() -> None:
    assert parse_occurred("2025-03-09T06:00:00Z", DAMASCUS).latest == utc("2025-03-09T06:00:00")


@given(DAYS, OFFSETS)
def test_a_day_lasts_a_second_less_than_24_hours_everywhere(day: date, offset: timezone) -> None:
    span = parse_reported(day.isoformat(), offset)
    assert span.earliest is not None
    assert span.latest == span.earliest + timedelta(hours=23, minutes=59, seconds=59)
    assert span.earliest.astimezone(offset).isoformat().startswith(f"{day.isoformat()}T00:00:00")


@given(DAYS, OFFSETS, st.sampled_from("?~%"))
def test_a_qualifier_widens_nothing(day: date, offset: timezone, qualifier: str) -> None:
    assert parse_occurred(f"{day}{qualifier}", offset) == parse_occurred(f"{day}", offset)


@given(DAYS, DAYS, OFFSETS)
def test_an_interval_is_read_when_it_runs_forwards_and_refused_when_it_does_not(
    first: date, last: date, offset: timezone
) -> None:
    text = f"{first}/{last}"
    if first > last:
        with pytest.raises(ClockError, match="ends before it begins"):
            parse_occurred(text, offset)
    else:
        ends = parse_occurred(f"{first}", offset), parse_occurred(f"{last}", offset)
        assert parse_occurred(text, offset) == Span(ends[0].earliest, ends[1].latest)


@given(MOMENTS)
@example(datetime(2025, 3, 9, 20, 59, 59, 1, tzinfo=UTC))
def test_what_is_formatted_is_parsed_back(moment: datetime) -> None:
    text = format_instant(moment)
    assert parse_instant(text) == moment
    assert format_instant(parse_instant(text)) == text
    assert text.endswith("Z")


@given(MOMENTS, OFFSETS)
def test_an_instant_is_the_same_moment_in_every_spelling(moment: datetime, offset: timezone) -> None:
    spelled = moment.astimezone(offset).isoformat()
    assert parse_instant(spelled) == moment
    assert parse_instant(spelled.replace("T", "t")).tzinfo is UTC


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2025, 3, 9, 23, 59, 59, tzinfo=DAMASCUS), "2025-03-09T20:59:59Z"),
        (datetime(2025, 3, 9, 0, 0, 0, 40, tzinfo=UTC), "2025-03-09T00:00:00.000040Z"),
        (datetime(25, 3, 9, tzinfo=UTC), "0025-03-09T00:00:00Z"),
    ],
)
def test_a_moment_is_written_in_utc_with_a_fraction_only_where_there_is_one(moment: datetime, text: str) -> None:
    assert format_instant(moment) == text


def test_a_naive_moment_is_not_written() -> None:
    with pytest.raises(ClockError, match="no time zone offset"):
        format_instant(datetime(2025, 3, 9))  # noqa: DTZ001 - the point of the test


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("Z", 0), ("+00:00", 0), ("-00:00", 0), ("+03:00", 180), ("-05:30", -330), ("+14:00", 840), ("-23:59", -1439)],
)
def test_an_offset_is_hours_and_minutes(text: str, minutes: int) -> None:
    assert parse_offset(text).utcoffset(None) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text", ["", "z", "+3", "+0300", "03:00", "+24:00", "+03:60", "\u221203:00", "+03:00\n", "EEST", "+٠٣:00"]
)
def test_an_offset_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ClockError, match="is not an offset from UTC"):
        parse_offset(text)


@pytest.mark.parametrize(
    "text", ["2025-03-09", "2025-03", "2025-03-XX", "2025-21", "2025-03-08T11:55:26Z", "2025-03-09~"]
)
def test_what_was_said_is_read_as_what_happened(text: str) -> None:
    assert parse_reported(text, DAMASCUS) == parse_occurred(text, DAMASCUS)


@pytest.mark.parametrize(
    ("text", "latest"), [("../2025-03-09", "2025-03-09T20:59:59"), ("../2025-03-09T06:00:00Z", "2025-03-09T06:00:00")]
)
def test_said_by_then_has_only_a_latest_moment(text: str, latest: str) -> None:
    assert parse_reported(text, DAMASCUS) == Span(None, utc(latest))


@pytest.mark.parametrize(
    "text", ["2025-03-08/2025-03-09", "2025-03-09/..", "2025-03-09/", "/2025-03-09", "../..", "../", "/"]
)
def test_a_saying_without_a_last_moment_or_with_a_duration_is_refused(text: str) -> None:
    with pytest.raises(ClockError, match="does not say by when it was said"):
        parse_reported(text, UTC)


@given(st.sampled_from([row[0] for row in OCCURRED if row[0][:4] not in {"0001", "9999", "000X"}]), OFFSETS)
def test_every_reported_text_that_is_read_has_a_latest_moment(text: str, offset: timezone) -> None:
    try:
        span = parse_reported(text, offset)
    except ClockError:
        return
    assert span.latest is not None


@pytest.mark.parametrize(
    ("text", "clamped"),
    [
        ("2025-03-09", Span(utc("2025-03-09T00:00:00"), utc("2025-03-09T12:00:00"))),
        ("2025-03-10", Span(utc("2025-03-09T12:00:00"), utc("2025-03-09T12:00:00"))),
        ("2025-03-06/..", Span(utc("2025-03-06T00:00:00"), utc("2025-03-09T12:00:00"))),
        ("../2025-03-06", Span(None, utc("2025-03-06T23:59:59"))),
        ("../2025-03-31", Span(None, utc("2025-03-09T12:00:00"))),
    ],
)
def test_nothing_happened_after_it_was_told(text: str, clamped: Span) -> None:
    assert clamp(parse_occurred(text, UTC), datetime(2025, 3, 9, 12, tzinfo=UTC)) == clamped


SIDES = st.one_of(
    st.dates(date(2025, 3, 1), date(2025, 3, 12)).map(date.isoformat),
    st.datetimes(datetime(2025, 3, 1), datetime(2025, 3, 12)).map(lambda moment: f"{moment.isoformat()}Z"),  # noqa: DTZ001
)
NEAR = st.datetimes(datetime(2025, 2, 27), datetime(2025, 3, 14), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.lists(SIDES, min_size=1, max_size=2).map("/".join), NEAR, OFFSETS)
def test_an_occurrence_that_ends_after_it_was_told_is_clamped_to_that_moment(
    text: str, told: datetime, offset: timezone
) -> None:
    try:
        span = parse_occurred(text, offset)
    except ClockError:
        return
    clamped = clamp(span, told)
    assert span.earliest
    assert span.latest
    assert clamped == Span(min(span.earliest, told), min(span.latest, told))
    assert begins_after(span, told) == (span.earliest.replace(microsecond=0) > told)
    assert clamped.latest == told or not ends_after(text, told, offset)


@pytest.mark.parametrize("text", ["0001-01-01", "0001", "9999-12-31", "9999", "../9999-12-31"])
def test_a_field_refuses_a_day_that_some_offset_would_push_out_of_the_calendar(text: str) -> None:
    parse_occurred(text, UTC)
    with pytest.raises(ValidationError, match="beyond the years 0001 to 9999"):
        TypeAdapter(EdtfOccurred).validate_python(text)


@pytest.mark.parametrize("offset", [timezone(timedelta(hours=14)), timezone(-timedelta(hours=23, minutes=59))])
@pytest.mark.parametrize("text", ["0001-01-01/9999-12-31", "0001/9999"])
def test_the_ends_of_the_calendar_are_refused_where_utc_lies_beyond_them(text: str, offset: timezone) -> None:
    with pytest.raises(ClockError, match="beyond the years 0001 to 9999"):
        parse_occurred(text, offset)


def test_a_field_keeps_the_text_as_it_was_given() -> None:
    for kind, text in (
        (EdtfOccurred, "2025-03-07~/.."),
        (EdtfReported, "../2025-03-09"),
        (Instant, "2025-03-09t06:00:00z"),
    ):
        assert TypeAdapter(kind).validate_python(text) == text
        assert TypeAdapter(kind).json_schema()["type"] == "string"
        assert all(TypeAdapter(kind).validate_python(shown) for shown in TypeAdapter(kind).json_schema()["examples"])


@pytest.mark.parametrize(
    ("kind", "text"), [(EdtfOccurred, "2025-02-30"), (EdtfReported, "2025-03-06/.."), (Instant, "2025-03-06T22:00:00")]
)
def test_a_field_refuses_with_a_code_and_a_sentence(kind: object, text: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        TypeAdapter[str](kind).validate_python(text)
    (error,) = refusal.value.errors()
    assert error["type"] == "clock"
    assert error["msg"].startswith(f"“{text}”")


@pytest.mark.parametrize("text", [5, None, b"2025-03-06", date(2025, 3, 6), ["2025-03-06"]])
def test_a_field_takes_text_alone(text: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(EdtfOccurred).validate_python(text)


@given(st.one_of(st.text(max_size=40), st.text("0123456789-/.XTZ:+?~% ", max_size=60)), OFFSETS)
@example("\ud800", UTC)
@example("2025-03-06T22:00:00\x00Z", UTC)
@example("9" * 10_000, UTC)
@example("2025-03-06/" * 1_000, UTC)
def test_any_text_is_read_or_refused_with_a_sentence_that_can_be_sent(text: str, offset: timezone) -> None:
    for parse in (parse_occurred, parse_reported):
        try:
            span = parse(text, offset)
        except ClockError as refusal:
            assert len(str(refusal).encode()) < 600  # noqa: PT017 - encoding fails if half a surrogate pair is quoted
        else:
            assert span.earliest is None or span.latest is None or span.earliest <= span.latest


@st.composite
def plain_dates(draw: st.DrawFn) -> str:
    year, month = draw(st.integers(min_value=1000, max_value=9998)), draw(st.integers(1, 12))
    day = draw(st.integers(1, monthrange(year, month)[1]))
    text = draw(st.sampled_from([f"{year}", f"{year}-{month:02}", f"{year}-{month:02}-{day:02}"]))
    return text + draw(st.sampled_from(["", "?", "~", "%"]))


@st.composite
def vague_dates(draw: st.DrawFn) -> str:
    year, month, season = draw(st.integers(1000, 9998)), draw(st.integers(1, 12)), draw(st.integers(21, 23))
    forms = [f"{year}-{season}", f"{year}-{month:02}-XX", f"{year}-XX", f"{year}-XX-XX"]
    return draw(st.sampled_from([*forms, f"{year // 10}X", f"{year // 100}XX"]))


def day_of(moment: datetime | None) -> tuple[int, ...]:
    assert moment is not None
    return moment.timetuple()[:3]


@pytest.mark.filterwarnings("ignore")
@given(st.one_of(plain_dates(), vague_dates()))
def test_another_reader_of_edtf_finds_the_same_days(text: str) -> None:
    """Two things the other library has otherwise, so they are not drawn: a winter of one month, no doubtful season."""
    theirs = pytest.importorskip("edtf").parse_edtf(text)
    ours = parse_occurred(text, UTC)
    assert (day_of(ours.earliest), day_of(ours.latest)) == (theirs.lower_strict()[:3], theirs.upper_strict()[:3])


@pytest.mark.filterwarnings("ignore")
@given(plain_dates(), plain_dates())
def test_another_reader_of_edtf_finds_the_same_interval(first: str, last: str) -> None:
    text = f"{first}/{last}" if first < last else f"{last}/{first}"
    theirs = pytest.importorskip("edtf").parse_edtf(text)
    ours = parse_occurred(text, UTC)
    assert (day_of(ours.earliest), day_of(ours.latest)) == (theirs.lower_strict()[:3], theirs.upper_strict()[:3])
