"""What one source says now: by what it said last, and never by what reached us last."""

from __future__ import annotations

from typing import Any, cast

from domain.reports.claims.claim import ClaimKey
from domain.reports.claims.revision_chain import revision_chain
from domain.values.populations import Population
from tests.domain.book import Book, open_book
from tests.domain.questions import held

EVERYONE = {"measure": "killed"}


def say(
    book: Book, count: str, at: str = "2025-03-08", *, via: tuple[str, ...] = (), order: int = 0, **claim: Any
) -> str:
    stated = {"id": "1", "measure": "killed", "count": {"verbatim": count}, **claim}
    body = {"kind": "toll_revised", "source": "sohr", "via": via, "reported_at": at, "reported_order": order}
    return f"{book.file({**body, 'claims': [stated]})}#1"


def statuses(book: Book, **reading: Any) -> dict[str, str]:
    claims = cast("list[dict[str, str]]", book.read("claims/1", **reading)["claims"])
    return {claim["verbatim"]: claim["status"] for claim in claims}


def flags(book: Book, verbatim: str) -> list[str]:
    claims = cast("list[dict[str, Any]]", book.read("claims/1")["claims"])
    return next(claim["flags"] for claim in claims if claim["verbatim"] == verbatim)


def test_a_later_figure_supersedes_an_earlier_one() -> None:
    book = open_book()
    say(book, "340", "2025-03-08")
    say(book, "830", "2025-03-09")
    assert statuses(book) == {"340": "superseded", "830": "used"}


def test_an_old_figure_that_arrives_late_does_not_undo_a_newer_one() -> None:
    book = open_book()
    say(book, "830", "2025-03-09")
    say(book, "340", "2025-03-08")
    assert statuses(book) == {"340": "superseded", "830": "used"}


def test_a_source_may_say_less_than_before() -> None:
    book = open_book()
    say(book, "830", "2025-03-09")
    say(book, "700", "2025-03-10")
    assert statuses(book) == {"830": "superseded", "700": "used"}


def test_a_relay_that_says_less_does_not_make_the_source_say_less() -> None:
    book = open_book()
    say(book, "830", "2025-03-09")
    say(book, "700", "2025-03-10", via=("wion",))
    assert statuses(book) == {"830": "used", "700": "relayed_decrease"}


def test_unless_it_says_which_claim_it_replaces() -> None:
    book = open_book()
    before = say(book, "830", "2025-03-09")
    say(book, "700", "2025-03-10", via=("wion",), supersedes=[before])
    assert statuses(book) == {"830": "superseded", "700": "used"}


def test_words_do_not_replace_a_figure_but_a_figure_replaces_words() -> None:
    book = open_book()
    say(book, "hundreds", "2025-03-07")
    say(book, "340", "2025-03-08")
    say(book, "dozens", "2025-03-09")
    assert statuses(book) == {"hundreds": "superseded", "340": "used", "dozens": "worded"}


def test_of_figures_that_share_a_day_the_largest_is_taken_as_the_last_and_says_so() -> None:
    book = open_book()
    say(book, "830", "2025-03-09")
    say(book, "532", "2025-03-09")
    say(book, "745", "2025-03-09")
    assert statuses(book) == {"532": "superseded", "745": "superseded", "830": "used"}
    assert flags(book, "830") == ["order_assumed"]


def test_a_stated_order_decides_and_nothing_is_assumed() -> None:
    book = open_book()
    say(book, "830", "2025-03-09", order=1)
    say(book, "745", "2025-03-09", order=2)
    assert statuses(book) == {"830": "superseded", "745": "used"}
    assert flags(book, "745") == []


def test_a_moment_within_a_day_is_neither_before_nor_after_the_day() -> None:
    book = open_book()
    say(book, "311", "2025-03-08")
    say(book, "300", "2025-03-08T11:55:26Z")
    assert statuses(book)["311"] == "used"


def test_what_a_claim_says_it_supersedes_lies_before_it_whatever_the_clocks_say() -> None:
    book = open_book()
    newer = say(book, "830", "2025-03-10")
    say(book, "700", "2025-03-09", supersedes=[newer])
    assert statuses(book) == {"830": "superseded", "700": "used"}


