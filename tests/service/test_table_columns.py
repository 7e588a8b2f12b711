"""What cells say, as a mapping file declares it: dates, numbers, silence, points and times of a length."""

import locale
from datetime import date, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service.formats.tables import TableMap
from service.formats.tables.dates import read_date
from service.formats.tables.numbers import JsonDecimal, NumberFormat
from service.formats.tables.row_reports import ReportStamp, statement

LEAST: dict[str, Any] = {"table": "t", "title": "Row {k}", "format": "csv", "key": ["k"], "source": "s"}
KILLED: dict[str, Any] = {"column": "dead", "measure": "killed"}
SAID = ReportStamp(UUID(int=1), "2024-03-01", 1)
MONTH_FIRST = ["%m/%d/%Y", "%m/%d/%y"]
NARROW, NO_BREAK = "\u202f", "\u00a0"


def table(**more: Any) -> TableMap:
    return TableMap.model_validate(LEAST | more)


def stated(mapping: TableMap, **row: Any) -> tuple[dict[str, Any], list[tuple[str | None, str]]]:
    document, wrong = statement(mapping, "1", {"k": "1", **row}, SAID)
    assert document is not None, wrong
    return dict(document), wrong


def count(cell: object, how: dict[str, Any] | None = None, **of_table: Any) -> object:
    document, wrong = stated(table(claims=[KILLED | (how or {})], **of_table), dead=cell)
    assert document["attributes"]["dead"] == ({"decimal": cell.digits} if isinstance(cell, JsonDecimal) else cell)
    if not document["claims"]:
        return wrong[0][1] if wrong else "silent"
    found = document["claims"][0]["count"]
    assert bool(found.pop("lexicon", None)) == ("verbatim" in found and "bound" in found)
    return found


def occurred(cell: str, **more: Any) -> tuple[object, str]:
    document, wrong = stated(table(occurred="{day}", **more), day=cell)
    assert document["attributes"]["day"] == cell
    return document.get("occurred"), " ".join(reason for _, reason in wrong)


@pytest.mark.parametrize(
    ("dates", "cell", "said"),
    [
        (MONTH_FIRST, "6/12/2016", "2016-06-12"),
        (MONTH_FIRST, "7/16/15", "2015-07-16"),
        (MONTH_FIRST, " 12/2/2015 ", "2015-12-02"),
        ("%d/%m/%Y", "6/12/2016", "2016-12-06"),
        ("%d.%m.%y", "31.12.68", "2068-12-31"),
        ("%d.%m.%y", "31.12.69", "1969-12-31"),
        ("%Y%m%d", "20160612", "2016-06-12"),
        ("%d %B %Y", "1 March 2024", "2024-03-01"),
        ("%d %b %Y", "1 MAR 2024", "2024-03-01"),
        ("%b. %d, %Y", "Sept. 9, 2024", "2024-09-09"),
        ("%A, %B %d, %Y", "Sunday, June 12, 2016", "2016-06-12"),
        ("%a. %d.%m.%Y", "Sun. 12.06.2016", "2016-06-12"),
        ("%m/%Y", "6/2016", "2016-06"),
        ("%Y", "2016", "2016"),
        ("%m/%d/%Y %H:%M", "6/12/2016 2:05", "2016-06-12T02:05:00-05:00"),
        ("%m/%d/%Y %I:%M:%S %p", "6/12/2016 12:05:09 AM", "2016-06-12T00:05:09-05:00"),
        ("%m/%d/%Y %I:%M %p", "6/12/2016 12:05 p.m.", "2016-06-12T12:05:00-05:00"),
        ("%Y-%m-%d %H:%M:%S%z", "2016-06-12 02:05:00+0300", "2016-06-12T02:05:00+03:00"),
        ([*MONTH_FIRST, "iso"], "2016-06-12~", "2016-06-12~"),
    ],
)
def test_a_date_is_read_as_it_is_declared(dates: object, cell: str, said: str) -> None:
    assert occurred(cell, dates=dates, utc_offset="-05:00") == (said, "")


