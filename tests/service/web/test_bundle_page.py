"""The proof of an answer as one page: it checks itself from a disk, offline, and each tampering fails by name."""

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from domain.ledger.canonical import canonical
from domain.ledger.signed_note import format_key, parse_note
from domain.verification.bundle import BundleError, compress, parse_bundle
from service import wiring
from service.console import samples, verify
from service.console.verify import VerifyOptions
from service.web.language.languages import language as language_of
from service.wiring import make_app
from tests.patience import PATIENCE
from tests.service.projected import projecting
from tests.service.serving import serving
from tests.service.signed_logs import key_of, signing, without_files
from tests.service.web.browser import PHONE, Tab, away_from_playwright, new_tab
from tests.service.web.listing_screens import fits
from tests.service.web.screens import CLOSED, INCIDENT, LANGUAGES
from tests.service.web.test_accessibility import violations

HOSTILE: Final = "<img src=x onerror='window.ran=1'></title></script><script>window.ran=2</script>\u202e"
STEPS: Final = (
    "form",
    "signature",
    "contents",
    "inclusion",
    "consistency",
    "completeness",
    "publication",
    "digest",
    "page",
)
_WITHIN: Final = re.compile(r'(?<=id="knownwhen-bundle">)[A-Za-z0-9+/=]*(?=</script>)')
Json = dict[str, Any]


class SignedSite:
    """A service with the sample, of which an estimate was published, and what signs its log."""

    def __init__(self, url: str, address: str, folder: Path) -> None:
        self.url = url
        self.address = address
        self._signing = without_files(signing(url, folder))
        with self.client() as asked:
            answer = asked.post(f"/v1{INCIDENT}/publications", json={"reason": HOSTILE})
            asked.post("/v1/incidents", json={"slug": "other", "title": "Another", "utc_offset": "+03:00"})
        self.position: int = answer.json()["position"]
        self.sign()

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=PATIENCE)

    def sign(self) -> None:
        self._signing.sign_once()

    def file(self, folder: Path, path: str = "", query: str = "") -> Path:
        """Keep the page of a proof on the disk: that of the publication, if no other is named."""
        with self.client() as asked:
            response = asked.get(f"{path or f'/publications/{self.position}'}/bundle.html?{query}")
        assert response.status_code == 200, response.text
        kept = folder / "proof.html"
        kept.write_bytes(response.content)
        return kept


@pytest.fixture(scope="module")
def signed(
    migrated_template: str, create_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SignedSite]:
    url = create_database(migrated_template)
    away_from_playwright(_loaded(url))
    with projecting(url), serving(make_app(url)) as address:
        yield SignedSite(url, address, tmp_path_factory.mktemp("signed"))


async def _loaded(url: str) -> None:
    async with wiring.services(url) as services:
        await samples.load(services.writer, samples.read_named("syria-coast-2025"), lambda _: None)


def checked(browser: Browser, path: Path, **options: Any) -> Tab:
    """Open a file in a browser without a network, and wait for its verdict."""
    tab = new_tab(browser, "file://", offline=True, **options)
    tab.page.goto(path.as_uri(), wait_until="load")
    tab.page.wait_for_selector("#bundle-check[data-found]")
    return tab


def steps(page: Page) -> dict[str, str]:
    """Return what each step found, those that were not come to left out."""
    found = page.locator("#bundle-check [data-step][data-found]")
    return {str(each.get_attribute("data-step")): str(each.get_attribute("data-found")) for each in found.all()}