def test_claims_that_supersede_one_another_in_a_circle_still_have_one_end() -> None:
    book = open_book()
    first, second = (f"00000000-0000-5000-8000-00000000000{n}" for n in (1, 2))
    for own, other, count in ((first, second, "10"), (second, first, "20")):
        claim = {"id": "1", "measure": "killed", "count": {"verbatim": count}, "supersedes": [f"{other}#1"]}
        body = {"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-09", "claims": [claim]}
        book.file(body, own)
    assert sorted(statuses(book).values()) == ["superseded", "used"]


def test_a_claim_under_another_key_breaks_the_series_and_what_lay_before_does_not_come_back() -> None:
    book = open_book()
    say(book, "100", "2025-03-07")
    alawites = say(book, "311", "2025-03-08")
    say(book, "340", "2025-03-08T12:00:00Z", supersedes=[alawites], population={"status": ["civilian"]})
    assert statuses(book) == {"100": "superseded", "311": "break", "340": "used"}


def test_a_break_is_undone_when_the_claim_that_made_it_is_not_in_the_reading() -> None:
    book = open_book()
    alawites = say(book, "311", "2025-03-08")
    say(book, "340", "2025-03-09", supersedes=[alawites], population={"status": ["civilian"]})
    assert statuses(book, until="2025-03-08T23:00:00Z") == {"311": "used"}


def test_a_claim_of_another_source_supersedes_nothing() -> None:
    book = open_book()
    sohrs = say(book, "311", "2025-03-08")
    claim = {"id": "1", "measure": "killed", "count": {"verbatim": "200"}, "supersedes": [sohrs]}
    book.file({"kind": "toll_revised", "source": "rudaw", "reported_at": "2025-03-08", "claims": [claim]})
    assert statuses(book) == {"311": "used", "200": "used"}


def test_one_source_by_many_relays_is_one_origin() -> None:
    book = open_book()
    say(book, "973", "2025-03-10", via=("afp", "prothom-alo"))
    say(book, "1,225", "2025-03-11", via=("kurdistan24",))
    assert statuses(book) == {"973": "superseded", "1,225": "used"}


def test_the_unnamed_are_one_origin_for_each_first_relay() -> None:
    book = open_book()
    for relay, count in (("reuters", "100"), ("afp", "120")):
        claim = {"id": "1", "measure": "killed", "count": {"verbatim": count}}
        source = {"anonymous": "A security source", "type": "official"}
        body = {"kind": "toll_revised", "source": source, "via": [relay], "reported_at": "2025-03-08"}
        book.file({**body, "claims": [claim]})
    assert statuses(book) == {"100": "used", "120": "used"}


def test_a_whole_statement_withdraws_what_the_source_said_before() -> None:
    book = open_book()
    say(book, "10", "2025-03-07", measure="injured")
    say(book, "340", "2025-03-08")
    book.file({"kind": "toll_revised", "source": "sohr", "reported_at": "2025-03-09", "complete": True})
    assert statuses(book) == {"10": "withdrawn", "340": "withdrawn"}
    assert statuses(book, until="2025-03-08T23:00:00Z") == {"10": "used", "340": "used"}
    say(book, "400", "2025-03-10")
    assert statuses(book) == {"10": "withdrawn", "340": "withdrawn", "400": "used"}


def test_whole_statements_of_one_moment_stand_in_their_stated_order() -> None:
    book = open_book()
    for order, count in ((2, "5"), (1, "9"), (3, "7")):
        claim = {"id": "1", "measure": "killed", "count": {"verbatim": count}}
        body = {
            "kind": "toll_revised",
            "source": "sohr",
            "reported_at": "2025-03-09T12:00:00Z",
            "reported_order": order,
        }
        book.file({**body, "complete": True, "claims": [claim]})
    assert statuses(book) == {"5": "withdrawn", "9": "withdrawn", "7": "used"}


def test_a_whole_reads_at_least_what_a_later_part_of_it_counts() -> None:
    book = open_book()
    whole = say(book, "1,311", "2025-03-09")
    part = say(book, "1,383", "2025-03-12", population={"status": ["civilian"]})
    [claim] = book.estimate("killed", {}, "incident")["used"]
    assert (claim["claim"], claim["lower"], claim["upper"], claim["bound"]) == (whole, 1383, None, "at_least")
    assert claim["flags"] == ["part_exceeds"]
    assert book.estimate("killed", {}, "incident")["lower"] == {"figure": 1383, "claim": part}


