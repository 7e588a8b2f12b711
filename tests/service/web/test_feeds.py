"""Atom feeds: what is new is told once, under an id that never changes, to those who may see it, whatever the words."""

from collections.abc import Callable, Iterator
from itertools import chain
from xml.etree import ElementTree as ET

import httpx
import pytest

from service.wiring import TokensNeeded, make_app
from tests.patience import PATIENCE
from tests.service.access import bearer, new_token
from tests.service.projected import projecting
from tests.service.serving import filed, serving, toll
from tests.service.web.browser import away_from_playwright
from tests.service.web.screens import LANGUAGES

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "<script>alert(1)</script> \x00\x0b ]]> & \u202e \ufffe =cmd()"


@pytest.fixture(scope="module")
def database(migrated_template: str, create_database: Callable[[str], str]) -> str:
    return create_database(migrated_template)


@pytest.fixture(scope="module")
def client(database: str) -> Iterator[httpx.Client]:
    """Return a client of a service with a projector that needs tokens, with one that may do everything."""
    with projecting(database), serving(make_app(database, None, TokensNeeded())) as address:
        headers = bearer(away_from_playwright(new_token(database, "editor", ("read", "report", "curate"), None)))
        with httpx.Client(base_url=address, timeout=PATIENCE, headers=headers) as client:
            for slug, collection in (("open-case", "public"), ("draft-case", "newsroom")):
                body = {"slug": slug, "title": f"Case {slug}", "utc_offset": "+03:00", "collection": collection}
                assert client.post("/v1/incidents", json=body).status_code == 201
            yield client


def feed(client: httpx.Client, path: str, **headers: str) -> ET.Element:
    response = client.get(path, headers={"Accept": "*/*", **headers})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("application/atom+xml")
    return ET.fromstring(response.content)  # noqa: S314 - our own document


def entries(found: ET.Element) -> dict[str, str]:
    """Return the titles of entries by id; no id is there twice."""
    ids = [each.findtext(f"{ATOM}id") or "" for each in found.iter(f"{ATOM}entry")]
    titles = [each.findtext(f"{ATOM}title") or "" for each in found.iter(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)
    return dict(zip(ids, titles, strict=True))


def test_feed_of_an_incident_tells_from_what_to_what_an_estimate_moved(client: httpx.Client) -> None:
    filed(client, "open-case", toll("745"))
    first = entries(feed(client, "/incidents/open-case/feed.atom?lang=en"))
    filed(client, "open-case", toll("at least 830", reported_at="2025-03-13"))
    found = feed(client, "/incidents/open-case/feed.atom?lang=en")
    now = entries(found)
    assert first.items() <= now.items()
    (new,) = now.keys() - first.keys()
    assert next(iter(now)) == new, "the newest first"
    assert now[new].startswith("Killed, civilians: was 745 (Sohr")
    assert "is now at least 830 (sohr" in now[new].lower()
    (entry, *_) = found.iter(f"{ATOM}entry")
    link = entry.find(f"{ATOM}link")
    assert link is not None
    assert client.get(link.attrib["href"], headers={"Accept": "text/html"}).status_code == 200


@pytest.mark.parametrize("lang", LANGUAGES)
def test_feeds_hold_any_words_and_answer_alike_until_something_changes(client: httpx.Client, lang: str) -> None:
    text = {"summary": HOSTILE.replace("\x00", ""), "quotes": ["“so it was”"]}
    filed(client, "open-case", toll("900", source=f"source-{lang}", text=text, tags=["feeds"]))
    for path in ("/incidents/open-case/feed.atom", f"/sources/source-{lang}/feed.atom", "/search/feed.atom?tag=feeds"):
        address = f"{path}{'&' if '?' in path else '?'}lang={lang}"
        assert entries(feed(client, address))
        again = client.get(address)
        assert client.get(address, headers={"If-None-Match": again.headers["etag"]}).status_code == 304


def test_nothing_of_a_hidden_collection_is_in_a_feed(client: httpx.Client, database: str) -> None:
    filed(client, "draft-case", toll("61", source="secret-source", tags=["secret"]))
    filed(client, "draft-case", toll("62", source="sohr", tags=["secret"]))
    public = bearer(away_from_playwright(new_token(database, "reader", ("read",), frozenset({"public"}))))
    for path in ("/incidents/draft-case/feed.atom", "/sources/secret-source/feed.atom"):
        assert client.get(path, headers=public).status_code == 404
        assert client.get(path, headers={"Authorization": ""}).status_code == 401
    assert len(entries(feed(client, "/search/feed.atom?tag=secret"))) == 2
    assert entries(feed(client, "/search/feed.atom?tag=secret", **public)) == {}
    told = "".join(chain(*(feed(client, "/sources/sohr/feed.atom", **public).itertext() for _ in range(2))))
    assert "draft-case" not in told
    assert "62" not in told.split()


def test_pages_lead_readers_of_feeds_to_theirs(client: httpx.Client) -> None:
    for page in ("/incidents/open-case", "/sources/sohr", "/search?tag=feeds"):
        shown = client.get(f"{page}{'&' if '?' in page else '?'}lang=en", headers={"Accept": "text/html"}).text
        address = shown.partition('type="application/atom+xml" href="')[2].partition('"')[0].replace("&amp;", "&")
        feed(client, address)