def bundle_in(path: Path) -> Json:
    [packed] = _WITHIN.findall(path.read_text("utf-8"))
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def put(path: Path, data: bytes) -> None:
    """Put other bytes in the place of the bundle within a page."""
    packed = base64.b64encode(compress(data)).decode()
    path.write_text(_WITHIN.sub(packed, path.read_text("utf-8")), "utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_right_bundle_ticks_every_check_offline(
    signed: SignedSite, browser: Browser, tmp_path: Path, language: str
) -> None:
    path = signed.file(tmp_path, query=f"lang={language}")
    assert path.stat().st_size < 2_000_000
    tab = checked(browser, path)
    assert steps(tab.page) == dict.fromkeys(STEPS, "good")
    assert tab.page.locator("#bundle-check").get_attribute("data-found") == "good"
    shown = tab.page.locator("#bundle-check").inner_text()
    size = language_of(language, "arab" if language == "ar" else "latn").number(len_of(signed))
    assert size in shown
    assert key_of(signed.url).verifier.key_id.hex() in shown
    assert tab.page.locator("#headline").is_visible()
    assert {"headline", "timeline", "why", "cite"} <= {
        str(each.get_attribute("id")) for each in tab.page.locator("[data-part]").all()
    }
    assert tab.page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    assert [url for url in tab.asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert tab.faults == []
    tab.page.context.close()


def len_of(signed: SignedSite) -> int:
    with signed.client() as asked:
        return asked.get("/v1/log").json()["size"]


def test_bundle_of_a_reading_says_that_it_was_not_published(
    signed: SignedSite, browser: Browser, tmp_path: Path
) -> None:
    tab = checked(browser, signed.file(tmp_path, INCIDENT, f"{CLOSED}&lang=en"))
    assert steps(tab.page) == {**dict.fromkeys(STEPS, "good"), "publication": "none"}
    expect(tab.page.locator("[data-step=publication]")).to_contain_text("was not published")
    tab.page.context.close()


def changed_state(bundle: Json) -> None:
    fact = bundle["facts"][5]
    fact["state"] = fact["state"].replace("a", "b", 1)


def changed_entry(bundle: Json) -> None:
    fact = bundle["facts"][5]
    fact["entry"] = fact["entry"].replace('"version":1', '"version":2')


def changed_receipt(**members: Any) -> Callable[[Json], None]:
    def change(bundle: Json) -> None:
        bundle["receipt"] = canonical(json.loads(bundle["receipt"]) | members).decode()

    return change


def missing_stream(bundle: Json) -> None:
    receipt = json.loads(bundle["receipt"])
    receipt["inputs"].popitem()
    bundle["receipt"] = canonical(receipt).decode()


def flipped(member: str) -> Callable[[Json], None]:
    """Return what changes the first hash of a proof."""

    def change(bundle: Json) -> None:
        raw = base64.b64decode(bundle[member][0])
        bundle[member][0] = base64.b64encode(bytes([raw[0] ^ 1, *raw[1:]])).decode()

    return change


def changed_signature(bundle: Json) -> None:
    note = parse_note(bundle["checkpoint"].encode())
    old = base64.b64encode(note.signatures[0].key_id + note.signatures[0].payload).decode()
    raw = bytearray(base64.b64decode(old))
    raw[40] ^= 1
    bundle["checkpoint"] = bundle["checkpoint"].replace(old, base64.b64encode(bytes(raw)).decode())


def changed_size(bundle: Json) -> None:
    origin, size, rest = bundle["checkpoint"].split("\n", 2)
    bundle["checkpoint"] = f"{origin}\n{int(size) + 1}\n{rest}"


def hostile_key(bundle: Json) -> None:
    bundle["keys"] = [bundle["keys"][0].replace("knownwhen/", "<img/src=x/onerror=ran=1>")]


def changed_document(bundle: Json) -> None:
    bundle["document"] = canonical(json.loads(bundle["document"]) | {"title": HOSTILE}).decode()


def dropped_fact(bundle: Json) -> None:
    del bundle["facts"][7]


def swapped_facts(bundle: Json) -> None:
    facts = bundle["facts"]
    facts[3], facts[4] = facts[4], facts[3]


def another_version(bundle: Json) -> None:
    bundle["v"] = 2


TAMPERINGS: Final[dict[str, tuple[Callable[[Json], None], str, str]]] = {
    "another version": (another_version, "form", "cannot be read"),
    "a signature": (changed_signature, "signature", "not signed by the key"),
    "the size that was signed": (changed_size, "signature", "not signed by the key"),
    "a stranger's key": (hostile_key, "signature", "not signed by the key"),
    "the log of the receipt": (changed_receipt(origin="knownwhen/another"), "signature", "another log"),
    "a state": (changed_state, "contents", "not what the log committed to"),
    "an entry": (changed_entry, "inclusion", "not in the log that was signed"),
    "a fact dropped": (dropped_fact, "inclusion", "not in the log that was signed"),
    "two facts swapped": (swapped_facts, "inclusion", "not in the log that was signed"),
    "a hash of the proof": (flipped("inclusion"), "inclusion", "not in the log that was signed"),
    "the proof of the beginning": (flipped("consistency"), "consistency", "no beginning"),
    "the root of the receipt": (
        changed_receipt(root=base64.b64encode(bytes(32)).decode()),
        "consistency",
        "no beginning",
    ),
    "a stream left out of the receipt": (missing_stream, "completeness", "not those of the receipt"),
    "the policy": (changed_receipt(policy="latest/1"), "publication", "another answer than that of the receipt"),
    "the reported moment": (changed_receipt(reported_until="2025-03-09T20:59:59Z"), "publication", "another answer"),
    "the answer": (changed_document, "digest", "does not have the digest"),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_tampering_fails_at_the_named_check(signed: SignedSite, browser: Browser, tmp_path: Path, what: str) -> None:
    change, step, words = TAMPERINGS[what]
    path = signed.file(tmp_path, query="lang=en")
    bundle = bundle_in(path)
    change(bundle)
    put(path, canonical(bundle))
    tab = checked(browser, path)
    failed = [name for name, found in steps(tab.page).items() if found == "bad"]
    assert failed[:1] == [step]
    expect(tab.page.locator(f"[data-step={step}]")).to_contain_text(words)
    expect(tab.page.locator("#bundle-check [role=status]")).to_contain_text("IT DOES NOT HOLD")
    assert tab.page.evaluate("window.ran") is None
    tab.page.context.close()
    assert verify.main([str(path)]) == verify.EXIT_FAILED


@pytest.mark.parametrize(
    ("spelled", "why"),
    [
        (lambda data: data.replace(b'"v":1', b'"v": 1'), "a space"),
        (lambda data: data.replace(b'{"checkpoint"', b'{"v":1,"checkpoint"', 1), "a member twice"),
        (lambda data: data[:-1], "cut off"),
        (lambda data: data.replace(b'"v":1', b'"v":1.0'), "a number that is not whole"),
    ],
)
def test_bundle_in_another_spelling_is_refused(
    signed: SignedSite, browser: Browser, tmp_path: Path, spelled: Callable[[bytes], bytes], why: str
) -> None:
    path = signed.file(tmp_path)
    data = canonical(bundle_in(path))
    assert spelled(data) != data, why
    put(path, spelled(data))
    tab = checked(browser, path)
    assert steps(tab.page) == {"form": "bad"}
    tab.page.context.close()


def test_page_that_cites_another_answer_is_found(signed: SignedSite, browser: Browser, tmp_path: Path) -> None:
    path = signed.file(tmp_path, query="lang=en")
    digest = json.loads(bundle_in(path)["receipt"])["digest"]
    path.write_text(path.read_text("utf-8").replace(f'data-cites="{digest}"', f'data-cites="{"0" * 64}"'), "utf-8")
    tab = checked(browser, path)
    assert {name for name, found in steps(tab.page).items() if found == "bad"} == {"page"}
    tab.page.context.close()


def test_page_with_two_bundles_is_refused(signed: SignedSite, browser: Browser, tmp_path: Path) -> None:
    path = signed.file(tmp_path)
    text = path.read_text("utf-8")
    [element] = re.findall(r'<script type="application/gzip".*?</script>', text)
    path.write_text(text.replace(element, element * 2), "utf-8")
    tab = checked(browser, path)
    assert steps(tab.page) == {"form": "bad"}
    tab.page.context.close()
    with pytest.raises(BundleError, match="has 2 bundles"):
        parse_bundle(path.read_bytes())


def test_browser_without_ed25519_says_so(signed: SignedSite, browser: Browser, tmp_path: Path) -> None:
    tab = new_tab(browser, "file://", offline=True)
    tab.page.add_init_script(
        """const subtle = crypto.subtle, own = subtle.importKey.bind(subtle);
        const refused = () => Promise.reject(new DOMException("Unrecognized name", "NotSupportedError"));
        subtle.importKey = (form, key, named, ...rest) =>
          named === "Ed25519" ? refused() : own(form, key, named, ...rest);"""
    )
    tab.page.goto(signed.file(tmp_path, query="lang=en").as_uri())
    tab.page.wait_for_selector("#bundle-check[data-found=partly]")
    assert steps(tab.page) == {**dict.fromkeys(STEPS, "good"), "signature": "unable"}
    expect(tab.page.locator("[data-step=signature]")).to_contain_text("this browser has no Ed25519")
    tab.page.context.close()


def test_script_that_is_put_into_the_file_does_not_run(signed: SignedSite, browser: Browser, tmp_path: Path) -> None:
    path = signed.file(tmp_path)
    attack = "<script>window.ran = 1</script><img src=x onerror='window.ran = 2'>"
    path.write_text(path.read_text("utf-8").replace("</main>", f"{attack}</main>"), "utf-8")
    tab = checked(browser, path)
    assert tab.page.evaluate("window.ran") is None
    tab.page.context.close()


def test_command_verifies_the_page(signed: SignedSite, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = signed.file(tmp_path)
    key = format_key(key_of(signed.url).verifier)
    assert verify.verify(VerifyOptions(path, [key])) == verify.EXIT_OK
    said = capsys.readouterr().out
    assert "It holds." in said
    assert "only the bundle within it was read" in said
    with signed.client() as asked:
        alone = asked.get(f"/v1/publications/{signed.position}/bundle").content
    assert parse_bundle(path.read_bytes()) == parse_bundle(alone)
    path.write_bytes(b"<!doctype html><p>No bundle here.")
    assert verify.verify(VerifyOptions(path, [key])) == verify.EXIT_FAILED
    assert "0 bundles" in capsys.readouterr().out


def test_cite_offers_the_proof_of_the_reading(signed: SignedSite, browser: Browser) -> None:
    tab = Tab(browser.new_context(), signed.address)
    part = tab.open(f"{INCIDENT}?{CLOSED}&lang=en").locator("#cite")
    page = str(part.get_by_role("link", name="Download the proof as a page").get_attribute("href"))
    file = str(part.get_by_role("link", name="Download the proof as a file").get_attribute("href"))
    digest = part.locator(".digest").inner_text()
    with signed.client() as asked:
        for address in (page, file):
            assert parse_bundle(asked.get(address).content).receipt.digest == digest
    tab.page.context.close()


def test_publication_is_checked_in_the_browser_of_the_reader(signed: SignedSite, browser: Browser) -> None:
    tab = Tab(browser.new_context(), signed.address)
    page = tab.open(f"/publications/{signed.position}?lang=en")
    page.wait_for_selector("#bundle-check[data-found=good]")
    assert steps(page) == {name: "good" for name in STEPS if name != "page"}
    page.get_by_role("link", name="The log and its keys").first.click()
    page.wait_for_url("**/log*")
    expect(page.locator("#keys")).to_contain_text(format_key(key_of(signed.url).verifier))
    expect(page.locator("#checkpoint")).to_contain_text(f"\n{len_of(signed)}\n", use_inner_text=True)
    assert tab.faults == []
    page.context.close()


def test_log_that_is_not_signed_is_said_to_be_so(browser: Browser, site: str) -> None:
    tab = Tab(browser.new_context(), site)
    expect(tab.open("/log?lang=en").locator("#unsigned")).to_contain_text("This log is not signed")
    expect(tab.open(f"{INCIDENT}?lang=en").locator("#cite")).to_contain_text("this log is not signed")
    expect(tab.open("/health?lang=en").locator("#signer")).to_contain_text("The log is not signed")
    tab.page.context.close()
    with httpx.Client(base_url=site, timeout=PATIENCE) as asked:
        answer = asked.get(f"{INCIDENT}/bundle.html")
    assert answer.status_code == 404
    assert "content-disposition" not in answer.headers


def test_what_is_not_signed_yet_is_said_to_be_so(signed: SignedSite, browser: Browser) -> None:
    tab = Tab(browser.new_context(), signed.address)
    expect(tab.open("/health?lang=en").locator("#signer")).to_contain_text("All that was recorded is signed")
    with signed.client() as asked:
        asked.post("/v1/incidents", json={"slug": "lately", "title": "Lately opened", "utc_offset": "+03:00"})
        expect(tab.open("/incidents/lately?lang=en").locator("#cite")).to_contain_text("and not signed")
        expect(tab.open("/health?lang=en").locator("#signer")).to_contain_text("1 fact is not signed yet")
        assert asked.get("/incidents/lately/bundle.html").status_code == 503
        signed.sign()
        assert asked.get("/incidents/lately/bundle.html").status_code == 200
    tab.page.context.close()


def test_log_and_publication_fit_a_phone_and_a_desk(signed: SignedSite, browser: Browser) -> None:
    for path in ("/log", "/health", f"/publications/{signed.position}", f"{INCIDENT}?{CLOSED}"):
        fits(browser, signed.address, path)


@pytest.mark.whole_page
@pytest.mark.parametrize("language", LANGUAGES)
def test_proof_is_accessible_and_fits_a_phone(
    signed: SignedSite, browser: Browser, tmp_path: Path, language: str
) -> None:
    tab = checked(browser, signed.file(tmp_path, query=f"lang={language}"), viewport=PHONE)
    assert tab.overflow() == []
    assert violations(tab.page) == []
    tab.page.context.close()
