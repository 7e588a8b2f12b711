"""Labels of the codes in documents: kinds, measures, statuses, populations. A code without one is shown in words."""

from typing import Final

from service.web.language.answer_labels import ANSWER_LABELS
from service.web.language.languages import Language
from service.web.language.report_labels import REPORT_LABELS

LABELS: Final[dict[str, dict[str, str]]] = {**REPORT_LABELS, **ANSWER_LABELS}
"""English labels by family and code. `tests/service/web/test_labels.py` holds that no code of a document lacks one."""


def label(language: Language, family: str, code: str | int) -> str:
    """Return the label of a code in a language; one that has none is its own words, without underscores."""
    found = LABELS.get(family, {}).get(str(code))
    return language.in_digits(language.text(found)) if found else str(code).replace("_", " ")
