"""Names of countries by CLDR, in the reader's language."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from service.web.language.languages import Language

_LETTERS: Final = 2
_NO_COUNTRIES: Final = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


def country_name(language: Language, code: str) -> str:
    """Return the name of a country; the code of one that CLDR does not name, such as a former one."""
    return _territories(language).get(code, code)


def countries(language: Language) -> Sequence[tuple[str, str]]:
    """Return code and name of every country, by name."""
    found = _territories(language)
    codes = [code for code in found if len(code) == _LETTERS and code.isalpha() and code not in _NO_COUNTRIES]
    return sorted(((code, found[code]) for code in codes), key=lambda each: each[1].casefold())


def _territories(language: Language) -> Mapping[str, str]:
    return cast("Mapping[str, str]", language.locale.territories)
