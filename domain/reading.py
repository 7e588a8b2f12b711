"""The parameters of an answer (moment on the reported clock, policy), and the declaration of a view."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from domain.estimates.estimate import Policy
from domain.history.history import History
from domain.values.time.clocks import Span, format_instant

Document = dict[str, object]
ViewRow = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Reading:
    """`reported_until` on the reported clock (UTC; None: unbounded), and the policy that estimates.

    The moment on the recorded clock is no part: it selects the facts that are folded.
    """

    reported_until: datetime | None
    policy: Policy


def _no_texts(_document: Document) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class View:
    """A named, versioned, pure fold: the history at a position, and a reading, to a document.

    `document` is the schema of its documents; no document is validated against it when it is made.
    `rows` maps a document to the CSV rows of a table with `columns`.
    `texts` yields the commitments in a document to free text that is sent beside it.
    """

    name: str
    version: int
    meaning: str
    finish: Callable[[History, Reading], Document]
    document: type[BaseModel]
    columns: Sequence[str]
    rows: Callable[[Document], Sequence[ViewRow]]
    texts: Callable[[Document], Iterable[str]] = _no_texts

    @property
    def id(self) -> str:
        """Return `name/version`, as coordinates print it."""
        return f"{self.name}/{self.version}"


def span_document(said: str | None, span: Span | None) -> Document | None:
    """Encode a clock: the verbatim words and their span in UTC; None where nothing was said.

    `said` is kept where it has no span: an `occurred` that lies after its report.
    """
    if span is None:
        return None if said is None else {"said": said, "earliest": None, "latest": None}
    ends = [None if end is None else format_instant(end) for end in (span.earliest, span.latest)]
    return {"said": said, "earliest": ends[0], "latest": ends[1]}
