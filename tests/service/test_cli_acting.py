"""The command line as a token: in its scopes and collections, and recorded as by it."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from service.access.principal import AccessScope
from tests.service.access import issued
from tests.service.console import run
from tests.service.serving import service, toll

pytestmark = pytest.mark.one_server_will_do

HIDDEN, SEEN = "a-draft", "a-known-one"


@pytest.fixture
def client(database_url: str) -> Iterator[httpx.Client]:
    with service(database_url) as served:
        for slug, collection in ((HIDDEN, "newsroom"), (SEEN, "public")):
            opened = served.post("/v1/incidents", json={"slug": slug, "title": slug, "collection": collection})
            assert opened.status_code == 201
        yield served


def token(url: str, name: str, *scopes: AccessScope) -> str:
    """Make a token of the collection `public`, and return its id."""
    return issued(url, *scopes, name=name, collections=frozenset(["public"])).token.id


def lines(folder: Path, *documents: object) -> Path:
    """Write lines to import."""
    path = folder / "lines.ndjson"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in documents))
    return path


def test_an_import_is_recorded_as_by_the_token_and_in_its_collections(
    database_url: str, client: httpx.Client, tmp_path: Path
) -> None:
    held = token(database_url, "desk", "report")
    seen, hidden = ({"incident": slug, **toll("9")} for slug in (SEEN, HIDDEN))
    file = lines(tmp_path, seen, hidden, {"close": {"incident": SEEN}})
    done = run("import", "ndjson", "--token", "desk", "--json", file, DATABASE_URL=database_url)
    assert done.returncode == 1, done.stderr
    rejected = json.loads(done.stdout)["errors"]
    assert [each["line"] for each in rejected] == [2, 3]
    assert f"There is no incident “{HIDDEN}”" in rejected[0]["reason"]
    assert "needs the scope `curate`" in rejected[1]["reason"]
    changes = client.get("/v1/changes?after=0").json()["items"]
    assert [each["recorded_by"] for each in changes if each["topic"] == "toll_revised.v1"] == [held]


def test_an_export_has_what_the_token_sees(database_url: str, client: httpx.Client, tmp_path: Path) -> None:
    token(database_url, "reader", "read")
    assert client.post(f"/v1/incidents/{HIDDEN}/reports", json=toll("8")).status_code == 201
    out = tmp_path / "out.ndjson"
    asked = ("export", "ndjson", "--token", "reader", "-o", out)
    done = run(*asked, "--view", "state/1", DATABASE_URL=database_url)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["data"]["incident"] for line in out.read_text().splitlines()] == [SEEN]
    named = run(*asked, "--view", "state/1", "--incident", HIDDEN, DATABASE_URL=database_url)
    unheard_of = run(*asked, "--view", "state/1", "--incident", "unheard-of", DATABASE_URL=database_url)
    assert (named.returncode, named.stderr) == (
        unheard_of.returncode,
        unheard_of.stderr.replace("unheard-of", HIDDEN),
    )
    whole = run(*asked, DATABASE_URL=database_url)
    assert whole.returncode != 0
    assert "does not see all collections" in whole.stderr


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize(
    ("name", "told"), [("nobody", "There is no token “nobody”"), ("reader", "lacks the scope `report`")]
)
def test_a_token_that_may_not_is_told(database_url: str, tmp_path: Path, name: str, told: str) -> None:
    token(database_url, "reader", "read")
    file = lines(tmp_path, {"incident": SEEN, **toll("9")})
    done = run("import", "ndjson", "--token", name, file, DATABASE_URL=database_url)
    assert done.returncode == 3, done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