@pytest.mark.parametrize(
    ("dates", "cell", "why"),
    [
        (None, "6/12/2016", 'dates = "%m/%d/%Y" (month first) or dates = "%d/%m/%Y" (day first)'),
        (None, "4/9/20", 'dates = "%m/%d/%y" (month first)'),
        (None, "7/16/15", 'say: dates = "%m/%d/%y" (month first).'),
        (None, "16.7.2015", 'say: dates = "%d.%m.%Y" (day first).'),
        (None, "n/a", 'silence = ["n/a"]'),
        ("%m/%d/%Y", "unknown", 'silence = ["unknown"]'),
        (None, "06-12-2016", 'dates = "%m-%d-%Y" (month first)'),
        (None, "12 June 2016", "the mapping file says how: “dates”"),
        ("%m/%d/%Y", "13/12/2016", "does not exist"),
        ("%m/%d/%Y", "2/30/2016", "does not exist"),
        ("%m/%d/%Y", "6/12/16", "is not written as “%m/%d/%Y”"),
        ("%m/%d/%Y", "2016-06-12", "is not written as “%m/%d/%Y”"),
        ("%d %b %Y", "1 März 2024", "is not written as"),
        ("%A, %B %d, %Y", "Monday, June 12, 2016", "does not exist"),
        ("%m/%d/%Y %I:%M %p", "6/12/2016 13:05 pm", "does not exist"),
        (["%m/%d/%Y", "%d/%m/%Y"], "6/12/2016", "keep one of them"),
    ],
)
def test_a_date_that_does_not_fit_is_told_and_its_cell_kept(dates: object, cell: str, why: str) -> None:
    said, told = occurred(cell, **({"dates": dates} if dates else {}))
    assert said is None
    assert why in told


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("%m/%d", "it needs one year"),
        ("%d %Y", "a month"),
        ("%Y %y", "one year"),
        ("%Y-%m-%d %H", "a time of day needs"),
        ("%Y-%m-%d %I:%M", "a time of day needs"),
        ("%Y-%q", "“%q” is no directive"),
        ("%Y-%", "before no directive"),
        ("%Y %Y", "stands in it twice"),
    ],
)
def test_a_format_that_makes_no_date_is_a_fault_of_the_mapping_file(written: str, why: str) -> None:
    for wrong in ({"dates": written}, {"occurred": f"{{day:{written}}}"}):
        with pytest.raises(ValidationError, match=why):
            table(**wrong)


def test_a_column_may_have_a_format_of_its_own_and_a_title_has_none() -> None:
    mapping = table(dates="%m/%d/%Y", occurred="{from}/{to:%d.%m.%y}")
    document, wrong = stated(mapping, **{"from": "6/12/2016", "to": "13.06.16"})
    assert (document["occurred"], wrong) == ("2016-06-12/2016-06-13", [])
    document, wrong = stated(table(dates="%m/%d/%Y", occurred="{year}-{month}"), year="2016", month="06")
    assert (document["occurred"], wrong) == ("2016-06", [])
    assert stated(table(occurred="{day:iso}"), day="2016-06-12")[0]["occurred"] == "2016-06-12"
    with pytest.raises(ValidationError, match="only a date or a period has a format"):
        table(title="{day:%d.%m.%y}")


@given(
    day=st.dates(date(1970, 1, 1), date(2068, 12, 31)),
    written=st.sampled_from(["%m/%d/%Y", "%d.%m.%y", "%Y%m%d", "%d %B %Y", "%b %d, %y", "%Y-%m-%d"]),
)
def test_what_strftime_writes_is_read_again_as_that_day(day: date, written: str) -> None:
    assert read_date(day.strftime(written), [written], lambda _: "Z") == day.isoformat()


def test_names_of_months_are_english_in_any_locale() -> None:
    before = locale.setlocale(locale.LC_TIME)
    known = [name for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "C") if _set(name)]
    try:
        for name in known:
            _set(name)
            assert read_date("1 March 2024", ["%d %B %Y"], lambda _: "Z") == "2024-03-01"
    finally:
        locale.setlocale(locale.LC_TIME, before)


def _set(name: str) -> bool:
    try:
        locale.setlocale(locale.LC_TIME, name)
    except locale.Error:
        return False
    return True


