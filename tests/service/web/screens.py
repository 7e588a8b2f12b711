"""Every screen of the page. What holds of each, in each language, is tested over this list: add a screen by a line."""

from typing import Final, NamedTuple

INCIDENT: Final = "/incidents/syria-coast-2025"
REPORT: Final = "/reports/12749156-ce01-55e6-a3b5-9cbfb19b3e88"
CLOSED: Final = "as_of=@100&reported_until=2025-03-12T20:59:59Z"
"""A reading of the sample that nothing recorded later changes."""
LANGUAGES: Final = ("en", "ar")


class Screen(NamedTuple):
    """A screen of the sample: a name for pictures and messages, its address, and the status that it has."""

    name: str
    address: str
    status: int = 200

    def within(self, language: str) -> str:
        """Return the address in a language."""
        return f"{self.address}{'&' if '?' in self.address else '?'}lang={language}"


SCREENS: Final = (
    Screen("incidents", "/"),
    Screen("incident", INCIDENT),
    Screen("incident-closed", f"{INCIDENT}?{CLOSED}"),
    Screen("log", "/log"),
    Screen("health", "/health"),
    Screen("no-incident", "/incidents/no-such-incident", 404),
    Screen("no-page", "/no/such/page", 404),
)
"""All screens."""
