"""The reading of a page: the coordinates that its query names, the same as those of the interface."""

from typing import NamedTuple

from starlette.datastructures import QueryParams


class PageReading(NamedTuple):
    """A reading as parameters of the API. None leaves a parameter out: now, and the policy in force.

    `as_of` is a moment (RFC 3339) or `@position` on the recorded clock, `reported_until` a moment on the reported one.
    """

    as_of: str | None = None
    reported_until: str | None = None
    policy: str | None = None

    def query(self) -> dict[str, str | None]:
        """Return it as query parameters."""
        return self._asdict()


def reading_of(params: QueryParams) -> PageReading:
    """Return the reading that a query names; what is empty counts as not named."""
    return PageReading(*(params.get(name, "").strip() or None for name in PageReading._fields))
