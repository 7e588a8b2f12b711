"""Citations of the specification, and links between pages: the checker finds what resolves to nothing."""

from pathlib import Path

import pytest

from docs import citations

SPEC = {"ledger": {"1", "3"}, "vocabulary": {"4", "4.1"}}
SIGN = "\N{SECTION SIGN}"
"""Written “%” in the texts below, so that this file cites nothing."""


def faults(text: str, own: str | None = None) -> list[str]:
    return list(citations.faults(text.replace("%", SIGN), SPEC, own))


@pytest.mark.parametrize(
    "text",
    [
        "as ledger.md %3 shows, and then (%1)",
        "(vocabulary %4, supersession; %4.1)",
        "RFC 7946 %5 has one box, or two (%5.2)",
        "CAMEO 1.1b3, read in second-hand copies: %2.17",
        "no citation at all",
    ],
)
def test_a_citation_that_resolves_is_no_fault(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("ledger %2", "cites ledger %2, which docs/spec does not have."),
        ("ledger %3, and %7 besides", "cites ledger %7, which docs/spec does not have."),
        ("house.md %1", "cites house %1, which docs/spec does not have."),
        ("ordered as %4 says", "cites %4 of no page; name it, as in “vocabulary %4”."),
        ("RFC 7946 %5" + " " * 500 + "%5.2", "cites %5.2 of no page; name it, as in “vocabulary %5.2”."),
    ],
)
def test_a_citation_that_resolves_to_nothing_is_named(text: str, fault: str) -> None:
    assert faults(text) == [fault.replace("%", SIGN)]


def test_within_a_page_a_bare_section_is_its_own() -> None:
    assert faults("see %3", own="ledger") == []
    assert len(faults("see %9", own="ledger")) == 1


def test_a_link_to_no_file_and_to_no_heading_is_named(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(
        "# One, two\n[a](page.md#one-two) [b](#one-two) [c](page.md#three) [d](gone.md)\n"
    )
    assert citations.broken(tmp_path) == [
        "page.md links to page.md#three, and no heading there has that name.",
        "page.md links to gone.md, which is not there.",
    ]


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text(
        "`docs/page.md`, `docs/gone.md` and `docs/`\n```\n`docs/fenced.md`\n```\n"
    )
    assert citations.broken(tmp_path) == ["docs/page.md names docs/gone.md, which is not there."]


def test_this_tree_cites_only_what_there_is() -> None:
    assert citations.broken() == []
