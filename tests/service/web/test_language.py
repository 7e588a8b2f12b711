"""Every sentence of the page is there in every language, in every plural form, and nothing is translated for nobody."""

from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from service.api.errors.types import TYPES as PROBLEM_TYPES
from service.web.language.languages import CODES, language
from service.web.parts.refusals import refusal

WEB = Path(__file__).parents[3] / "service" / "web"
KEYWORDS = {"_": None, "text": None, "marked": None, "plural": (1, 2)}


def _messages() -> dict[str | tuple[str, ...], str]:
    """Return every message of templates and modules, with where it stands."""
    ways = [("**.py", "python"), ("**.html", "jinja2")]
    found = extract_from_dir(str(WEB), ways, keywords=KEYWORDS, options_map={"**.html": {"encoding": "utf-8"}})
    return {message: f"{name}:{line}" for name, line, message, _, _ in found if message}


def _translated(code: str) -> dict[str | tuple[str, ...], str | tuple[str, ...]]:
    found: dict[str | tuple[str, ...], str | tuple[str, ...]] = {}
    for path in sorted((WEB / "language" / code).glob("*.po")):
        for each in read_po(BytesIO(path.read_bytes()), locale=code, abort_invalid=True):
            if each.id:
                assert found.setdefault(each.id, each.string) == each.string, f"{path.name}: {each.id} differs"
                assert not each.fuzzy, each.id
    return found


@pytest.mark.parametrize("code", CODES[1:])
def test_every_message_is_translated_and_every_translation_is_used(code: str) -> None:
    messages, translated = _messages(), _translated(code)
    missing = {message: where for message, where in messages.items() if message not in translated}
    assert not missing, "\n".join(f"{where}: {message}" for message, where in sorted(missing.items(), key=str))
    assert not set(translated) - set(messages), "stale"


@pytest.mark.parametrize("code", CODES[1:])
def test_every_translation_has_all_forms_and_the_places_of_its_message(code: str) -> None:
    for message, string in _translated(code).items():
        forms = [string] if isinstance(string, str) else list(string)
        singular = [message] if isinstance(message, str) else list(message)
        assert len(forms) == (1 if isinstance(message, str) else language(code, "latn").forms), message
        wanted = {place for each in singular for place in _places(each)}
        for form in forms:
            assert form, message
            assert _places(form) <= wanted, (message, form)
            assert _places(form) >= wanted - {"number"}, (message, form)


def _places(text: str) -> set[str]:
    return {each.partition(")")[0] for each in text.split("%(")[1:]}


def test_arabic_has_six_plural_forms_and_the_digits_that_are_chosen() -> None:
    arabic = language("ar", "arab")
    assert arabic.forms == 6
    assert arabic.direction == "rtl"
    assert arabic.number(1383) == "١٬٣٨٣"
    assert language("ar", "latn").number(1383) == "1,383"
    assert language("en", "latn").moment("2025-03-09T23:59:59+03:00") == "9 March 2025, 23:59 UTC+3"


def test_every_refusal_that_a_page_can_meet_is_told_in_every_language() -> None:
    read = {each for each, problem in PROBLEM_TYPES.items() if problem.status in {401, 404, 429, 500, 503}}
    for code in CODES:
        others = refusal(language(code, "latn"), "a-problem-of-another-kind")
        assert [each for each in sorted(read) if refusal(language(code, "latn"), each) == others] == []
