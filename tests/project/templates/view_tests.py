"""`new_name/1`: its document and its rows, beyond what holds for every view."""

from domain import catalogue
from tests.domain.book import open_book


def test_reports_are_counted_by_kind_up_to_the_moment_asked_for() -> None:
    book = open_book()
    for day in ("2025-03-08", "2025-03-09"):
        book.file({"kind": "observation_noted", "title": "Road closed", "source": "sohr", "reported_at": day})
    view = catalogue.view("new_name/1")
    for until, number in (("2025-03-08T23:59:59Z", 1), (None, 2)):
        document = book.read("new_name/1", until=until)
        assert view.rows(document) == [{"kind": "observation_noted", "reports": number}]