def test_cells_of_silence_say_nothing_and_are_kept() -> None:
    for cell in ("—", " — ", "n/a", "", "NaN"):
        assert count(cell, silence=[" — ", "n/a"]) == "silent"
    assert count("x", {"silence": ["x"]}) == "silent"
    assert count("—") != "silent"
    assert count(-99, silence=["-99"]) == "silent"
    mapping = table(silence=["—"], occurred="{day}", places=[{"name": "{town}", "country": "{in}"}])
    document, wrong = stated(mapping, day="—", town="—", **{"in": "—"})
    assert ("occurred" in document, "places" in document, wrong) == (False, False, [])


@pytest.mark.parametrize(
    ("marks", "cell", "figure"),
    [
        ({}, "2.0", 2),
        ({}, JsonDecimal("2.0"), 2),
        ({}, JsonDecimal("2.000"), 2),
        ({}, JsonDecimal("1E+3"), 1000),
        ({"decimal": "."}, "2.000", 2),
        ({"decimal": ","}, "2,0", 2),
        ({"thousands": ","}, "1,022", 1022),
        ({"thousands": ","}, "12,34,567", 1_234_567),
        ({"thousands": ","}, "1,022.0", 1022),
        ({"thousands": "."}, "1.022", 1022),
        ({"thousands": "."}, "1.022,00", 1022),
        ({"thousands": " "}, "1 022", 1022),
        ({"thousands": " "}, f"1{NARROW}022{NARROW}333", 1_022_333),
        ({"thousands": NO_BREAK}, f"1{NO_BREAK}022", 1022),
        ({"thousands": "'"}, "1\u2019022", 1022),
        ({"thousands": " ", "decimal": ","}, "1 022", 1022),
        ({"thousands": ","}, "22", 22),
    ],
)
def test_a_whole_number_is_read_by_its_marks(marks: dict[str, Any], cell: object, figure: int) -> None:
    assert count(cell, **marks) == {"best": figure}


@pytest.mark.parametrize(
    ("marks", "cell"),
    [
        ({}, "1,022"),
        ({}, "2.5"),
        ({}, "2.000"),
        ({}, "1 022"),
        ({}, "-3"),
        ({}, JsonDecimal("2.5")),
        ({}, JsonDecimal("-2.0")),
        ({}, JsonDecimal("1E+999999999")),
        ({"thousands": ","}, "1,02"),
        ({"thousands": ","}, "0,022"),
        ({"thousands": ","}, "1,0222"),
        ({"thousands": " "}, f"1 022{NARROW}333"),
        ({"thousands": "."}, "1,022"),
        ({"decimal": ","}, "2.0"),
        ({"decimal": ",", "thousands": "."}, "2,5"),
        ({"thousands": ","}, "2E3"),
        ({"thousands": ","}, "9,999,999,999,999,999"),
    ],
)
def test_what_is_no_whole_number_by_its_marks_is_told(marks: dict[str, Any], cell: object) -> None:
    assert "it is kept as a cell and makes no claim" in str(count(cell, **marks))


def test_a_group_that_nobody_declared_is_told_with_what_to_declare() -> None:
    assert 'thousands = ","' in str(count("1,022"))
    assert 'thousands = " "' in str(count(f"1{NARROW}022"))
    assert 'counts = "words"' in str(count("some"))


@pytest.mark.parametrize("counts", ["figure", "words"])
@pytest.mark.parametrize("mark", ["—", "n/a", "-", "…", "not reported"])
def test_a_mark_of_silence_that_nobody_declared_is_told_with_what_to_declare(mark: str, counts: str) -> None:
    _, wrong = stated(table(claims=[{"column": "dead", "measure": "killed", "counts": counts}]), dead=mark)
    ((column, why),) = wrong
    assert column == "dead"
    assert why.endswith(f'silence = ["{mark}"].')
    assert 'counts = "words"' not in why
    assert stated(table(claims=[{"column": "dead", "measure": "killed"}], silence=[mark]), dead=mark)[1] == []


@given(
    number=st.integers(0, 10**12), mark=st.sampled_from([",", ".", " ", "'"]), fraction=st.sampled_from(["", "0", "00"])
)
def test_a_number_written_by_its_marks_is_that_number(number: int, mark: str, fraction: str) -> None:
    numbers = NumberFormat(None, mark)
    text = f"{number:,}".replace(",", mark) + (numbers.point + fraction if fraction else "")
    assert numbers.whole(text, text) == number


