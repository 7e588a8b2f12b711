"""Every screen of the page. What holds of each, in each language, is tested over this list: add a screen by a line."""

from typing import Final, NamedTuple

from service.web.parts.curation import ACTIONS

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
    Screen("incidents-at-a-position", "/?as_of=@100"),
    Screen("no-incidents", "/?q=nothing-of-the-kind"),
    Screen("incident", INCIDENT),
    Screen("incident-closed", f"{INCIDENT}?{CLOSED}"),
    Screen("incident-refused", f"{INCIDENT}?as_of=@99999", 422),
    Screen("embed-toll", f"{INCIDENT}?embed=toll"),
    Screen("embed-escalation", f"{INCIDENT}?embed=escalation"),
    Screen("compare", f"{INCIDENT}/compare"),
    Screen("compare-refused", f"{INCIDENT}/compare?from=@100&to=@10", 422),
    Screen("report", REPORT),
    Screen("report-correct", f"{REPORT}/correct"),
    *(Screen(f"report-{action}", f"{REPORT}/{action}") for action in ACTIONS),
    Screen("report-form", f"{INCIDENT}/report"),
    Screen("report-form-toll", f"{INCIDENT}/report?kind=toll_revised"),
    Screen("report-form-attack", f"{INCIDENT}/report?kind=attack_launched"),
    Screen("curate", f"{INCIDENT}/curate"),
    Screen("publish", f"{INCIDENT}/publish"),
    Screen("incident-form", "/incidents/new"),
    Screen("search", "/search"),
    Screen("search-found", "/search?q=coast"),
    Screen("search-nothing", "/search?q=nothing-of-the-kind"),
    Screen("sources", "/sources"),
    Screen("source", "/sources/sohr"),
    Screen("publications", "/publications"),
    Screen("no-publication", "/publications/1", 404),
    Screen("log", "/log"),
    Screen("health", "/health"),
    Screen("login", "/login"),
    Screen("no-incident", "/incidents/no-such-incident", 404),
    Screen("no-page", "/no/such/page", 404),
)
"""All screens."""
