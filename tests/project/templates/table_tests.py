"""The read model `new_name`: its rows, beyond what every read model promises (test_read_models.py)."""

from tests.domain.book import open_book
from tests.service.tables import follow, record, tables


def test_the_reports_of_an_incident_are_counted(database_url: str) -> None:
    book = open_book()
    for title in ("Road closed", "Bridge closed"):
        book.file({"kind": "observation_noted", "title": title, "source": "sohr"})
    record(database_url, book.facts)
    follow(database_url)
    (current,) = (row for row in tables(database_url)["new_name"] if row.endswith(",)"))
    assert f",{book.slug},2," in current