@given(text=st.text("0123456789., '-", max_size=12), marks=st.sampled_from([None, ",", ".", " ", "'"]))
def test_no_cell_is_read_as_a_number_that_its_digits_do_not_say(text: str, marks: str | None) -> None:
    found = NumberFormat(None, marks).whole(text, text)
    digits = "".join(filter(str.isdigit, text))
    assert found is None or digits.lstrip("0").startswith(str(found).strip("0"))
    if found is not None:
        assert set(digits.lstrip("0").removeprefix(str(found or ""))) <= {"0"}


def test_marks_that_are_one_are_a_fault_of_the_mapping_file() -> None:
    with pytest.raises(ValidationError, match="are one mark"):
        table(decimal=",", thousands=",")


WORDS: dict[str, Any] = {"counts": "words"}
LEAST_OF: dict[str, Any] = {"counts": "words", "bound": "at_least"}


def test_a_figure_read_as_words_has_the_bound_of_its_column_and_words_have_their_own() -> None:
    assert count("1,022", LEAST_OF) == {"verbatim": "1,022", "lower": 1022, "bound": "at_least"}
    assert count("1022", LEAST_OF) == {"lower": 1022, "bound": "at_least"}
    assert count("at least 12", LEAST_OF) == {"verbatim": "at least 12"}
    assert count("12+", LEAST_OF) == {"verbatim": "12+"}
    assert count("more than 12", LEAST_OF) == {"verbatim": "more than 12"}
    assert count("1,022", {"counts": "words", "bound": "about"}) == {
        "verbatim": "1,022",
        "best": 1022,
        "bound": "about",
    }
    for otherwise in ("~20", "up to 20", "10-20"):
        assert "reads as" in str(count(otherwise, LEAST_OF))
        assert "at_least" in str(count(otherwise, LEAST_OF))
    assert "no more is made of it" in str(count("some", LEAST_OF))


def test_a_report_has_the_language_of_its_table() -> None:
    assert stated(table(language="fr"))[0]["language"] == "fr"
    assert "language" not in stated(table())[0]
    with pytest.raises(ValidationError, match="language"):
        table(language="fr ance")


def test_words_are_read_with_the_marks_of_their_table() -> None:
    german: dict[str, Any] = {"thousands": "."}
    assert count("more than 2.000", WORDS, **german) == {
        "verbatim": "more than 2.000",
        "lower": 2000,
        "bound": "more_than",
    }
    assert count("more than 2000", WORDS, **german) == {"verbatim": "more than 2000"}
    assert count(f"at least 1{NARROW}383", WORDS, thousands=" ") == {
        "verbatim": f"at least 1{NARROW}383",
        "lower": 1383,
        "bound": "at_least",
    }
    assert "“decimal” and “thousands”" in str(count("more than 2,000", WORDS, **german))


@given(number=st.integers(0, 10**9), bound=st.sampled_from(["at_least", "more_than", "at_most", "fewer_than", "about"]))
def test_a_bound_of_a_column_is_laid_on_any_figure_alike_however_it_is_written(number: int, bound: str) -> None:
    plain, grouped = (count(text, {"counts": "words", "bound": bound}) for text in (str(number), f"{number:,}"))
    assert grouped == (plain if number < 1000 else {"verbatim": f"{number:,}", **cast("dict[str, Any]", plain)})


def places(**place: Any) -> Any:
    def said(cell: str, **marks: Any) -> tuple[object, str]:
        mapping = table(places=[{"name": "{town}", "point": "{at}", **place}], **marks)
        document, wrong = stated(mapping, town="Pima", at=cell)
        (found,) = document["places"]
        assert found["name"] == "Pima"
        return (found.get("lat"), found.get("lon")), " ".join(reason for _, reason in wrong)

    return said