def test_an_earlier_part_that_is_greater_was_corrected_by_the_whole() -> None:
    book = open_book()
    say(book, "1,383", "2025-03-08", population={"status": ["civilian"]})
    say(book, "1,311", "2025-03-09")
    assert book.estimate("killed", {}, "incident")["best"]["figure"] == 1311


def test_two_populations_that_only_overlap_say_nothing_of_one_another() -> None:
    book = open_book()
    say(book, "10", "2025-03-08", population={"status": ["civilian"]})
    say(book, "50", "2025-03-09", population={"sex": "female"})
    assert book.estimate("killed", {"status": ["civilian"]}, "incident")["best"]["figure"] == 10


def test_an_increment_stands_beside_the_last_total_before_it() -> None:
    book = open_book()
    total = say(book, "1,225", "2025-03-11")
    say(book, "158", "2025-03-12", accumulation="incremental", period="2025-03-12")
    [increment] = book.estimate("killed", {}, "incident")["increments"]
    assert (increment["beside"], increment["flags"]) == (total, [])
    say(book, "1,383", "2025-03-12")
    [increment] = book.estimate("killed", {}, "incident")["increments"]
    assert (increment["beside"], increment["flags"]) == (total, ["already_included"])
    assert book.estimate("killed", {}, "incident")["best"]["figure"] == 1383


def test_what_gave_way_before_a_break_does_not_stand_after_it() -> None:
    book = open_book()
    first = say(book, "100", "2025-03-07")
    say(book, "90", "2025-03-08", via=("wion",))
    say(book, "95", "2025-03-09", supersedes=[first], population={"status": ["civilian"]})
    assert statuses(book) == {"100": "break", "90": "relayed_decrease", "95": "used"}


def test_a_series_goes_on_after_a_break() -> None:
    book = open_book()
    first = say(book, "100", "2025-03-07")
    say(book, "95", "2025-03-09", supersedes=[first], population={"status": ["civilian"]})
    say(book, "90", "2025-03-10", via=("wion",))
    assert statuses(book) == {"100": "break", "90": "used", "95": "used"}


def test_an_increment_stands_beside_a_total_that_stood() -> None:
    book = open_book()
    total = say(book, "100", "2025-03-08")
    say(book, "80", "2025-03-09", via=("wion",))
    say(book, "20", "2025-03-10", accumulation="incremental", period="2025-03-10")
    [increment] = book.estimate("killed", {}, "incident")["increments"]
    assert increment["beside"] == total


def test_a_part_in_the_same_report_is_no_later_than_its_whole() -> None:
    book = open_book()
    parts = [{"id": "1.1", "population": {"status": ["civilian"]}, "count": {"verbatim": "120"}}]
    say(book, "100", parts=parts)
    assert book.estimate("killed", {}, "incident")["best"]["figure"] == 100


def test_a_break_falls_where_the_replacing_claim_was_said_and_ends_the_series_there() -> None:
    """Relayed figures below show when a series had ended: only then do they stand, as nothing stands above them."""
    whole = held("sohr", "100", 3)
    breaking = held("sohr", "90", 5, ref="breaking#1", key=ClaimKey("killed", Population(sex="female"), "incident"))
    broken = {whole.ref: breaking}
    for day, later in ((4, False), (5, False), (6, True)):
        relayed = held("sohr", "80", day, via=("wion",))
        found = revision_chain([whole, relayed], broken)
        assert found.replaced[whole.ref] == ("break", breaking.ref)
        assert found.current == (relayed if later else None)
        assert found.succession == ([whole, relayed] if later else [whole])
        assert found.replaced.get(relayed.ref) == (None if later else ("relayed_decrease", whole.ref))


def test_a_break_of_what_was_replaced_before_changes_nothing_but_says_why() -> None:
    first, second = held("sohr", "100", 3), held("sohr", "120", 4)
    breaking = held("sohr", "90", 5, ref="breaking#1", key=ClaimKey("killed", Population(sex="female"), "incident"))
    found = revision_chain([first, second], {first.ref: breaking})
    assert (found.current, found.replaced) == (second, {first.ref: ("break", breaking.ref)})


def test_a_series_that_nothing_breaks_stands_to_its_end() -> None:
    claims = [held("sohr", "100", 3), held("sohr", "120", 4)]
    unbroken = revision_chain(claims, {"another#1": held("sohr", "90", 5)})
    assert (unbroken.current, unbroken.replaced) == (claims[1], {claims[0].ref: ("superseded", claims[1].ref)})