def test_one_cell_may_hold_both_coordinates_in_the_order_that_is_declared() -> None:
    lat_first, lon_first = places(order="lat, lon"), places(order="lon, lat")
    point = ("31.65", "-110.36")
    for cell in ("31.65, -110.36", "31.65 -110.36", "(31.65,-110.36)", "31.65;-110.36", "POINT (-110.36 31.65)"):
        assert lat_first(cell) == (point, "")
    assert lon_first("-110.36, 31.65") == (point, "")
    assert lon_first("point(-110.36 31.65)") == (point, "")
    assert lat_first("31,65; -110,36", decimal=",") == (point, "")
    assert lat_first("31,65, -110,36", decimal=",") == (point, "")
    assert lat_first("") == ((None, None), "")
    for cell in ("31.65", "31.65, -110.36, 2", "31.65 N, 110.36 W", "31,65, -110,36"):
        found, told = lat_first(cell)
        assert found == (None, None)
        assert "is no point" in told
    with pytest.raises(ValidationError, match="order"):
        table(places=[{"name": "x", "point": "{at}"}])
    with pytest.raises(ValidationError, match="in one cell"):
        table(places=[{"name": "x", "point": "{at}", "order": "lat, lon", "lat": "{lat}"}])


def period(stretch: dict[str, Any], **row: Any) -> tuple[object, str]:
    figures = KILLED | {"accumulation": "incremental", "period": stretch}
    document, wrong = stated(table(claims=[figures], utc_offset="+02:00"), dead="417", **row)
    claims = document["claims"]
    return (claims[0].get("period") if claims else None), " ".join(reason for _, reason in wrong)


def test_a_period_may_have_a_length_that_stands_in_a_column() -> None:
    hours = {"ends": "{day}", "hours": "{for}"}
    assert period(hours, day="2026-03-11", **{"for": "120"}) == ("2026-03-07/2026-03-11", "")
    assert period(hours, day="2026-03-06", **{"for": "24"}) == ("2026-03-06", "")
    assert period(hours, day="2026-03-05", **{"for": "96.0"}) == ("2026-03-02/2026-03-05", "")
    assert period({"starts": "{day}", "days": 5}, day="2026-03-07") == ("2026-03-07/2026-03-11", "")
    assert period({"ends": "{day}", "days": "{for}"}, day="2026-03-11", **{"for": "1"}) == ("2026-03-11", "")
    assert period(hours, day="2026-03-11", **{"for": "36"}) == ("2026-03-10T10:00:00Z/2026-03-11T21:59:59Z", "")
    assert period(hours, day="2026-03-11T18:00:00Z", **{"for": "120"}) == (
        "2026-03-06T18:00:00Z/2026-03-11T18:00:00Z",
        "",
    )
    assert period({"ends": "{day:%m/%d/%Y}", "days": 2}, day="3/1/2026") == ("2026-02-28/2026-03-01", "")
    assert period(hours, day="2026-03-11", **{"for": ""}) == (None, "")


@pytest.mark.parametrize("wrong", ["0", "-24", "five", "1e999", "99999999999", "nan"])
def test_a_length_that_is_none_is_told_and_makes_no_claim(wrong: str) -> None:
    said, told = period({"ends": "{day}", "hours": "{for}"}, day="2026-03-11", **{"for": wrong})
    assert said is None
    assert "is no length of time" in told


def test_a_length_counts_from_a_day_or_an_instant_alone() -> None:
    for day in ("2026-03", "2026-02-31", "0001-01-02"):
        said, told = period({"ends": "{day}", "days": 5}, day=day)
        assert said is None
        assert "No length can be counted from here" in told
    for stretch in ({"ends": "{day}"}, {"ends": "{day}", "starts": "{day}", "days": 1}, {"days": 1}):
        with pytest.raises(ValidationError, match="one of each two"):
            table(occurred=stretch)
    with pytest.raises(ValidationError, match="Only an increment has a period"):
        table(claims=[KILLED | {"period": "{day}"}])


@given(day=st.dates(date(1970, 1, 1), date(2100, 1, 1)), days=st.integers(1, 400))
def test_a_length_up_to_a_day_is_the_length_from_the_day_it_begins(day: date, days: int) -> None:
    said, _ = period({"ends": "{day}", "hours": "{for}"}, day=day.isoformat(), **{"for": str(24 * days)})
    first = (day - timedelta(days - 1)).isoformat()
    again, _ = period({"starts": "{day}", "days": days}, day=first)
    assert said == again == (f"{first}/{day.isoformat()}" if days > 1 else first)


def test_something_may_have_happened_over_a_length_of_time() -> None:
    document, _ = stated(table(occurred={"starts": "{day}", "days": "{for}"}), day="2026-03-07", **{"for": "3"})
    assert document["occurred"] == "2026-03-07/2026-03-09"
